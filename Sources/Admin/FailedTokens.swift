import Primitives

/// Who has shown wrong tokens, by address: ten at once, then one in six seconds.
///
/// It decides how such are answered and whether the log says so; a right token is always taken.
struct FailedTokens: Sendable {
    static let burst = 10
    static let pause = Duration.seconds(6)
    /// Most addresses that are remembered; beyond it those who did not fail for longest are forgotten.
    static let mostPeers = 1000

    /// Until when all that an address has had is paid back.
    private var debts: [IPAddress: Instant] = [:]

    /// Addresses that are remembered.
    var count: Int { debts.count }

    /// Another one. Whether it is one too many.
    mutating func note(_ peer: IPAddress, at now: Instant) -> Bool {
        if debts[peer] == nil, debts.count >= FailedTokens.mostPeers { forget(at: now) }
        let debt = max(debts[peer] ?? now, now)
        guard debt - now <= FailedTokens.pause * (FailedTokens.burst - 1) else { return true }
        debts[peer] = debt + FailedTokens.pause
        return false
    }

    private mutating func forget(at now: Instant) {
        debts = debts.filter { $0.value > now }
        guard debts.count >= FailedTokens.mostPeers, let least = debts.min(by: { $0.value < $1.value }) else { return }
        debts[least.key] = nil
    }
}
