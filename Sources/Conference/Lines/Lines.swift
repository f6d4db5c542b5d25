import Primitives

/// Accounts of ours at registrars elsewhere, as the domain knows them.
struct Lines: Sendable {
    /// By owner.
    var accounts: [PeerAddress: PersonalAccount] = [:]
    var states: [LineID: LineState] = [:]
    /// By the caller's leg: until when its call may ring.
    var ringing: [LegID: Instant] = [:]

    func count(of domain: String) -> Int { accounts.keys.count { $0.host == domain } }
}
