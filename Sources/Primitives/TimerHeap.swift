/// The earliest of many deadlines, by key; a deadline that moved is told again, and the old one is found stale.
public struct TimerHeap<Key: Sendable>: Sendable {
    private var entries: [(due: Instant, key: Key)] = []

    public init() {}

    /// How many are told, stale ones among them.
    public var count: Int { entries.count }

    /// The earliest deadline told, stale or not.
    public var next: Instant? { entries.first?.due }
    /// The same, and whose it is.
    public var first: (due: Instant, key: Key)? { entries.first }

    public mutating func push(_ due: Instant, _ key: Key) {
        entries.append((due, key))
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].due < entries[parent].due else { break }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes out one key whose deadline has come.
    public mutating func pop(dueBy now: Instant) -> Key? {
        guard let first = entries.first, first.due <= now else { return nil }
        let last = entries.removeLast()
        guard !entries.isEmpty else { return first.key }
        entries[0] = last
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < entries.count else { break }
            if child + 1 < entries.count, entries[child + 1].due < entries[child].due { child += 1 }
            guard entries[child].due < entries[parent].due else { break }
            entries.swapAt(child, parent)
            parent = child
        }
        return first.key
    }
}
