import XMPP

/// What a message says about an invitation to a call (XEP-0482), in its own words or in those that came before it.
struct CallInvite: Sendable {
    enum Kind: Sendable, Hashable {
        case invite([Way])
        case accept, reject, retract, left
    }

    /// How a call may be joined, as far as we can.
    enum Way: Sendable, Hashable {
        /// By Muji in this MUC.
        case muji(JID)
        /// By a session-initiate that the inviter sends: `sid`, and from whom where that is somebody else.
        case jingle(XMLElement)
    }

    private static let longestID = 256

    let kind: Kind
    /// By which the invitation is known; nil where the message bears none that all know.
    let id: String?
    let namespace: String

    /// Nil for a message that says nothing of the kind.
    init?(_ message: XMLElement) {
        let namespaces = [Namespace.callInvites, Namespace.callMessage]
        guard let namespace = namespaces.first(where: { !message.children(in: $0).isEmpty }),
            let element = message.children(in: namespace).first
        else { return nil }
        self.namespace = namespace
        var id = element["id"]
        switch element.name {
        case "invite", "propose":
            kind = .invite(CallInvite.ways(element))
            if id == nil, message.type != "groupchat" { id = StanzaID.origin(of: message) }
        case "accept": kind = .accept
        case "reject": kind = .reject
        case "retract": kind = .retract
        case "left": kind = .left
        default: return nil
        }
        self.id = id.flatMap { (1...CallInvite.longestID).contains($0.utf8.count) ? $0 : nil }
    }

    private static func ways(_ invite: XMLElement) -> [Way] {
        invite.elements.prefix(16).compactMap { child -> Way? in
            switch (child.name, child.namespace) {
            case ("muji", Namespace.muji):
                return child["room"].flatMap { JID($0) }.flatMap { $0.local == nil ? nil : .muji($0.bare) }
            case ("jingle", Namespace.callInvites), ("jingle", Namespace.callMessage), ("jingle", Namespace.jingle):
                guard let sid = child["sid"], (1...longestID).contains(sid.utf8.count) else { return nil }
                let jid = child["jid"].flatMap { JID($0) }?.description
                return .jingle(XMLElement("jingle", child.namespace, ["sid": sid, "jid": jid]))
            default: return nil
            }
        }
    }
}

/// To whom, and as what, an invitation is answered.
struct CallInviteAnswers: Sendable, Hashable {
    let inviter: JID
    let id: String
    let namespace: String
    /// Whether it stood in the room's own MUC, where all are answered.
    let isGroupchat: Bool

    /// `accept`, `reject` or `left`.
    func element(_ name: String, way: XMLElement? = nil) -> XMLElement {
        XMLElement(name, namespace, ["id": id]) { way }
    }
}
