public import XMPP

/// The payload of a session-info of an RTP session (XEP-0167 section 9).
public enum RTPInfo: Sendable, Hashable {
    /// The sender takes part again, after hold or mute.
    case active
    /// The sender does not listen for now, and is not to be sent to.
    case hold
    case unhold
    /// The sender does not send for now; of the named content, or of all.
    case mute(String?)
    case unmute(String?)
    /// The sender is alerted.
    case ringing

    public init?(_ element: XMLElement) {
        guard element.namespace == JingleNamespace.rtpInfo else { return nil }
        switch element.name {
        case "active": self = .active
        case "hold": self = .hold
        case "unhold": self = .unhold
        case "mute": self = .mute(JingleCodec.bounded(element["name"]))
        case "unmute": self = .unmute(JingleCodec.bounded(element["name"]))
        case "ringing": self = .ringing
        default: return nil
        }
    }

    public var xml: XMLElement {
        switch self {
        case .active: XMLElement("active", JingleNamespace.rtpInfo)
        case .hold: XMLElement("hold", JingleNamespace.rtpInfo)
        case .unhold: XMLElement("unhold", JingleNamespace.rtpInfo)
        case .mute(let name): XMLElement("mute", JingleNamespace.rtpInfo, ["name": name])
        case .unmute(let name): XMLElement("unmute", JingleNamespace.rtpInfo, ["name": name])
        case .ringing: XMLElement("ringing", JingleNamespace.rtpInfo)
        }
    }
}
