/// Walks the blocks of a payload with redundancy (RFC 2198 section 3), in place: the redundant ones, oldest first, then
/// the primary one.
struct REDReader {
    struct Block {
        let payloadType: UInt8
        /// Timestamp units before the packet's own timestamp; 0 for the primary block.
        let timestampOffset: UInt32
        let payload: UnsafeRawBufferPointer
        /// Redundant blocks after this one and the primary: how many packets before this packet's it was sent, where
        /// none are left out; 0 for the primary block.
        let distance: Int
        var isPrimary: Bool { distance == 0 }
    }

    /// Redundant blocks that a packet may hold.
    static let limit = 8
    /// How many packets back a redundant block may be from.
    static let farthest: Int64 = 32

    private let bytes: UnsafeRawBufferPointer
    private var header = 0
    private var data: Int
    private var left: Int

    /// Nil when it is cut off, its lengths do not add up, or it holds too many blocks.
    init?(_ payload: UnsafeRawBufferPointer) {
        var offset = 0
        var total = 0
        var count = 0
        while true {
            guard offset < payload.count else { return nil }
            guard payload[offset] & 0x80 != 0 else { break }
            guard offset + 4 <= payload.count, count < Self.limit else { return nil }
            total += Int(payload.u16(at: offset + 2) & 0x3ff)
            count += 1
            offset += 4
        }
        offset += 1
        guard total <= payload.count - offset else { return nil }
        bytes = payload
        data = offset
        left = count + 1
    }

    /// The next block, until nil.
    mutating func next() -> Block? {
        guard left > 0 else { return nil }
        left -= 1
        let payloadType = bytes[header] & 0x7f
        guard left > 0 else {
            return Block(
                payloadType: payloadType, timestampOffset: 0, payload: bytes.part(data, bytes.count - data),
                distance: 0)
        }
        let length = Int(bytes.u16(at: header + 2) & 0x3ff)
        let offset = UInt32(bytes.u16(at: header + 1)) >> 2
        let block = Block(
            payloadType: payloadType, timestampOffset: offset, payload: bytes.part(data, length), distance: left)
        header += 4
        data += length
        return block
    }
}
