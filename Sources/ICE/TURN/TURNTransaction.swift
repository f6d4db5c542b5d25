import Primitives

/// A request of a TURN client that may still be answered (RFC 8489 section 6.2).
struct TURNTransaction: Sendable {
    enum Purpose: Hashable, Sendable {
        case allocate
        case refresh
        /// A lifetime of zero, so that our address is free for a new allocation (RFC 8656 section 7.4, error 437).
        case clear
        case permission(IPAddress)
        case channel(SocketAddress, UInt16)
    }

    let id: STUNTransactionID
    let purpose: Purpose
    let request: [UInt8]
    /// What signed it; nil when it went without.
    let key: [UInt8]?
    /// Times in a row that the server wanted another nonce.
    let staleNonces: Int
    var transmissions = 1
    var due: Instant
}
