import Primitives

/// Which source address a plain RTP port listens to and answers (symmetric RTP, RFC 4961).
///
/// The signalled address always wins; until it sends, the first address that does is taken, and kept as long as it
/// keeps sending, so that nobody can take a call over by sending to its port.
struct PeerLatch {
    /// From the peer's description.
    private var signalled: SocketAddress?
    private var latched: SocketAddress?
    private var lastHeard = Instant.zero
    /// Whether `destination` may be another since last asked.
    private var hasMoved = false

    /// Silence after which another source may take over.
    private static let hold: Duration = .seconds(3)

    /// Where to send. Nowhere when 0.0.0.0 or port 0 is signalled: the old way of hold (RFC 3264 section 8.4).
    var destination: SocketAddress? {
        let address = latched ?? signalled
        return address.flatMap { $0.ip.isUnspecified || $0.port == 0 ? nil : $0 }
    }

    mutating func signal(_ address: SocketAddress) {
        guard address != signalled else { return }
        signalled = address
        latched = nil
        hasMoved = true
    }

    /// Whether a packet from `source` is the peer's.
    mutating func accepts(_ source: SocketAddress, at now: Instant) -> Bool {
        guard signalled != nil else { return false }
        if source != latched {
            guard source == signalled || latched == nil || now - lastHeard > PeerLatch.hold else { return false }
            latched = source
            hasMoved = true
        }
        lastHeard = now
        return true
    }

    /// Whether packets go elsewhere since last asked.
    mutating func takeMove() -> Bool {
        defer { hasMoved = false }
        return hasMoved
    }
}
