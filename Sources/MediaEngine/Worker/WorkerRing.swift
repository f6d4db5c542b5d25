import Primitives
import Synchronization

/// Packets on their way from one media thread to one other: received ones that are another's to mix, and mixed ones that
/// another is to protect and send. Copied into one stretch of memory, each as long as it is, with room to be protected
/// in place.
///
/// `@unchecked Sendable`: `tail` is written by the producer alone and `head` by the consumer alone; what lies between
/// belongs to the consumer, the rest to the producer, and changes hands with the stores (release).
final class WorkerRing: @unchecked Sendable {
    enum Kind: UInt8 {
        /// Received on the shared socket `number`.
        case received
        /// To be sent by the outlet that is `number` between these two threads.
        case rtp, rtcp
        /// That outlet is to come back, or to be let go.
        case recall, release
        /// Nothing until the end of the memory.
        case skip
    }

    struct Label {
        var length: Int32
        var number: Int32
        var kind: Kind
        /// Nanoseconds on the monotonic clock; for what was received.
        var arrival: Int64 = 0
        var source = SocketAddress(.any4, 0)
    }

    /// Longest packet carried.
    static let longest = 2048
    private static let headroom = 64
    private static let unit = 64

    private let bytes: UnsafeMutableRawPointer
    private let size: Int
    private let head = Atomic<Int>(0)
    private let tail = Atomic<Int>(0)
    /// Consumer: up to where it has read; up to `head` it is done.
    private var cursor = 0

    /// - Parameter size: in bytes; rounded up to a power of two.
    init(size: Int) {
        var rounded = 8192
        while rounded < size { rounded *= 2 }
        self.size = rounded
        bytes = .allocate(byteCount: rounded, alignment: Self.unit)
        precondition(MemoryLayout<Label>.size <= Self.unit)
    }

    deinit { bytes.deallocate() }

    /// Producer: false when there is no room; the packet is lost then, as networks do.
    func push(_ packet: UnsafeRawBufferPointer, _ label: Label) -> Bool {
        guard packet.count <= Self.longest else { return false }
        let position = tail.load(ordering: .relaxed)
        let needed = Self.footprint(packet.count)
        let left = size - (position & (size - 1))
        let gap = left < needed ? left : 0
        guard position &+ gap &+ needed &- head.load(ordering: .acquiring) <= size else { return false }
        if gap > 0 { place(position).initialize(to: Label(length: 0, number: 0, kind: .skip)) }
        let start = place(position &+ gap)
        start.initialize(to: label)
        start.pointee.length = Int32(truncatingIfNeeded: packet.count)
        if let base = packet.baseAddress {
            (UnsafeMutableRawPointer(start) + Self.unit).copyMemory(from: base, byteCount: packet.count)
        }
        tail.store(position &+ gap &+ needed, ordering: .releasing)
        return true
    }

    /// Consumer: the oldest packet not taken yet, in place with its headroom until `free`; nil when there is none.
    func take() -> (memory: UnsafeMutableRawBufferPointer, label: Label)? {
        let end = tail.load(ordering: .acquiring)
        if cursor != end, place(cursor).pointee.kind == .skip { cursor = cursor &+ (size - (cursor & (size - 1))) }
        guard cursor != end else { return nil }
        let start = place(cursor)
        let label = start.pointee
        cursor = cursor &+ Self.footprint(Int(label.length))
        return (
            UnsafeMutableRawBufferPointer(
                start: UnsafeMutableRawPointer(start) + Self.unit, count: Int(label.length) + Self.headroom),
            label
        )
    }

    /// Consumer: done with all that was taken.
    func free() { head.store(cursor, ordering: .releasing) }

    private static func footprint(_ length: Int) -> Int {
        (unit + length + headroom + unit - 1) & ~(unit - 1)
    }

    private func place(_ position: Int) -> UnsafeMutablePointer<Label> {
        (bytes + (position & (size - 1))).assumingMemoryBound(to: Label.self)
    }
}
