extension RTPHeader {
    /// Writes an RTP header: with the contributors as CSRC list and, where `levelID` is given, their levels as
    /// RFC 6465 has it, in the same order and number.
    /// - Parameter excluding: a contributor that is left out: who does not hear itself.
    /// - Returns: where the payload begins; nil when the memory is too small.
    static func write(
        into memory: UnsafeMutableRawBufferPointer, marker: Bool, payloadType: UInt8, sequence: UInt16,
        timestamp: UInt32, ssrc: UInt32, contributors: borrowing Contributors = Contributors(),
        excluding: UInt32? = nil, levelID: UInt8? = nil
    ) -> Int? {
        var count = 0
        for index in 0..<contributors.count where contributors.sources[index] != excluding { count += 1 }
        let usesLevels = count > 0 && levelID != nil
        var writer = PacketWriter(memory)
        writer.u8(0x80 | (usesLevels ? 0x10 : 0) | UInt8(truncatingIfNeeded: count))
        writer.u8((marker ? 0x80 : 0) | payloadType & 0x7f)
        writer.u16(sequence)
        writer.u32(timestamp)
        writer.u32(ssrc)
        for index in 0..<contributors.count where contributors.sources[index] != excluding {
            writer.u32(contributors.sources[index])
        }
        if usesLevels, let levelID {
            let isTwoByte = levelID > 14
            writer.u16(isTwoByte ? 0x1000 : 0xbede)
            writer.u16(UInt16(truncatingIfNeeded: (count + (isTwoByte ? 2 : 1) + 3) / 4))
            if isTwoByte {
                writer.u8(levelID)
                writer.u8(UInt8(truncatingIfNeeded: count))
            } else {
                writer.u8(levelID << 4 | UInt8(truncatingIfNeeded: count - 1))
            }
            for index in 0..<contributors.count where contributors.sources[index] != excluding {
                writer.u8(contributors.levels[index] & 0x7f)
            }
            writer.pad(to: 4)
        }
        return writer.overflowed ? nil : writer.offset
    }
}
