/// The namespaces of Jingle RTP sessions, beside those of `XMPP.Namespace`.
public enum JingleNamespace {
    /// XEP-0167.
    public static let rtp = "urn:xmpp:jingle:apps:rtp:1"
    /// XEP-0181.
    public static let dtmf = "urn:xmpp:jingle:dtmf:0"
    /// XEP-0251.
    public static let transfer = "urn:xmpp:jingle:transfer:0"
    /// XEP-0167 section 9: ringing, hold, mute.
    public static let rtpInfo = "urn:xmpp:jingle:apps:rtp:info:1"
    /// XEP-0167, as features.
    public static let rtpAudio = "urn:xmpp:jingle:apps:rtp:audio"
    /// XEP-0176.
    public static let iceUDP = "urn:xmpp:jingle:transports:ice-udp:1"
    /// ICE options in an ice-udp transport, as Conversations writes them.
    public static let iceOption = "http://gultsch.de/xmpp/drafts/jingle/transports/ice-udp/option"
    /// XEP-0320.
    public static let dtls = "urn:xmpp:jingle:apps:dtls:0"
    /// XEP-0338.
    public static let grouping = "urn:xmpp:jingle:apps:grouping:0"
    public static let groupingFeature = "urn:ietf:rfc:5888"
    /// XEP-0293.
    public static let rtcpFeedback = "urn:xmpp:jingle:apps:rtp:rtcp-fb:0"
    /// XEP-0294.
    public static let headerExtensions = "urn:xmpp:jingle:apps:rtp:rtp-hdrext:0"
    /// XEP-0339.
    public static let sources = "urn:xmpp:jingle:apps:rtp:ssma:0"
    public static let sourcesFeature = "urn:ietf:rfc:5576"
}
