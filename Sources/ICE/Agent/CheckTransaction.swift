import Primitives

/// A Binding request of ours that may still be answered (RFC 8489 section 6.2.1).
struct CheckTransaction: Sendable {
    enum Purpose: Hashable, Sendable {
        /// A connectivity check of the pair with this id.
        case check(Int)
        case consent
    }

    let id: STUNTransactionID
    let purpose: Purpose
    let request: [UInt8]
    let local: SocketAddress
    let remote: SocketAddress
    /// The peer's password, which signs the answer.
    let key: [UInt8]
    /// Our role when it was sent.
    let role: ICERole
    let usesCandidate: Bool
    /// The PRIORITY sent: that of a candidate the answer may reveal.
    let priority: UInt32
    let rto: Duration
    var transmissions = 1
    /// When it is to be sent again or given up.
    var due: Instant
    /// Not sent again, and no answer means nothing (RFC 8445 section 7.3.1.4).
    var isCancelled = false

    /// How long to wait for an answer before it is sent again, or given up after `limit` transmissions (RFC 8489 section
    /// 6.2.1). A nomination, whose pair is known to work, is repeated steadily instead of ever more rarely.
    func wait(_ configuration: ICEConfiguration) -> Duration {
        if usesCandidate { return rto * min(transmissions, 2) }
        return rto * (transmissions < limit(configuration) ? 1 << min(transmissions - 1, 16) : configuration.lastWait)
    }

    /// Rc of RFC 8489 section 6.2.1.
    func limit(_ configuration: ICEConfiguration) -> Int {
        purpose == .consent ? 1 : usesCandidate ? configuration.transmissions * 2 : configuration.transmissions
    }
}
