import Conference
import XMPP

/// What a message carries beside its body, as far as it is handed on: all but what only the room, or a server, may say.
enum CarriedPayload {
    /// Most octets, as XML.
    static let limit = 65_536
    private static let mostElements = 64

    /// Namespaces of what speaks for a server, a room or an archive.
    private static let refused: Set<String> = [
        Namespace.delay, "jabber:x:delay", Namespace.muc, Namespace.mucUser, Namespace.mucAdmin, Namespace.mucOwner,
        Namespace.occupantID, "urn:xmpp:carbons:2", Namespace.forward, "http://jabber.org/protocol/pubsub#event",
        "http://jabber.org/protocol/address", Namespace.nick, Namespace.caps, Namespace.jingleMessage,
        Namespace.receipts, Namespace.stanzaErrors, "vcard-temp:x:update", "urn:xmpp:hats:0",
        Namespace.directInvitation,
    ]
    private static let refusedFamilies = ["urn:xmpp:mam:", "urn:xmpp:message-moderate:", "urn:xmpp:fasten:"]
    /// What says nothing by itself.
    private static let accessories: Set<String> = [
        Namespace.chatStates, Namespace.chatMarkers, Namespace.hints, Namespace.stanzaIDs, Namespace.client,
        Encryption.explicit, Namespace.fallback,
    ]

    /// - Parameter audience: markers are asked for by the message itself where it is for everyone, else by the room.
    static func elements(of message: XMLElement, isGroupchat: Bool) -> [XMLElement] {
        message.elements.filter { isCarried($0, isGroupchat: isGroupchat) }.map(inner)
    }

    /// Whether there is something to be handed on although there is no body.
    static func hasSubstance(_ elements: [XMLElement]) -> Bool {
        elements.contains { !accessories.contains($0.namespace) }
    }

    /// As it is handed through the domain and kept; nil when that would be too much.
    static func text(of elements: [XMLElement]) -> String? {
        guard elements.count <= mostElements else { return nil }
        var text = ""
        for element in elements {
            text += element.serialised()
            if text.utf8.count > limit { return nil }
        }
        return text
    }

    private static func isCarried(_ element: XMLElement, isGroupchat: Bool) -> Bool {
        switch element.namespace {
        case Namespace.client: element.name == "thread"
        case Namespace.stanzaIDs: element.name == "origin-id"
        case Namespace.chatMarkers: isGroupchat
        case Namespace.retraction: element.name != "retracted"
        default: isAllowed(element.namespace)
        }
    }

    private static func isAllowed(_ namespace: String) -> Bool {
        !refused.contains(namespace) && !refusedFamilies.contains { namespace.hasPrefix($0) }
    }

    /// Without what is refused further in: a retraction by a moderator is the room's word.
    private static func inner(_ element: XMLElement) -> XMLElement {
        guard element.namespace == Namespace.retraction else { return element }
        var element = element
        element.children.removeAll { node in
            if case .element(let child) = node { !isAllowed(child.namespace) } else { false }
        }
        return element
    }
}

/// Messages that only their readers' keys open.
enum Encryption {
    /// XEP-0380.
    static let explicit = "urn:xmpp:eme:0"
    /// OMEMO (XEP-0384) of either kind, OpenPGP (XEP-0373, XEP-0027).
    private static let namespaces: Set<String> = [
        "eu.siacs.conversations.axolotl", "urn:xmpp:omemo:1", "urn:xmpp:omemo:2", "urn:xmpp:openpgp:0",
        "jabber:x:encrypted", explicit,
    ]

    static func isThere(in message: XMLElement) -> Bool {
        message.elements.contains { namespaces.contains($0.namespace) } || message.body?.hasPrefix("?OTR") == true
    }

    /// What their sender is told, once in each room.
    static let words =
        "The room cannot read messages that are encrypted end to end, and nobody on a telephone gets them. "
        + "Switch encryption off here to reach everybody."
}
