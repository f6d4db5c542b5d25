/// The transaction that a request of the peer made here (RFC 3261 section 17.2.3).
public struct ServerTransactionID: Hashable, Sendable {
    let key: String
    public let method: SIPMethod
}

/// The transaction that a request of ours made (RFC 3261 section 17.1.3).
public struct ClientTransactionID: Hashable, Sendable {
    let branch: String
    public let method: SIPMethod
}

/// Why a client transaction ended without a final response.
public enum TransactionFailure: Hashable, Sendable {
    /// Timer B or F; to be treated as 408 (RFC 3261 section 8.1.3.1).
    case timeout
    /// The transport could not carry it; to be treated as 503.
    case transport
}

/// What the transaction layer tells its user.
public enum TransactionEvent: Hashable, Sendable {
    /// A new request, neither ACK nor CANCEL, to be answered with `respond`. INVITE has had its 100 already.
    case request(SIPMessage, ServerTransactionID, SIPFlow)
    /// A CANCEL, already answered with 200, for an INVITE that has no final response yet: it is to get 487.
    case cancelled(ServerTransactionID, SIPMessage)
    /// An ACK to a 2xx.
    case acknowledged(SIPMessage, SIPFlow)
    /// A response to a request of ours; a 2xx to INVITE each time it comes.
    case response(SIPMessage, ClientTransactionID, SIPFlow)
    /// No final response came, or will come.
    case failed(ClientTransactionID, TransactionFailure)
    /// A final response other than 2xx to an INVITE was never acknowledged (timer H).
    case unacknowledged(ServerTransactionID)
}
