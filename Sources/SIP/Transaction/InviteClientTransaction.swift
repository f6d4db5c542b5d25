import Primitives

/// RFC 3261 section 17.1.1 with the Accepted state of RFC 6026 section 7.2.
///
/// Calling → Proceeding on 1xx; either → Accepted on 2xx, Completed on 300–699; each → Terminated by its timer.
struct InviteClientTransaction: Sendable {
    enum State: Hashable, Sendable { case calling, proceeding, accepted, completed, terminated }

    private(set) var state = State.calling
    let request: SIPMessage
    private let timers: SIPTimers
    private let isReliable: Bool
    private var retransmitAt: Instant?
    private var interval: Duration
    private var deadline: Instant?
    /// Whether nobody waits for the final response.
    private var isLeft = false

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
    /// Whether a final response may still come, so that CANCEL makes sense.
    var isPending: Bool { state == .calling || state == .proceeding }

    mutating func receive(_ response: SIPMessage, at now: Instant) -> [TransactionAction] {
        guard let status = response.status else { return [] }
        switch (state, status) {
        case (.calling, 100..<200):
            state = .proceeding
            retransmitAt = nil
            if !isLeft { deadline = now + timers.longestRinging }
        case (.proceeding, 100..<200): break
        case (.calling, 200..<300), (.proceeding, 200..<300):
            state = .accepted
            retransmitAt = nil
            deadline = now + timers.transactionTimeout
        case (.accepted, 200..<300): break
        case (.calling, 300...), (.proceeding, 300...):
            state = isReliable ? .terminated : .completed
            retransmitAt = nil
            deadline = now + timers.timerD
            return [.send(acknowledgement(of: response).bytes), .pass(response)]
        case (.completed, 300...):
            return [.send(acknowledgement(of: response).bytes)]
        default: return []
        }
        return [.pass(response)]
    }

    /// A cancelled INVITE that gets no final response is over 64 × T1 after the CANCEL (RFC 3261 section 9.1), as is one
    /// for whose answer nobody waits.
    mutating func expectEnd(at now: Instant) {
        guard isPending else { return }
        isLeft = true
        let end = now + timers.transactionTimeout
        deadline = min(deadline ?? end, end)
    }

    /// Timers A, B, D and M.
    mutating func wake(at now: Instant) -> [TransactionAction] {
        if let deadline, deadline <= now {
            let isUnanswered = isPending
            state = .terminated
            self.deadline = nil
            retransmitAt = nil
            return isUnanswered ? [.timedOut] : []
        }
        guard let due = retransmitAt, due <= now else { return [] }
        interval = interval * 2
        retransmitAt = now + interval
        return [.send(request.bytes)]
    }

    /// The ACK of a response that is no 2xx (RFC 3261 section 17.1.1.3).
    private func acknowledgement(of response: SIPMessage) -> SIPMessage {
        var ack = SIPMessage(
            .ack, request.requestURI ?? response.to.uri, from: request.from, to: response.to,
            callID: request.callID, sequence: request.cseq.number)
        ack.vias = Array(request.vias.prefix(1))
        ack.routes = request.routes
        return ack
    }
}
