import Synchronization

/// What a room's listeners hear, in Opus and tick by tick, on its way from a media thread to the thread that writes it
/// down: ten seconds of it, without a lock or an allocation.
///
/// `@unchecked Sendable`: `tail` is written by the media thread alone and `head` by the writer alone; a slot belongs to the
/// media thread until `tail` passes it (release), and to the writer until `head` passes it (release).
public final class MixTape: @unchecked Sendable {
    /// A tick's place in time, and the octets that follow in memory.
    private struct Label {
        var tick: UInt64
        var length: Int
    }

    private static let headroom = 16
    private static let stride = 1296
    private static let mask = 511
    /// Longest packet: one Opus frame (RFC 6716 section 3.4).
    static let longest = 1275

    private let slots: UnsafeMutableRawPointer
    private let head = Atomic<Int>(0)
    private let tail = Atomic<Int>(0)
    private let ended = Atomic<Bool>(false)
    private let missed = Atomic<Int>(0)

    public init() { slots = .allocate(byteCount: Self.stride * (Self.mask + 1), alignment: 16) }

    deinit { slots.deallocate() }

    /// Media thread: what goes out in a tick; nothing for a tick without sound. Lost when the writer does not keep up.
    func push(_ tick: UInt64, _ packet: UnsafeRawBufferPointer) {
        let position = tail.load(ordering: .relaxed)
        guard position &- head.load(ordering: .acquiring) <= Self.mask else {
            missed.add(1, ordering: .relaxed)
            return
        }
        let slot = slots + (position & Self.mask) * Self.stride
        let length = packet.count <= Self.longest ? packet.count : 0
        slot.storeBytes(of: Label(tick: tick, length: length), as: Label.self)
        if length > 0, let base = packet.baseAddress {
            (slot + Self.headroom).copyMemory(from: base, byteCount: length)
        }
        tail.store(position &+ 1, ordering: .releasing)
    }

    /// Nothing more comes.
    public func end() { ended.store(true, ordering: .releasing) }

    /// Writer: the oldest tick that is left, in place for the time of `body`.
    /// - Returns: false when there is none.
    public func take(_ body: (UInt64, UnsafeRawBufferPointer) -> Void) -> Bool {
        let position = head.load(ordering: .relaxed)
        guard position != tail.load(ordering: .acquiring) else { return false }
        let slot = slots + (position & Self.mask) * Self.stride
        let label = slot.load(as: Label.self)
        body(label.tick, UnsafeRawBufferPointer(start: slot + Self.headroom, count: label.length))
        head.store(position &+ 1, ordering: .releasing)
        return true
    }

    /// Whether nothing more comes. To be asked before the last is taken.
    public var isEnded: Bool { ended.load(ordering: .acquiring) }

    /// Ticks that were lost because the writer did not keep up.
    public var missedTicks: Int { missed.load(ordering: .relaxed) }
}
