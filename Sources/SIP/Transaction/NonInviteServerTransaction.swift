import Primitives

/// RFC 3261 section 17.2.2: Trying → Proceeding on 1xx, Completed on a final response, Terminated by timer J.
struct NonInviteServerTransaction: Sendable {
    enum State: Hashable, Sendable { case trying, proceeding, completed, terminated }

    private(set) var state = State.trying
    private let timers: SIPTimers
    private let isReliable: Bool
    private var last: [UInt8] = []
    private var deadline: Instant?

    init(timers: SIPTimers, isReliable: Bool) {
        self.timers = timers
        self.isReliable = isReliable
    }

    var nextWake: Instant? { deadline }
    var isTerminated: Bool { state == .terminated }

    mutating func respond(_ status: Int, _ bytes: [UInt8], at now: Instant) -> [TransactionAction] {
        guard state == .trying || state == .proceeding else { return [] }
        last = bytes
        if status < 200 {
            state = .proceeding
        } else {
            state = isReliable ? .terminated : .completed
            deadline = now + timers.transactionTimeout
        }
        return [.send(bytes)]
    }

    /// The request again: answered with what was last said, or not at all yet.
    func receive() -> [TransactionAction] { last.isEmpty ? [] : [.send(last)] }

    /// Timer J.
    mutating func wake(at now: Instant) -> [TransactionAction] {
        if let deadline, deadline <= now {
            state = .terminated
            self.deadline = nil
        }
        return []
    }
}
