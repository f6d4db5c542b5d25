/// Whether an offer of RTP without ICE carries SDES keys.
public enum SDESUse: Hashable, Sendable, CaseIterable {
    /// RTP/AVP.
    case none
    /// RTP/AVP with keys, which the peer may take or leave (RFC 8643 section 3.1).
    case opportunistic
    /// RTP/SAVP: who does not take a key refuses.
    case required
}
