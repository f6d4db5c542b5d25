/// AES_CM_128 with HMAC_SHA1_80 (RFC 3711 section 8.1): encrypted, then authenticated with the roll-over counter.
struct CounterModeTransform: ~Copyable {
    private let cipher: AESCounterCipher
    private let salt: CounterBlock
    private let authentication: HMACSHA1

    /// From session keys.
    init(key: [UInt8], salt: [UInt8], authenticationKey: [UInt8]) throws(MediaSecurityError) {
        cipher = try AESCounterCipher(key: key)
        self.salt = CounterBlock(salt: salt)
        authentication = HMACSHA1(key: authenticationKey)
    }

    /// Encrypts and appends the tag, for which there must be room.
    func seal(
        _ packet: UnsafeMutableRawPointer, count: Int, _ header: RTPHeader, _ index: PacketIndex
    ) throws(SRTPError) {
        try crypt(packet, count: count, header, index)
        let tag = authentication.tag(packet, count: count, rolloverCounter: index.rolloverCounter)
        tag.write(to: packet + count)
    }

    /// Checks the tag behind the `count` bytes, and decrypts them if it is right.
    func open(
        _ packet: UnsafeMutableRawPointer, count: Int, _ header: RTPHeader, _ index: PacketIndex
    ) throws(SRTPError) {
        let tag = authentication.tag(packet, count: count, rolloverCounter: index.rolloverCounter)
        guard tag == HMACSHA1.Tag(at: packet + count) else { throw .authentication }
        try crypt(packet, count: count, header, index)
    }

    private func crypt(
        _ packet: UnsafeMutableRawPointer, count: Int, _ header: RTPHeader, _ index: PacketIndex
    ) throws(SRTPError) {
        let payload = UnsafeMutableRawBufferPointer(start: packet + header.length, count: count - header.length)
        guard cipher.apply(salt.packet(ssrc: header.ssrc, index), to: payload) else { throw .failed(-1) }
    }
}
