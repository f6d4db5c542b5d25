/// What SRTP needs of an RTP header (RFC 3550 section 5.1): where it ends, and what makes the packet's index.
struct RTPHeader {
    static let fixedLength = 12

    let sequence: UInt16
    let ssrc: UInt32
    /// The fixed part, the CSRCs and the header extension: what is authenticated and not encrypted.
    let length: Int

    /// Nil when the packet is shorter than its header says.
    init?(_ packet: UnsafeRawBufferPointer) {
        guard packet.count >= RTPHeader.fixedLength else { return nil }
        var length = RTPHeader.fixedLength + 4 * Int(packet[0] & 0x0f)
        if packet[0] & 0x10 != 0 {
            guard packet.count >= length + 4 else { return nil }
            let words = UInt16(bigEndian: packet.loadUnaligned(fromByteOffset: length + 2, as: UInt16.self))
            length += 4 + 4 * Int(words)
        }
        guard packet.count >= length else { return nil }
        sequence = UInt16(bigEndian: packet.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        ssrc = UInt32(bigEndian: packet.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
        self.length = length
    }
}
