import Primitives

/// How often a peer may begin ICE anew, as each time lets it name another hundred addresses to be checked: some times at
/// once, and then now and then, which is more than a phone changes networks.
struct RestartAllowance {
    private static let burst = 5
    private static let interval = Duration.seconds(10)
    /// When all that was taken is back.
    private var restored: Instant?

    mutating func take(at now: Instant) -> Bool {
        let from = restored.map { max($0, now) } ?? now
        let next = from + RestartAllowance.interval
        guard next - now <= RestartAllowance.interval * RestartAllowance.burst else { return false }
        restored = next
        return true
    }
}
