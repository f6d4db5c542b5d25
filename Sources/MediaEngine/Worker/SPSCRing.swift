import Synchronization

/// A bounded queue between exactly one producing and one consuming thread: no lock, no allocation after `init`.
///
/// `@unchecked Sendable`: `tail` is written by the producer alone and `head` by the consumer alone; a slot belongs to
/// the producer until `tail` passes it (release) and to the consumer until `head` passes it (release).
final class SPSCRing<Element: ~Copyable>: @unchecked Sendable {
    private let slots: UnsafeMutablePointer<Element>
    private let mask: Int
    private let head = Atomic<Int>(0)
    private let tail = Atomic<Int>(0)

    /// - Parameter capacity: rounded up to a power of two.
    init(capacity: Int) {
        var size = 2
        while size < capacity { size *= 2 }
        slots = .allocate(capacity: size)
        mask = size - 1
    }

    deinit {
        while pop() != nil {}
        slots.deallocate()
    }

    /// Producer: false when the ring is full; the element is dropped then.
    func push(_ element: consuming Element) -> Bool {
        let position = tail.load(ordering: .relaxed)
        guard position &- head.load(ordering: .acquiring) <= mask else { return false }
        (slots + (position & mask)).initialize(to: element)
        tail.store(position &+ 1, ordering: .releasing)
        return true
    }

    /// Consumer: the oldest element.
    func pop() -> Element? {
        let position = head.load(ordering: .relaxed)
        guard position != tail.load(ordering: .acquiring) else { return nil }
        let element = (slots + (position & mask)).move()
        head.store(position &+ 1, ordering: .releasing)
        return element
    }
}
