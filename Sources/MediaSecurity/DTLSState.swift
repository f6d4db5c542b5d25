/// Where a DTLS connection stands.
///
/// `handshaking` → `connected` once the handshake is done and the certificate is one that was announced, or → `failed`;
/// `connected` → `closed` by either side. `failed` and `closed` are final.
public enum DTLSState: Sendable, Equatable {
    /// Also while the handshake is done and the peer's fingerprint is not known yet.
    case handshaking
    case connected(SRTPKeys)
    case failed(DTLSFailure)
    case closed
}

/// Why a handshake failed.
public enum DTLSFailure: Error, Hashable, Sendable {
    /// The peer's certificate is not one it announced (RFC 8122 section 5).
    case wrongFingerprint
    /// No SRTP profile in common (RFC 5764 section 4.1).
    case noProfile
    /// The peer did not answer in time.
    case timeout
    /// The protocol was broken, or the peer sent a fatal alert; OpenSSL's words.
    case handshake(String)
}

/// Which side sends the ClientHello: `a=setup:active` is the client (RFC 5763 section 5).
public enum DTLSRole: Hashable, Sendable { case client, server }

/// What a call on a DTLS connection leads to.
public struct DTLSOutcome: Sendable {
    /// To be sent in this order, each as a datagram of its own.
    public var datagrams: [[UInt8]]
    /// The state after the call.
    public var state: DTLSState
    /// Whether this call brought the state about.
    public var changed: Bool

    public init(datagrams: [[UInt8]], state: DTLSState, changed: Bool) {
        self.datagrams = datagrams
        self.state = state
        self.changed = changed
    }
}
