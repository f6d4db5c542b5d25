import Synchronization

/// A queue without end between exactly one producing and one consuming thread, without a lock: what must not be lost.
/// Each element is a piece of memory of its own, so it is not for packets.
///
/// `@unchecked Sendable`: `last` is the producer's alone and `first` the consumer's alone; a node's element goes from one
/// to the other with the store (release) of the pointer to it.
final class CommandQueue<Element: ~Copyable & Sendable>: @unchecked Sendable {
    private struct Node: ~Copyable {
        let next = Atomic<UnsafeMutableRawPointer?>(nil)
        var element: Element?
    }

    /// Consumer: the node whose element is taken; the next one is the oldest.
    private var first: UnsafeMutablePointer<Node>
    /// Producer.
    private var last: UnsafeMutablePointer<Node>

    init() {
        first = .allocate(capacity: 1)
        first.initialize(to: Node(element: nil))
        last = first
    }

    deinit {
        while pop() != nil {}
        first.deinitialize(count: 1)
        first.deallocate()
    }

    /// Producer.
    func push(_ element: consuming Element) {
        let node = UnsafeMutablePointer<Node>.allocate(capacity: 1)
        node.initialize(to: Node(element: element))
        last.pointee.next.store(UnsafeMutableRawPointer(node), ordering: .releasing)
        last = node
    }

    /// Consumer: the oldest element.
    func pop() -> Element? {
        guard let next = first.pointee.next.load(ordering: .acquiring) else { return nil }
        first.deinitialize(count: 1)
        first.deallocate()
        first = next.assumingMemoryBound(to: Node.self)
        return first.pointee.element.take()
    }
}
