/// What protects and unprotects RTP. RTCP is libsrtp2's with either: it is a packet every few seconds.
public enum SRTPBackend: String, Sendable, Hashable, CaseIterable {
    /// OpenSSL's AES, GCM and SHA-1.
    case openSSL = "openssl"
    /// libsrtp2, which Debian builds on NSS.
    case libsrtp2
}
