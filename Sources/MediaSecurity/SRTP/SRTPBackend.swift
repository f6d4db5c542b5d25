/// What protects and unprotects RTP and RTCP.
public enum SRTPBackend: String, Sendable, Hashable, CaseIterable {
    /// OpenSSL's AES, GCM and SHA-1.
    case openSSL = "openssl"
    /// libsrtp2, which Debian builds on NSS.
    case libsrtp2
}
