import Primitives

/// RFC 3261 section 17.1.2: Trying → Proceeding on 1xx, Completed on a final response, Terminated by timer F or K.
struct NonInviteClientTransaction: Sendable {
    enum State: Hashable, Sendable { case trying, proceeding, completed, terminated }

    private(set) var state = State.trying
    let request: SIPMessage
    private let timers: SIPTimers
    private let isReliable: Bool
    private var retransmitAt: Instant?
    private var interval: Duration
    private var deadline: Instant?

    /// The owner sends the request once when it makes this.
    init(_ request: SIPMessage, timers: SIPTimers, isReliable: Bool, at now: Instant) {
        self.request = request
        self.timers = timers
        self.isReliable = isReliable
        interval = timers.t1
        if !isReliable { retransmitAt = now + interval }
        deadline = now + timers.transactionTimeout
    }

    var nextWake: Instant? { .earliest(retransmitAt, deadline) }
    var isTerminated: Bool { state == .terminated }
    var isPending: Bool { state == .trying || state == .proceeding }

    mutating func receive(_ response: SIPMessage, at now: Instant) -> [TransactionAction] {
        guard let status = response.status, isPending else { return [] }
        if status < 200 {
            state = .proceeding
        } else {
            state = isReliable ? .terminated : .completed
            retransmitAt = nil
            deadline = now + timers.t4
        }
        return [.pass(response)]
    }

    /// Timers E, F and K.
    mutating func wake(at now: Instant) -> [TransactionAction] {
        if let deadline, deadline <= now {
            let isUnanswered = isPending
            state = .terminated
            self.deadline = nil
            retransmitAt = nil
            return isUnanswered ? [.timedOut] : []
        }
        guard let due = retransmitAt, due <= now else { return [] }
        interval = state == .proceeding ? timers.t2 : min(interval * 2, timers.t2)
        retransmitAt = now + interval
        return [.send(request.bytes)]
    }
}
