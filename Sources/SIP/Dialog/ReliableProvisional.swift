public import Primitives

/// A provisional response that is repeated until its PRACK comes (RFC 3262 section 3).
public struct ReliableProvisional: Hashable, Sendable {
    public enum Action: Hashable, Sendable {
        case repeatResponse(SIPMessage, ServerTransactionID)
        /// No PRACK came: the INVITE is to be refused.
        case giveUp
    }

    public let response: SIPMessage
    public let transaction: ServerTransactionID
    public let sequence: UInt32
    private var interval: Duration
    private var repeatAt: Instant
    private let deadline: Instant
    private var isStopped = false

    /// - Parameters:
    ///   - response: gets Require and RSeq.
    ///   - sequence: less than 2³¹.
    public init(
        _ response: SIPMessage, _ transaction: ServerTransactionID, sequence: UInt32, timers: SIPTimers,
        at now: Instant
    ) {
        var response = response
        response.headers.append(SIPHeader("Require", "100rel"))
        response.set("RSeq", String(sequence))
        self.response = response
        self.transaction = transaction
        self.sequence = sequence
        interval = timers.t1
        repeatAt = now + interval
        deadline = now + timers.transactionTimeout
    }

    public var nextWake: Instant? { isStopped ? nil : min(repeatAt, deadline) }

    /// The final response is sent: it is repeated no more, and its PRACK may still come (RFC 3262 section 3).
    public mutating func stop() { isStopped = true }

    /// Whether the PRACK is for this response.
    public func isAcknowledged(by prack: SIPMessage) -> Bool {
        guard let rack = prack.rack else { return false }
        return rack.sequence == sequence && rack.cseq == response.cseq
    }

    public mutating func wake(at now: Instant) -> Action? {
        guard !isStopped else { return nil }
        if deadline <= now { return .giveUp }
        guard repeatAt <= now else { return nil }
        interval = interval * 2
        repeatAt = now + interval
        return .repeatResponse(response, transaction)
    }
}

extension SIPMessage {
    /// RAck (RFC 3262 section 7.2).
    public var rack: (sequence: UInt32, cseq: CSeq)? {
        let parts = (header("RAck") ?? "").split(separator: " ")
        guard parts.count == 3, let sequence = UInt32(parts[0]), let number = UInt32(parts[1]) else { return nil }
        return (sequence, CSeq(number, SIPMethod(rawValue: String(parts[2]))))
    }

    /// RSeq of a response that is to be acknowledged with PRACK (RFC 3262 section 4).
    public var reliableSequence: UInt32? {
        guard let status, (101..<200).contains(status), require.contains("100rel") else { return nil }
        return header("RSeq").flatMap { UInt32($0) }
    }
}
