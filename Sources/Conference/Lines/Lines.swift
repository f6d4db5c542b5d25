import Primitives

/// Accounts of ours at registrars elsewhere, as the domain knows them.
struct Lines: Sendable {
    /// By owner.
    var accounts: [PeerAddress: PersonalAccount] = [:]
    var states: [LineID: LineState] = [:]
    /// By the caller's leg: until when its call may ring.
    var ringing: [LegID: Instant] = [:]

    /// How often each may still have another account: each change sends to a registrar of the user's choice.
    private var allowances: [PeerAddress: TextAllowance] = [:]
    private static let changes = (rate: 1.0 / 60, burst: 10.0)
    private static let limit = 20_000

    mutating func mayChange(_ owner: PeerAddress, at now: Instant) -> Bool {
        let (rate, burst) = Lines.changes
        if allowances.count >= Lines.limit {
            allowances = allowances.filter { !$0.value.isFull(rate: rate, burst: burst, at: now) }
        }
        guard allowances[owner] != nil || allowances.count < Lines.limit else { return false }
        return allowances[owner, default: TextAllowance(burst: burst, at: now)].take(
            rate: rate, burst: burst, at: now)
    }

    func count(of domain: String) -> Int { accounts.keys.count { $0.host == domain } }
}
