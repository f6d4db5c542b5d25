public import Primitives

/// What an agent tells its owner.
public enum ICEEvent: Hashable, Sendable {
    /// There is a pair to send on where there was none: DTLS may start. A `selected` comes right before it.
    case connected
    /// Send from this pair's base to this pair's remote address from now on; it may not be nominated yet.
    case selected(CandidatePair)
    /// Packets from this address belong to this agent: an authenticated check came from there or, when `isProven`,
    /// one of our checks to it was answered, which nobody can fake who only forges source addresses.
    case learned(SocketAddress, isProven: Bool)
    /// A role conflict was resolved by changing our role (RFC 8445 section 7.3.1.1), or the peer is lite.
    case roleChanged(ICERole)
    /// A check was refused: without credentials (400), or with a wrong password (401).
    case refused(SocketAddress, code: Int)
    /// Nothing more is sent until `restart`.
    case failed(ICEFailure)
}

/// Why an agent gave up.
public enum ICEFailure: Hashable, Sendable {
    /// No check succeeded in time.
    case noValidPair
    /// The peer stopped answering on the selected pair (RFC 7675 section 5.1).
    case consentLost
}

/// Where an agent stands.
public enum ICEState: Hashable, Sendable {
    /// Waits for the peer's credentials or candidates.
    case new
    case checking
    /// There is a pair to send on, not nominated yet.
    case connected
    /// The pair in use is nominated.
    case completed
    case failed(ICEFailure)
}
