import Primitives

/// Which SSRC of a peer is heard: the first, until it has gone and another is there (after RFC 3550 appendix A.1).
///
/// A stranger takes over at once when the old one was silent for half a second, or after four packets in sequence when
/// it was silent for a tenth. As long as the old one sends, nobody takes its place.
struct SourceLock {
    enum Verdict: Hashable {
        case known
        /// The first, or a successor: what was heard before is to be forgotten.
        case new
        case stranger
    }

    private static let gone = Duration.milliseconds(500)
    private static let quiet = Duration.milliseconds(100)
    private static let probation = 4

    private(set) var ssrc: UInt32?
    private(set) var lastHeard = Instant.zero
    private var candidate: UInt32 = 0
    private var candidateNext: UInt16 = 0
    private var candidateCount = 0

    init() {}

    mutating func admit(_ ssrc: UInt32, sequence: UInt16, at now: Instant) -> Verdict {
        guard let current = self.ssrc else { return take(ssrc, now) }
        if ssrc == current {
            lastHeard = now
            return .known
        }
        let silence = now - lastHeard
        if silence >= Self.gone { return take(ssrc, now) }
        if candidateCount > 0, candidate == ssrc, sequence == candidateNext {
            candidateCount += 1
        } else {
            candidate = ssrc
            candidateCount = 1
        }
        candidateNext = sequence &+ 1
        return candidateCount >= Self.probation && silence >= Self.quiet ? take(ssrc, now) : .stranger
    }

    /// The source said goodbye: the next one is welcome.
    mutating func release() {
        ssrc = nil
        candidateCount = 0
    }

    private mutating func take(_ ssrc: UInt32, _ now: Instant) -> Verdict {
        self.ssrc = ssrc
        lastHeard = now
        candidateCount = 0
        return .new
    }
}
