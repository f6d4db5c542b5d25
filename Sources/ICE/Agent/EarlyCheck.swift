import Primitives

/// A check that was answered before the peer's credentials were known (RFC 8445 section 7.3.1.4).
struct EarlyCheck: Sendable {
    let local: SocketAddress
    let remote: SocketAddress
    /// The peer's part of USERNAME.
    let remoteUfrag: String
    let priority: UInt32
    var usesCandidate: Bool
}
