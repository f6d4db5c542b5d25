import Media

/// Packets of legs whose outlet is on its way back from another thread: a few, for as long as that takes.
struct HeldPackets: ~Copyable {
    private struct Entry {
        var guest: Int32
        var length: Int32
        var kind: PacketKind
        var isFree = true
    }

    private static let capacity = 128
    private static let stride = PacketLimits.size + PacketLimits.headroom + 4

    private let entries: UnsafeMutablePointer<Entry>
    private let bytes: UnsafeMutableRawPointer
    /// Entries below are in the order in which they came.
    private var bound = 0
    private var count = 0

    init() {
        entries = .allocate(capacity: Self.capacity)
        bytes = .allocate(byteCount: Self.capacity * Self.stride, alignment: 64)
    }

    deinit {
        entries.deallocate()
        bytes.deallocate()
    }

    /// False when there is no more room; the packet is lost then.
    mutating func add(_ packet: UnsafeRawBufferPointer, _ kind: PacketKind, guest: Int32) -> Bool {
        guard bound < Self.capacity, packet.count <= PacketLimits.size, let base = packet.baseAddress else {
            return false
        }
        (bytes + bound * Self.stride).copyMemory(from: base, byteCount: packet.count)
        (entries + bound).initialize(
            to: Entry(guest: guest, length: Int32(truncatingIfNeeded: packet.count), kind: kind, isFree: false))
        bound += 1
        count += 1
        return true
    }

    /// The oldest packet of a guest, in place until the next is added.
    mutating func take(guest: Int32) -> (memory: UnsafeMutableRawBufferPointer, length: Int, kind: PacketKind)? {
        for place in 0..<bound where !entries[place].isFree && entries[place].guest == guest {
            entries[place].isFree = true
            count -= 1
            if count == 0 { bound = 0 }
            let memory = UnsafeMutableRawBufferPointer(start: bytes + place * Self.stride, count: Self.stride)
            return (memory, Int(entries[place].length), entries[place].kind)
        }
        return nil
    }
}
