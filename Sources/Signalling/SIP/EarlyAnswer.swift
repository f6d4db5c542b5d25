import MediaDescription

/// The answer to an INVITE of ours in one of the early dialogs that it has made.
struct EarlyAnswer {
    struct Change {
        var offer: SessionDescription
        var ours: SessionDescription
        var agreed: AgreedMedia
    }

    var answer: SessionDescription
    /// Whether it came reliably, which ends the exchange in that dialog (RFC 3262 section 5).
    var isReliable: Bool
    /// What the peer has made of it since, by UPDATE (RFC 3311 section 5.2).
    var change: Change?
}
