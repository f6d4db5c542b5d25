import Primitives
import Synchronization

/// Datagrams on their way from one thread to one other, copied into slots that exist from the start.
///
/// `@unchecked Sendable`: the same discipline as `SPSCRing`; a slot's bytes and label are touched only by its owner.
final class PacketRing: @unchecked Sendable {
    /// Largest datagram carried; media packets and STUN are below it.
    static let slotSize = 2048

    /// What travels with the bytes.
    struct Label {
        /// Which socket it came by.
        var socket: Int
        var source: SocketAddress
        /// Nanoseconds on the monotonic clock.
        var arrival: Int64
        var length: Int
        /// Whose it is, when it came by a port of a leg's own.
        var leg: UInt64 = 0

        /// In the place of a socket's number: a leg's own ports.
        static let (rtpPort, rtcpPort) = (-1, -2)
    }

    private let bytes: UnsafeMutableRawPointer
    private let labels: UnsafeMutablePointer<Label>
    private let mask: Int
    private let head = Atomic<Int>(0)
    private let tail = Atomic<Int>(0)

    init(capacity: Int) {
        var size = 2
        while size < capacity { size *= 2 }
        bytes = .allocate(byteCount: size * PacketRing.slotSize, alignment: 16)
        labels = .allocate(capacity: size)
        mask = size - 1
    }

    deinit {
        bytes.deallocate()
        labels.deallocate()
    }

    /// Producer: false when the ring is full or the datagram too long; it is dropped then, as networks do.
    func push(
        _ packet: UnsafeRawBufferPointer, socket: Int, source: SocketAddress, arrival: Int64, leg: UInt64 = 0
    ) -> Bool {
        let position = tail.load(ordering: .relaxed)
        guard packet.count <= PacketRing.slotSize, let base = packet.baseAddress,
            position &- head.load(ordering: .acquiring) <= mask
        else { return false }
        let slot = position & mask
        (bytes + slot * PacketRing.slotSize).copyMemory(from: base, byteCount: packet.count)
        (labels + slot).initialize(
            to: Label(socket: socket, source: source, arrival: arrival, length: packet.count, leg: leg))
        tail.store(position &+ 1, ordering: .releasing)
        return true
    }

    /// Consumer: the oldest datagram, in place, until `pop`; nil when there is none.
    func peek() -> (memory: UnsafeMutableRawBufferPointer, label: Label)? {
        let position = head.load(ordering: .relaxed)
        guard position != tail.load(ordering: .acquiring) else { return nil }
        let slot = position & mask
        return (
            UnsafeMutableRawBufferPointer(start: bytes + slot * PacketRing.slotSize, count: PacketRing.slotSize),
            labels[slot]
        )
    }

    /// Consumer: done with what `peek` gave.
    func pop() {
        let position = head.load(ordering: .relaxed)
        if position != tail.load(ordering: .acquiring) { head.store(position &+ 1, ordering: .releasing) }
    }
}
