/// What follows the fixed header in a packet of sound: who is heard in it, and how loud (RFC 3550 section 5.1,
/// RFC 6465). Made once a tick for each identifier in use, as all who only listen get the same.
struct HeaderTail: ~Copyable {
    private static let places = 16
    /// 15 sources, an extension header, an element of 15 levels, padded.
    private static let size = 96

    private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: places * size, alignment: 16)
    private var lengths = InlineArray<16, UInt8>(repeating: 0)
    private var firsts = InlineArray<16, UInt8>(repeating: 0)
    private var made: UInt16 = 0

    init() {}

    deinit { memory.deallocate() }

    /// Others are heard now.
    mutating func forget() { made = 0 }

    /// - Parameters:
    ///   - levelID: identifier of the levels; 0 for none.
    ///   - excluding: who does not hear itself; what is made for it is valid until the next call.
    /// - Returns: the octets, and the lower bits of the header's first: number of sources and the extension's bit.
    @inline(__always)
    mutating func get(
        _ contributors: borrowing Contributors, levelID: UInt8, excluding: UInt32? = nil
    ) -> (octets: UnsafeRawBufferPointer, first: UInt8) {
        // Place 15 is for what is made anew each time.
        let place = excluding == nil && levelID < 15 ? Int(levelID) : 15
        if place == 15 || made >> UInt16(truncatingIfNeeded: place) & 1 == 0 {
            make(place, contributors, levelID, excluding)
        }
        let start = place * Self.size
        return (UnsafeRawBufferPointer(rebasing: memory[start..<start + Int(lengths[place])]), firsts[place])
    }

    private mutating func make(
        _ place: Int, _ contributors: borrowing Contributors, _ levelID: UInt8, _ excluding: UInt32?
    ) {
        made |= 1 << UInt16(truncatingIfNeeded: place)
        var count: UInt8 = 0
        var writer = PacketWriter(
            UnsafeMutableRawBufferPointer(rebasing: memory[place * Self.size..<(place + 1) * Self.size]))
        for index in 0..<contributors.count where contributors.sources[index] != excluding {
            writer.u32(contributors.sources[index])
            count += 1
        }
        firsts[place] = count
        if count > 0, levelID > 0 {
            firsts[place] |= 0x10
            let isTwoByte = levelID > 14
            writer.u16(isTwoByte ? 0x1000 : 0xbede)
            writer.u16((UInt16(count) + (isTwoByte ? 2 : 1) + 3) / 4)
            writer.u8(isTwoByte ? levelID : levelID << 4 | (count - 1))
            if isTwoByte { writer.u8(count) }
            for index in 0..<contributors.count where contributors.sources[index] != excluding {
                writer.u8(contributors.levels[index] & 0x7f)
            }
            writer.pad(to: 4)
        }
        lengths[place] = UInt8(truncatingIfNeeded: writer.offset)
    }
}
