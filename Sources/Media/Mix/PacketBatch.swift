/// A preallocated batch of packets: room writes, the media thread protects them in place and sends.
public struct PacketBatch: ~Copyable, PacketSink, @unchecked Sendable {
    // Sendable: the memory belongs to this value alone, which cannot be copied.

    /// One packet of the batch, in place, with its spare bytes behind it.
    public struct Entry {
        public let slot: Int
        public let kind: PacketKind
        public let length: Int
        /// The packet and its headroom: `PacketLimits.size + PacketLimits.headroom` bytes.
        public let memory: UnsafeMutableRawBufferPointer
    }

    private struct Header {
        var slot: Int32
        var length: Int32
        var kind: PacketKind
    }

    private static let stride = PacketLimits.size + PacketLimits.headroom
    public let capacity: Int
    /// How many packets are in it.
    public private(set) var count = 0
    private let headers: UnsafeMutablePointer<Header>
    private let bytes: UnsafeMutableRawPointer

    public init(capacity: Int) {
        self.capacity = max(capacity, 1)
        headers = .allocate(capacity: self.capacity)
        headers.initialize(repeating: Header(slot: 0, length: 0, kind: .rtp), count: self.capacity)
        bytes = .allocate(byteCount: self.capacity * Self.stride, alignment: 16)
    }

    deinit {
        headers.deallocate()
        bytes.deallocate()
    }

    public mutating func reserve() -> UnsafeMutableRawBufferPointer? {
        guard count < capacity else { return nil }
        return UnsafeMutableRawBufferPointer(start: bytes + count * Self.stride, count: Self.stride)
    }

    public mutating func commit(slot: Int, kind: PacketKind, length: Int) {
        guard count < capacity, length > 0, length <= PacketLimits.size else { return }
        headers[count] = Header(
            slot: Int32(truncatingIfNeeded: slot), length: Int32(truncatingIfNeeded: length), kind: kind)
        count += 1
    }

    /// The packet at `index`, 0 ..< `count`; its memory is valid until `removeAll` and as long as the batch is.
    public subscript(index: Int) -> Entry {
        precondition(index >= 0 && index < count)
        let header = headers[index]
        return Entry(
            slot: Int(header.slot), kind: header.kind, length: Int(header.length),
            memory: UnsafeMutableRawBufferPointer(start: bytes + index * Self.stride, count: Self.stride))
    }

    public mutating func removeAll() { count = 0 }
}
