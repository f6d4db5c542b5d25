/// Times and limits of an agent.
public struct ICEConfiguration: Hashable, Sendable {
    /// Ta of RFC 8445 section 14.2: time between two rounds of new checks.
    public var pace: Duration = .milliseconds(50)
    /// New checks in a round.
    public var checksPerPace = 2
    /// Lower bound of a check's first retransmission time (RFC 8445 section 14.3).
    public var minimumRTO: Duration = .milliseconds(500)
    /// Rc of RFC 8489 section 6.2.1: how often a check is sent in all.
    public var transmissions = 7
    /// Rm of RFC 8489 section 6.2.1: first retransmission times to wait after the last transmission.
    public var lastWait = 16
    /// As controlling: how long a valid pair waits for a better one before it is nominated.
    public var nominationDelay: Duration = .milliseconds(200)
    /// Without a valid pair this long after the peer's credentials and first candidate, the agent fails.
    public var connectTimeout: Duration = .seconds(30)
    /// Mean time between consent checks; each is 0.8 to 1.2 of it (RFC 7675 section 5.1).
    public var consentInterval: Duration = .seconds(5)
    /// Without an answer for this long, consent is lost (RFC 7675 section 5.1).
    public var consentTimeout: Duration = .seconds(30)
    /// Candidates taken from the peer's signalling; further ones are ignored.
    public var maximumRemoteCandidates = 100
    /// Peer-reflexive remote candidates kept beside those; the oldest one gives way.
    public var maximumPeerReflexive = 32
    public var maximumLocalCandidates = 32
    /// Pairs in the check list (RFC 8445 section 6.1.2.5).
    public var maximumPairs = 100

    public init() {}
}
