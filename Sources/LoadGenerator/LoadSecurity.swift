/// How media is protected.
public enum LoadSecurity: String, Sendable, CaseIterable {
    case plain
    /// Keys in the description (RFC 4568).
    case sdes
    /// ICE and DTLS-SRTP (RFC 8445, RFC 5764).
    case dtls
}
