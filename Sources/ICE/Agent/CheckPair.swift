import Primitives

/// A candidate pair in the check list (RFC 8445 section 6.1.2.6).
struct CheckPair: Sendable {
    enum State: Hashable, Sendable { case frozen, waiting, inProgress, succeeded, failed }

    let id: Int
    var local: Candidate
    var remote: Candidate
    var priority: UInt64
    var state: State
    /// What the peer saw us as when the check succeeded.
    var mapped: Candidate?
    var isNominated = false
    /// The peer's USE-CANDIDATE came before our own check succeeded (RFC 8445 section 7.3.1.5).
    var nominatesOnSuccess = false
    var lastNominated: Instant?
    /// When a check was last answered.
    var lastSuccess: Instant?
    /// Answers 487 so far.
    var roleConflicts = 0

    /// Pairs of one foundation fare alike, and are not checked all at once.
    struct Foundation: Hashable, Sendable {
        let local: String
        let remote: String
    }

    var foundation: Foundation { Foundation(local: local.foundation, remote: remote.foundation) }

    /// RFC 8445 section 6.1.2.3, from the side that has `role`.
    static func priority(_ local: Candidate, _ remote: Candidate, as role: ICERole) -> UInt64 {
        role == .controlling
            ? CandidatePair.priority(controlling: local.priority, controlled: remote.priority)
            : CandidatePair.priority(controlling: remote.priority, controlled: local.priority)
    }

    /// Whether a check is still to be made or answered.
    var isOpen: Bool { state == .frozen || state == .waiting || state == .inProgress }
}
