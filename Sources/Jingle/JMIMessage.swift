public import MediaDescription
public import XMPP

/// One of the messages around a Jingle session (XEP-0353 version 0.8.0).
public struct JMIMessage: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        /// With the media of each RTP description; others are left out.
        case propose([MediaKind])
        case ringing
        case proceed
        /// Told to one's own devices only, by the older version of the protocol that clients still speak.
        case accept
        case reject
        case retract
        case finish
    }

    public var kind: Kind
    /// Also the sid of the Jingle session.
    public var id: String
    public var reason: JingleReason?
    /// Rejected or retracted because both sides proposed (section 4.1).
    public var isTieBreak: Bool
    /// The session that goes on instead of a finished one (section 4.2).
    public var migratedTo: String?

    public init(
        _ kind: Kind, id: String, reason: JingleReason? = nil, isTieBreak: Bool = false, migratedTo: String? = nil
    ) {
        self.kind = kind
        self.id = id
        self.reason = reason
        self.isTieBreak = isTieBreak
        self.migratedTo = migratedTo
    }

    /// From a message stanza; nil when it holds none, or one that cannot be understood.
    public init?(_ stanza: XMLElement) {
        guard let element = JMIMessage.element(in: stanza), let id = JMIMessage.id(of: element) else { return nil }
        switch element.name {
        case "propose":
            let media = element.children(named: "description", JingleNamespace.rtp).prefix(JingleLimits.contents)
            kind = .propose(media.map { JingleCodec.kind(named: $0["media"] ?? "") })
        case "ringing": kind = .ringing
        case "proceed": kind = .proceed
        case "accept": kind = .accept
        case "reject": kind = .reject
        case "retract": kind = .retract
        case "finish": kind = .finish
        default: return nil
        }
        self.id = id
        reason = element.child("reason", Namespace.jingle).flatMap { JingleReason($0) }
        isTieBreak = element.child("tie-break") != nil
        migratedTo = element.child("migrated")?["to"].flatMap { $0.utf8.count <= JingleLimits.sid ? $0 : nil }
    }

    /// The element of the protocol in a message stanza, understood or not.
    public static func element(in stanza: XMLElement) -> XMLElement? {
        stanza.children(in: Namespace.jingleMessage).first
    }

    private static func id(of element: XMLElement) -> String? {
        element["id"].flatMap { (1...JingleLimits.sid).contains($0.utf8.count) ? $0 : nil }
    }

    /// The id of the stanza that carries the message: `jm-propose-…`, by which clients and bounces refer to it.
    public var stanzaID: String { "jm-\(name)-\(id)" }

    /// The element's name.
    public var name: String {
        switch kind {
        case .propose: "propose"
        case .ringing: "ringing"
        case .proceed: "proceed"
        case .accept: "accept"
        case .reject: "reject"
        case .retract: "retract"
        case .finish: "finish"
        }
    }

    /// The stanza: `type='chat'` with the `<store/>` hint (section 3).
    public func stanza(from: JID, to: JID) -> XMLElement {
        XMLElement(
            "message", Namespace.client,
            ["from": from.description, "to": to.description, "type": "chat", "id": stanzaID]
        ) {
            XMLElement(name, Namespace.jingleMessage, ["id": id]) {
                if case .propose(let media) = kind {
                    media.map {
                        XMLElement("description", JingleNamespace.rtp, ["media": JingleCodec.name(of: $0)])
                    }
                }
                reason?.xml
                if isTieBreak { XMLElement("tie-break", Namespace.jingleMessage) }
                migratedTo.map { XMLElement("migrated", Namespace.jingleMessage, ["to": $0]) }
            }
            ProcessingHint.store.element
        }
    }
}
