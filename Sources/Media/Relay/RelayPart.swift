/// A packet that is relayed, or what there is of one in another.
struct RelayPart {
    /// The source's.
    var payloadType: UInt8
    var sequence: UInt16
    var timestamp: UInt32
    var marker: Bool
    var payload: UnsafeRawBufferPointer
    /// Whether a key began with it.
    var beginsKey = false
    /// RFC 6464.
    var level: AudioLevel.Client?

    /// Writes it as a packet of the listener's stream. Of header extensions the level stays, under the number that was
    /// agreed with the listener.
    /// - Parameter levelID: 0 where none was.
    /// - Returns: its length; 0 when there is no room.
    func write(
        into memory: UnsafeMutableRawBufferPointer, payloadType: UInt8, number: UInt16, timestamp: UInt32, ssrc: UInt32,
        marker: Bool, levelID: UInt8
    ) -> Int {
        var writer = PacketWriter(memory)
        let hasLevel = level != nil && levelID > 0
        writer.u8(hasLevel ? 0x90 : 0x80)
        writer.u8((marker ? 0x80 : 0) | payloadType & 0x7f)
        writer.u16(number)
        writer.u32(timestamp)
        writer.u32(ssrc)
        if let level, hasLevel {
            let octet = level.level & 0x7f | (level.isVoice ? 0x80 : 0)
            writer.u16(levelID > 14 ? 0x1000 : 0xbede)
            writer.u16(1)
            writer.u8(levelID > 14 ? levelID : levelID << 4)
            if levelID > 14 { writer.u8(1) }
            writer.u8(octet)
            writer.pad(to: 4)
        }
        let start = writer.offset
        guard !writer.overflowed, let source = payload.baseAddress, let target = memory.baseAddress,
            payload.count <= min(memory.count, PacketLimits.size) - start
        else { return 0 }
        (target + start).copyMemory(from: source, byteCount: payload.count)
        return start + payload.count
    }
}
