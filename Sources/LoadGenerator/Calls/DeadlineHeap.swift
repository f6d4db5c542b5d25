import Primitives

/// The earliest of many deadlines, each belonging to a number. A number may be set again; what was set before may then
/// fire too early, never too late.
struct DeadlineHeap {
    private var heap: [(due: Instant, number: Int)] = []

    var earliest: Instant? { heap.first?.due }

    mutating func set(_ number: Int, _ due: Instant) {
        heap.append((due, number))
        var child = heap.count - 1
        while child > 0, heap[(child - 1) / 2].due > heap[child].due {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// A number whose deadline has come; nil when there is none.
    mutating func pop(dueBy now: Instant) -> Int? {
        guard let first = heap.first, first.due <= now else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            var parent = 0
            while true {
                var least = parent
                for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                    if heap[child].due < heap[least].due { least = child }
                }
                if least == parent { break }
                heap.swapAt(parent, least)
                parent = least
            }
        }
        return first.number
    }
}
