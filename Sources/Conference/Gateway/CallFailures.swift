import Primitives

/// Whose calls have failed lately, by the name under which they are counted.
struct CallFailures: Sendable {
    private struct Entry: Sendable {
        var count = 0
        var since: Instant
        var shutUntil: Instant?
    }

    static let mostKept = 4096

    private let limit: FailureLimit
    private var entries: [String: Entry] = [:]
    /// In the order in which they came, some of them gone.
    private var order: [String] = []
    private var first = 0

    init(_ limit: FailureLimit) { self.limit = limit }

    var count: Int { entries.count }

    func isShutOut(_ name: String, at now: Instant) -> Bool {
        entries[name]?.shutUntil.map { now < $0 } ?? false
    }

    /// A call failed.
    /// - Returns: whether that was one too many.
    mutating func note(_ name: String, at now: Instant) -> Bool {
        guard limit.count > 0 else { return false }
        var entry = entries[name] ?? Entry(since: now)
        if entries[name] == nil { order.append(name) }
        if now - entry.since >= limit.window {
            entry.count = 0
            entry.since = now
        }
        entry.count += 1
        let isTooMany = entry.count >= limit.count
        if isTooMany {
            entry = Entry(since: now, shutUntil: now + limit.pause)
        }
        entries[name] = entry
        forgetOldest()
        return isTooMany
    }

    private mutating func forgetOldest() {
        while entries.count > CallFailures.mostKept, first < order.count {
            entries[order[first]] = nil
            first += 1
        }
        if first > 1024, first * 2 > order.count {
            order.removeFirst(first)
            first = 0
        }
    }
}
