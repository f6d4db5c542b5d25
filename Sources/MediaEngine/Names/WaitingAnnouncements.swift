import Conference

/// Announcements that wait for names to be read out, in the order they came.
struct WaitingAnnouncements {
    enum Target: Sendable, Hashable {
        case leg(LegID)
        case mix(MixID)
    }

    private struct Waiting {
        let announcement: Announcement
        let target: Target
        var missing: Set<SpokenName>
    }

    /// Most that wait; what comes beyond is played without the names.
    static let limit = 200

    private var waiting: [Waiting] = []

    /// - Returns: whether there is room for one more.
    mutating func wait(_ announcement: Announcement, for names: Set<SpokenName>, to target: Target) -> Bool {
        guard waiting.count < Self.limit else { return false }
        // What is played to a leg takes the place of what was.
        if case .leg = target { waiting.removeAll { $0.target == target } }
        waiting.append(Waiting(announcement: announcement, target: target, missing: names))
        return true
    }

    /// A name was read out, or could not be.
    /// - Returns: what waits for nothing any more.
    mutating func came(_ name: SpokenName) -> [(announcement: Announcement, target: Target)] {
        for index in waiting.indices { waiting[index].missing.remove(name) }
        let ready = waiting.filter(\.missing.isEmpty)
        waiting.removeAll(where: \.missing.isEmpty)
        return ready.map { ($0.announcement, $0.target) }
    }
}
