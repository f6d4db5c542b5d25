/// A local and a remote candidate between which packets were seen to travel (RFC 8445 section 6.1.2.2).
public struct CandidatePair: Hashable, Sendable {
    /// What the peer sees us as; send from its `base`.
    public var local: Candidate
    public var remote: Candidate
    public var isNominated: Bool

    public init(local: Candidate, remote: Candidate, isNominated: Bool) {
        self.local = local
        self.remote = remote
        self.isNominated = isNominated
    }

    /// RFC 8445 section 6.1.2.3, for the priorities of the controlling and the controlled side's candidates.
    public static func priority(controlling g: UInt32, controlled d: UInt32) -> UInt64 {
        UInt64(min(g, d)) << 32 &+ UInt64(max(g, d)) << 1 &+ (g > d ? 1 : 0)
    }
}
