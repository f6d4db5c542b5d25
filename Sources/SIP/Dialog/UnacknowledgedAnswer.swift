public import Primitives

/// A 2xx to INVITE, repeated until its ACK comes or 64 × T1 have passed (RFC 3261 section 13.3.1.4).
///
/// It is repeated over reliable transports too, as the RFC demands end to end.
public struct UnacknowledgedAnswer: Hashable, Sendable {
    public enum Action: Hashable, Sendable {
        /// Send the response again through its transaction.
        case repeatAnswer(SIPMessage, ServerTransactionID)
        /// No ACK came: the session is to be ended with BYE.
        case giveUp
    }

    public let response: SIPMessage
    public let transaction: ServerTransactionID
    private let timers: SIPTimers
    private var interval: Duration
    private var repeatAt: Instant
    private let deadline: Instant

    public init(_ response: SIPMessage, _ transaction: ServerTransactionID, timers: SIPTimers, at now: Instant) {
        self.response = response
        self.transaction = transaction
        self.timers = timers
        interval = timers.t1
        repeatAt = now + interval
        deadline = now + timers.transactionTimeout
    }

    public var nextWake: Instant { min(repeatAt, deadline) }

    /// Whether the ACK is for this answer.
    public func isAcknowledged(by ack: SIPMessage) -> Bool { ack.cseq.number == response.cseq.number }

    public mutating func wake(at now: Instant) -> Action? {
        if deadline <= now { return .giveUp }
        guard repeatAt <= now else { return nil }
        interval = min(interval * 2, timers.t2)
        repeatAt = now + interval
        return .repeatAnswer(response, transaction)
    }
}
