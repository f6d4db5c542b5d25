/// AES_CM_128 with HMAC_SHA1_80 or HMAC_SHA1_32 (RFC 3711 section 8): encrypted, then authenticated with the roll-over
/// counter, or with RTCP's trailer.
struct CounterModeTransform: ~Copyable {
    /// 10 or 4 bytes.
    let tagLength: Int
    private let cipher: AESCounterCipher
    private let salt: CounterBlock
    private let authentication: HMACSHA1

    /// From session keys.
    init(key: [UInt8], salt: [UInt8], authenticationKey: [UInt8], tagLength: Int) throws(MediaSecurityError) {
        self.tagLength = tagLength
        cipher = try AESCounterCipher(key: key)
        self.salt = CounterBlock(salt: salt)
        authentication = HMACSHA1(key: authenticationKey)
    }

    /// Encrypts and appends the tag, for which there must be room.
    func seal(
        _ packet: UnsafeMutableRawPointer, count: Int, _ header: RTPHeader, _ index: PacketIndex
    ) throws(SRTPError) {
        try crypt(packet, from: header.length, to: count, header.ssrc, index)
        let tag = authentication.tag(packet, count: count, word: index.rolloverCounter)
        tag.write(to: packet + count, count: tagLength)
    }

    /// Checks the tag behind the `count` bytes, and decrypts them if it is right.
    func open(
        _ packet: UnsafeMutableRawPointer, count: Int, _ header: RTPHeader, _ index: PacketIndex
    ) throws(SRTPError) {
        let tag = authentication.tag(packet, count: count, word: index.rolloverCounter)
        guard tag.isWritten(at: packet + count, count: tagLength) else { throw .authentication }
        try crypt(packet, from: header.length, to: count, header.ssrc, index)
    }

    /// Encrypts RTCP and appends trailer and tag (section 3.4), for which there must be room.
    func seal(_ packet: UnsafeMutableRawPointer, count: Int, _ ssrc: UInt32, _ trailer: RTCPTrailer) throws(SRTPError) {
        try crypt(packet, from: SRTCPProtector.headerLength, to: count, ssrc, trailer.packetIndex)
        trailer.write(to: packet + count)
        let tag = authentication.tag(packet, count: count, word: trailer.authenticated)
        tag.write(to: packet + count + RTCPTrailer.length, count: tagLength)
    }

    /// Checks the tag behind the `count` bytes of RTCP and the trailer, and decrypts them if it is right. What is not
    /// encrypted is refused: the profiles want it to be.
    func open(_ packet: UnsafeMutableRawPointer, count: Int, _ ssrc: UInt32, _ trailer: RTCPTrailer) throws(SRTPError) {
        let tag = authentication.tag(packet, count: count, word: trailer.authenticated)
        guard trailer.isEncrypted, tag.isWritten(at: packet + count + RTCPTrailer.length, count: tagLength) else {
            throw .authentication
        }
        try crypt(packet, from: SRTCPProtector.headerLength, to: count, ssrc, trailer.packetIndex)
    }

    private func crypt(
        _ packet: UnsafeMutableRawPointer, from start: Int, to end: Int, _ ssrc: UInt32, _ index: PacketIndex
    ) throws(SRTPError) {
        let payload = UnsafeMutableRawBufferPointer(start: packet + start, count: end - start)
        guard cipher.apply(salt.packet(ssrc: ssrc, index), to: payload) else { throw .failed(-1) }
    }
}
