/// DTLS-SRTP without ICE (RFC 5763).
extension Negotiation {
    /// Whether a content asks for DTLS-SRTP: by its profile, or beside it (RFC 8643 section 3.1, and browsers of old,
    /// which said RTP/SAVPF).
    static func asksForDTLS(_ content: ContentDescription) -> Bool {
        content.fingerprints.contains(where: \.isUsable) && (content.profile.isDTLS || content.setup != nil)
            && content.profile != .unknown
    }

    /// What our fingerprint and the answer's settle. Nil when the answer leaves what RTP/AVP offered.
    static func dtls(
        _ ours: ContentDescription, answered theirs: ContentDescription
    ) throws(NegotiationError) -> AgreedDTLS? {
        guard !ours.fingerprints.isEmpty, asksForDTLS(theirs) else {
            if ours.profile.isDTLS || theirs.profile.isDTLS { throw .badAnswer("no fingerprint") }
            return nil
        }
        return AgreedDTLS(
            fingerprints: theirs.fingerprints.filter(\.isUsable), isClient: theirs.setup == .passive)
    }

    /// Our part in the handshake (RFC 5763 section 5): active wherever the choice is ours.
    static func setup(answering offered: SetupRole?, current: SetupRole?) -> SetupRole {
        switch offered {
        case .active: .passive
        case .passive: .active
        case .actpass, .holdconn, nil: current == .passive ? .passive : .active
        }
    }
}

extension TransportProfile {
    /// SRTP under keys of DTLS (RFC 5764 section 8).
    var isDTLS: Bool { self == .dtlsSAVP || self == .dtlsSAVPF }
}
