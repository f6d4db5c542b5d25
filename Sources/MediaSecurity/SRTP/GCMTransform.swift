/// AEAD_AES_128_GCM for SRTP and SRTCP (RFC 7714): the header is the associated data, the tag stands behind the payload.
struct GCMTransform: ~Copyable {
    private let cipher: GCMCipher
    /// The salt's first eight bytes and last four.
    private let salt: (high: UInt64, low: UInt32)

    /// From session keys.
    init(key: [UInt8], salt: [UInt8]) throws(MediaSecurityError) {
        cipher = try GCMCipher(key: key)
        let block = CounterBlock(salt: salt)
        self.salt = (block.high, UInt32(truncatingIfNeeded: block.low >> 32))
    }

    /// Encrypts and appends the tag, for which there must be room.
    func seal(
        _ packet: UnsafeMutableRawPointer, count: Int, _ header: RTPHeader, _ index: PacketIndex
    ) throws(SRTPError) {
        let done = cipher.seal(
            iv: iv(header.ssrc, index), header: UnsafeRawBufferPointer(start: packet, count: header.length),
            text: UnsafeMutableRawBufferPointer(start: packet + header.length, count: count - header.length),
            tag: packet + count)
        guard done else { throw .failed(-1) }
    }

    /// Decrypts the `count` bytes and checks the tag behind them.
    func open(
        _ packet: UnsafeMutableRawPointer, count: Int, _ header: RTPHeader, _ index: PacketIndex
    ) throws(SRTPError) {
        let done = cipher.open(
            iv: iv(header.ssrc, index), header: UnsafeRawBufferPointer(start: packet, count: header.length),
            text: UnsafeMutableRawBufferPointer(start: packet + header.length, count: count - header.length),
            tag: packet + count)
        guard done else { throw .authentication }
    }

    /// Encrypts RTCP and appends tag and trailer, for which there must be room (section 9.2).
    func seal(_ packet: UnsafeMutableRawPointer, count: Int, _ ssrc: UInt32, _ trailer: RTCPTrailer) throws(SRTPError) {
        let (header, text) = GCMTransform.parts(packet, count, trailer)
        let end = packet + count + GCMCipher.tagLength
        trailer.write(to: end)
        let done = cipher.seal(
            iv: iv(ssrc, trailer.packetIndex), header: header,
            more: UnsafeRawBufferPointer(start: end, count: RTCPTrailer.length), text: text, tag: packet + count)
        guard done else { throw .failed(-1) }
    }

    /// Decrypts the `count` bytes of RTCP and checks the tag behind them. What is not encrypted is only checked, as
    /// libsrtp does (section 9.3).
    func open(_ packet: UnsafeMutableRawPointer, count: Int, _ ssrc: UInt32, _ trailer: RTCPTrailer) throws(SRTPError) {
        let (header, text) = GCMTransform.parts(packet, count, trailer)
        let end = packet + count + GCMCipher.tagLength
        let done = cipher.open(
            iv: iv(ssrc, trailer.packetIndex), header: header,
            more: UnsafeRawBufferPointer(start: end, count: RTCPTrailer.length), text: text, tag: packet + count)
        guard done else { throw .authentication }
    }

    /// What of an RTCP packet is associated data besides the trailer, and what is encrypted: nothing without the E flag.
    private static func parts(
        _ packet: UnsafeMutableRawPointer, _ count: Int, _ trailer: RTCPTrailer
    ) -> (header: UnsafeRawBufferPointer, text: UnsafeMutableRawBufferPointer) {
        let length = trailer.isEncrypted ? SRTCPProtector.headerLength : count
        return (
            UnsafeRawBufferPointer(start: packet, count: length),
            UnsafeMutableRawBufferPointer(start: packet + length, count: count - length)
        )
    }

    /// Two zero bytes, SSRC, roll-over counter and sequence number, with the salt mixed in (RFC 7714 section 8.1); for
    /// RTCP, four bytes of index with two of zeros before them (section 9.1). The last four of the sixteen are not used.
    private func iv(_ ssrc: UInt32, _ index: PacketIndex) -> SIMD16<UInt8> {
        let high = salt.high ^ (UInt64(ssrc) << 16 | index.value >> 32)
        let low = salt.low ^ UInt32(truncatingIfNeeded: index.value)
        return unsafeBitCast(SIMD2(high.bigEndian, (UInt64(low) << 32).bigEndian), to: SIMD16<UInt8>.self)
    }
}
