import Primitives

/// Wrong PINs, by room and by whom they came from, over all calls and texts: after three nothing more is looked at for a
/// minute, after each further one for twice as long, up to an hour.
struct PINFailures: Sendable {
    struct Key: Hashable, Sendable {
        let room: RoomName
        let source: String
    }

    private struct Entry: Sendable {
        var count = 0
        var last: Instant
    }

    static let free = 3
    private static let shortest = Duration.seconds(60)
    private static let longest = Duration.seconds(3600)
    /// How long after the last one all are forgotten.
    private static let memory = Duration.seconds(7200)
    private static let limit = 4096

    private var entries: [Key: Entry] = [:]

    /// Whether what comes from there is not to be looked at now.
    func isBarred(_ key: Key, at now: Instant) -> Bool {
        guard let entry = entries[key], entry.count >= PINFailures.free else { return false }
        let doublings = min(entry.count - PINFailures.free, 6)
        return now - entry.last < min(PINFailures.shortest * (1 << doublings), PINFailures.longest)
    }

    /// A PIN was wrong. Where too many are remembered, the oldest goes.
    mutating func failed(_ key: Key, at now: Instant) {
        var entry = entries[key] ?? Entry(last: now)
        if now - entry.last >= PINFailures.memory { entry.count = 0 }
        entry.count = min(entry.count + 1, 1000)
        entry.last = now
        entries[key] = entry
        guard entries.count > PINFailures.limit else { return }
        if let oldest = entries.min(by: { $0.value.last < $1.value.last })?.key { entries[oldest] = nil }
    }

    var count: Int { entries.count }
}
