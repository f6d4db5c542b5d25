import Primitives

/// When a stanza was first sent, for one that is sent late (XEP-0203).
public struct Delay: Sendable, Hashable {
    public var stamp: WallTime
    public var from: JID?

    public init(stamp: WallTime, from: JID?) {
        self.stamp = stamp
        self.from = from
    }

    public init?(_ element: XMLElement) {
        guard element.matches("delay", Namespace.delay), let stamp = element["stamp"].flatMap(WallTime.init(xmpp:))
        else { return nil }
        self.init(stamp: stamp, from: element.from)
    }

    public var element: XMLElement {
        XMLElement("delay", Namespace.delay, ["from": from?.description, "stamp": stamp.iso8601])
    }
}

/// Unique and stable ids of messages (XEP-0359).
public enum StanzaID {
    /// The id by which `by`, and everybody who heard from it, knows the message.
    public static func element(_ id: String, by: JID) -> XMLElement {
        XMLElement("stanza-id", Namespace.stanzaIDs, ["id": id, "by": by.bare.description])
    }

    /// The id that the sender itself gave.
    public static func origin(_ id: String) -> XMLElement {
        XMLElement("origin-id", Namespace.stanzaIDs, ["id": id])
    }

    /// The `origin-id` of a message, or else its `id` attribute.
    public static func origin(of message: XMLElement) -> String? {
        message.child("origin-id", Namespace.stanzaIDs)?["id"] ?? message.id
    }
}

/// What a server is to do with a message (XEP-0334).
public enum ProcessingHint: String, Sendable, Hashable, CaseIterable {
    case noPermanentStore = "no-permanent-store"
    case noStore = "no-store"
    case noCopy = "no-copy"
    case store

    public var element: XMLElement { XMLElement(rawValue, Namespace.hints) }
}

/// Receipts for messages (XEP-0184).
public enum Receipt {
    /// Whether a message asks for one.
    public static func isRequested(by message: XMLElement) -> Bool {
        message.child("request", Namespace.receipts) != nil
    }

    public static var request: XMLElement { XMLElement("request", Namespace.receipts) }

    public static func received(_ id: String) -> XMLElement {
        XMLElement("received", Namespace.receipts, ["id": id])
    }
}
