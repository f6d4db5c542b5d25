/// The digest of a certificate's DER form, as a peer's description gives it (RFC 8122).
public struct CertificateFingerprint: Hashable, Sendable {
    /// Lower-case hash name: `sha-256`.
    public var hash: String
    public var bytes: [UInt8]

    public init(hash: String, bytes: [UInt8]) {
        self.hash = hash
        self.bytes = bytes
    }
}
