/// Reads the voice activity bits of an Opus packet (RFC 6716 sections 3.1, 3.2 and 4.2.3): the first bits of each
/// frame's SILK part, which stand in the stream as they are, as each was coded with a probability of one half.
enum OpusActivity {
    /// Whether any of the packet's SILK frames is marked active; nil where there is no SILK part, or no packet.
    static func isActive(_ packet: UnsafeRawBufferPointer) -> Bool? {
        guard packet.count >= 2 else { return nil }
        let toc = packet[0]
        let configuration = Int(toc >> 3)
        guard configuration < 16 else { return nil }
        // 10, 20, 40 and 60 ms of SILK; 10 and 20 ms of hybrid.
        let silkFrames = configuration < 12 ? max(configuration & 3, 1) : 1
        let mask = ~(UInt8.max >> UInt8(truncatingIfNeeded: silkFrames))
        switch toc & 3 {
        case 0:
            return packet[1] & mask != 0
        case 1:
            let second = 1 + (packet.count - 1) / 2
            return (packet[1] | (second < packet.count ? packet[second] : 0)) & mask != 0
        case 2:
            guard let (length, data) = length(packet, at: 1) else { return nil }
            var bits: UInt8 = 0
            if length > 0, data < packet.count { bits |= packet[data] }
            if data + length < packet.count { bits |= packet[data + length] }
            return bits & mask != 0
        default:
            return several(packet, mask)
        }
    }

    /// A packet of any number of frames (section 3.2.5).
    private static func several(_ packet: UnsafeRawBufferPointer, _ mask: UInt8) -> Bool? {
        let count = Int(packet[1] & 63)
        guard count > 0, count <= 48 else { return nil }
        var offset = 2
        var end = packet.count
        if packet[1] & 0x40 != 0 {
            var more = true
            while more {
                guard offset < packet.count else { return nil }
                more = packet[offset] == 255
                end -= more ? 254 : Int(packet[offset])
                offset += 1
            }
        }
        guard offset <= end else { return nil }
        var bits: UInt8 = 0
        if packet[1] & 0x80 == 0 {
            let length = (end - offset) / count
            guard length > 0 else { return false }
            for frame in 0..<count { bits |= packet[offset + frame * length] }
            return bits & mask != 0
        }
        var lengths = InlineArray<48, Int>(repeating: 0)
        for frame in 0..<count - 1 {
            guard let (length, next) = length(packet, at: offset) else { return nil }
            lengths[frame] = length
            offset = next
        }
        for frame in 0..<count {
            guard offset < end else { break }
            if frame == count - 1 || lengths[frame] > 0 { bits |= packet[offset] }
            offset += lengths[frame]
        }
        return bits & mask != 0
    }

    /// A frame's length in one or two octets (section 3.2.1), and where what follows begins.
    private static func length(_ packet: UnsafeRawBufferPointer, at offset: Int) -> (length: Int, next: Int)? {
        guard offset < packet.count else { return nil }
        let first = Int(packet[offset])
        if first < 252 { return (first, offset + 1) }
        guard offset + 1 < packet.count else { return nil }
        return (first + 4 * Int(packet[offset + 1]), offset + 2)
    }
}
