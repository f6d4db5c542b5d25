/// Writes a compound packet: a report, the source description, and BYE where the stream ends (RFC 3550 section 6.1).
struct RTCPCompound {
    var ssrc: UInt32
    /// Makes it a sender report.
    var sender: RTCPSenderInfo?
    var block: RTCPReportBlock?
    var isBye = false

    /// The compound's length; 0 when the memory is too small.
    func write(into memory: UnsafeMutableRawBufferPointer, cname: borrowing [UInt8]) -> Int {
        var writer = PacketWriter(memory)
        let blocks: UInt8 = block == nil ? 0 : 1
        writer.u8(0x80 | blocks)
        writer.u8(sender == nil ? 201 : 200)
        writer.u16(1 + (sender == nil ? 0 : 5) + 6 * UInt16(blocks))
        writer.u32(ssrc)
        if let sender {
            writer.u32(UInt32(truncatingIfNeeded: sender.ntp >> 32))
            writer.u32(UInt32(truncatingIfNeeded: sender.ntp))
            writer.u32(sender.rtpTimestamp)
            writer.u32(sender.packets)
            writer.u32(sender.octets)
        }
        block?.write(to: &writer)

        let start = writer.offset
        writer.u8(0x81)
        writer.u8(202)
        writer.u16(0)
        writer.u32(ssrc)
        writer.u8(1)
        writer.u8(UInt8(clamping: cname.count))
        for index in 0..<min(cname.count, 255) { writer.u8(cname[index]) }
        writer.u8(0)
        writer.pad(to: 4)
        writer.patch(UInt16(clamping: (writer.offset - start) / 4 - 1), at: start + 2)

        if isBye {
            writer.u8(0x81)
            writer.u8(203)
            writer.u16(1)
            writer.u32(ssrc)
        }
        return writer.overflowed ? 0 : writer.offset
    }
}
