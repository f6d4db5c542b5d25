/// A leg's news until its owner takes them; beyond sixteen they are dropped.
struct EventQueue {
    private static let limit = 16

    private var events = InlineArray<16, LegEvent>(repeating: .bye)
    private var first = 0
    private(set) var count = 0

    init() {}

    mutating func add(_ event: LegEvent) {
        guard count < Self.limit else { return }
        events[(first + count) % Self.limit] = event
        count += 1
    }

    mutating func next() -> LegEvent? {
        guard count > 0 else { return nil }
        defer {
            first = (first + 1) % Self.limit
            count -= 1
        }
        return events[first]
    }
}
