import Primitives

/// RFC 3261 section 17.2.1 with the Accepted state of RFC 6026 section 7.1.
///
/// Proceeding → Accepted on 2xx, Completed on 300–699; Completed → Confirmed on ACK; each → Terminated by its timer.
struct InviteServerTransaction: Sendable {
    enum State: Hashable, Sendable { case proceeding, accepted, completed, confirmed, terminated }

    private(set) var state = State.proceeding
    private let timers: SIPTimers
    private let isReliable: Bool
    private var last: [UInt8] = []
    private var retransmitAt: Instant?
    private var interval: Duration
    private var deadline: Instant?

    init(timers: SIPTimers, isReliable: Bool) {
        self.timers = timers
        self.isReliable = isReliable
        interval = timers.t1
    }

    var nextWake: Instant? { .earliest(retransmitAt, deadline) }
    var isTerminated: Bool { state == .terminated }

    /// A response from the transaction user. In Accepted, a repeated 2xx is passed on (RFC 6026 section 7.1).
    mutating func respond(_ status: Int, _ bytes: [UInt8], at now: Instant) -> [TransactionAction] {
        switch (state, status) {
        case (.proceeding, 100..<200):
            last = bytes
        case (.proceeding, 200..<300):
            state = .accepted
            deadline = now + timers.transactionTimeout
        case (.proceeding, _):
            state = .completed
            last = bytes
            deadline = now + timers.transactionTimeout
            if !isReliable { retransmitAt = now + interval }
        case (.accepted, 200..<300): break
        default: return []
        }
        return [.send(bytes)]
    }

    /// The INVITE again, or the ACK to it.
    mutating func receive(_ request: SIPMessage, at now: Instant) -> [TransactionAction] {
        switch (request.method, state) {
        case (.invite, .proceeding), (.invite, .completed):
            return last.isEmpty ? [] : [.send(last)]
        case (.ack, .accepted):
            return [.pass(request)]
        case (.ack, .completed):
            retransmitAt = nil
            state = isReliable ? .terminated : .confirmed
            deadline = now + timers.t4
            return []
        default: return []
        }
    }

    /// Timers G, H, I and L.
    mutating func wake(at now: Instant) -> [TransactionAction] {
        if let deadline, deadline <= now {
            let isUnacknowledged = state == .completed
            state = .terminated
            self.deadline = nil
            retransmitAt = nil
            return isUnacknowledged ? [.timedOut] : []
        }
        guard let due = retransmitAt, due <= now else { return [] }
        interval = min(interval * 2, timers.t2)
        retransmitAt = now + interval
        return [.send(last)]
    }
}
