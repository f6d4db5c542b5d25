/// A DTLS-SRTP association on the ports of plain transport (RFC 5763), as seen from us.
public struct AgreedDTLS: Hashable, Sendable {
    /// Of the peer's certificate.
    public var fingerprints: [Fingerprint]
    /// Whether we open the handshake.
    public var isClient: Bool

    public init(fingerprints: [Fingerprint], isClient: Bool) {
        self.fingerprints = fingerprints
        self.isClient = isClient
    }
}
