import Primitives

/// When each of many is to be woken: a heap by time, in which what was put off or called off stays until it comes up.
struct DeadlineQueue<Key: Hashable & Comparable> {
    private struct Entry {
        let due: Instant
        let key: Key

        func isBefore(_ other: Entry) -> Bool { (due, key) < (other.due, other.key) }
    }

    private var heap: [Entry] = []
    private var current: [Key: Instant] = [:]

    /// The soonest of all.
    var earliest: Instant? { heap.first?.due }

    /// When `key` is to be woken; nil for not at all.
    mutating func set(_ key: Key, _ due: Instant?) {
        guard current[key] != due else { return }
        current[key] = due
        if let due { push(Entry(due: due, key: key)) }
        if heap.count > 2 * current.count + 64 { rebuild() }
        prune()
    }

    /// Takes out all whose time has come, soonest first.
    mutating func takeDue(_ now: Instant) -> [Key] {
        var keys: [Key] = []
        while let first = heap.first, first.due <= now {
            keys.append(first.key)
            current[first.key] = nil
            prune()
        }
        return keys
    }

    /// The first entry counts, or there is none.
    private mutating func prune() {
        while let first = heap.first, current[first.key] != first.due { pop() }
    }

    private mutating func rebuild() {
        heap = []
        for (key, due) in current { push(Entry(due: due, key: key)) }
    }

    private mutating func push(_ entry: Entry) {
        heap.append(entry)
        var index = heap.count - 1
        while index > 0, heap[index].isBefore(heap[(index - 1) / 2]) {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private mutating func pop() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2]
            where child < heap.count && heap[child].isBefore(heap[least]) { least = child }
            guard least != index else { return }
            heap.swapAt(index, least)
            index = least
        }
    }
}
