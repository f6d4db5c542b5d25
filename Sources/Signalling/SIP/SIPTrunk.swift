public import SIP

/// How the SIP side speaks with a trunk.
public struct SIPTrunk: Sendable {
    /// Where the number of a caller stands (RFC 3261 section 8.1.1.3, RFC 3325 sections 9.1 and 9.2).
    public enum Identity: String, Sendable, Hashable, CaseIterable { case from, asserted, preferred }
    /// What is done with sound before the answer (183 with a description): Jingle has no word for it.
    public enum EarlyMedia: String, Sendable, Hashable, CaseIterable {
        /// The caller hears its own ringing tone.
        case holdBack = "hold-back"
        /// The caller's side is answered, so that it hears what is said.
        case take
    }

    /// The one by which it is called; nil for what the DNS says.
    public var transport: SIPTransport?
    /// How media is offered; nil for as usual.
    public var offer: SIPMediaSecurity.Offer?
    /// Our name and password there.
    public var user: DigestUser?
    public var identities: Set<Identity> = [.from]
    public var earlyMedia = EarlyMedia.holdBack
    /// How long it may say nothing at all when there is another trunk.
    public var firstResponse = Duration.seconds(4)
    /// How long it may ring.
    public var ringTime = Duration.seconds(120)
    /// Whether its P-Asserted-Identity is believed.
    public var isTrusted = false

    public init() {}
}

/// A call's trunk.
struct SIPLegTrunk {
    let settings: SIPTrunk
    /// Whether another one waits for the call.
    let hasNext: Bool
    /// Whether somebody was alerted (180), or is heard already: it is not for another trunk then.
    var isSettled = false
    /// Whether its sound before the answer is heard.
    var isHeard = false
}
