import Primitives

/// How joining went.
struct JoinTally: Sendable {
    var asked = 0
    var joined = 0
    var failures: [(participant: Int, reason: String)] = []
    /// Calls that the peer ended.
    var dropped: [(participant: Int, reason: String)] = []
    /// By participant, in seconds.
    private(set) var times: [CallEvent.Step: [Int: Double]] = [:]

    /// Whether it is known of all that were asked how it went.
    var isSettled: Bool { joined + failures.count >= asked }

    mutating func note(_ step: CallEvent.Step, _ participant: Int, _ time: Duration) {
        if times[step]?[participant] == nil { times[step, default: [:]][participant] = time.inSeconds }
    }
}
