/// How the media of a call is protected, the stronger the greater.
public enum MediaProtection: Int, Hashable, Sendable, Comparable, CaseIterable {
    case none
    /// SRTP under keys that stand in the descriptions (RFC 4568).
    case sdes
    /// SRTP under keys of a DTLS handshake (RFC 5764).
    case dtls

    public static func < (a: MediaProtection, b: MediaProtection) -> Bool { a.rawValue < b.rawValue }
}

extension AgreedMedia {
    public var protection: MediaProtection {
        if case .ice = transport { return .dtls }
        if dtls != nil { return .dtls }
        return sdes == nil ? .none : .sdes
    }
}
