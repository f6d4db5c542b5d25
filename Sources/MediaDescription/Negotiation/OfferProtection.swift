/// How an offer of RTP without ICE asks for protection.
public enum OfferProtection: Hashable, Sendable, CaseIterable {
    /// RTP/AVP.
    case none
    /// RTP/AVP with keys and our fingerprint, which the peer may take or leave (RFC 8643 section 3.1).
    case opportunistic
    /// RTP/SAVP: who does not take a key refuses (RFC 4568).
    case sdes
    /// UDP/TLS/RTP/SAVP with our fingerprint (RFC 5763).
    case dtls
}
