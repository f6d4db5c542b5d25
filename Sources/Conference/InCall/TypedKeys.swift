import Primitives

/// Keys that are typed as text, which is quicker than they can be pressed one after another.
struct TypedKeys: Sendable, Hashable {
    /// Most keys that wait: as many as one text may hold, and as any leg keeps.
    static let limit = 32
    /// What one takes, with the pause behind it.
    private static let each = Duration.milliseconds(350)

    /// When the last one is through.
    private var until = Instant.zero

    /// Whether so many more fit behind those that wait.
    mutating func take(_ count: Int, at now: Instant) -> Bool {
        let start = max(now, until)
        let end = start + TypedKeys.each * count
        guard end <= now + TypedKeys.each * TypedKeys.limit else { return false }
        until = end
        return true
    }
}
