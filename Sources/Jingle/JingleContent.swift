public import MediaDescription
public import XMPP

/// A `<content/>` element (XEP-0166 section 7.3); what is inside stays XML until somebody wants it.
public struct JingleContent: Sendable, Hashable {
    public var creator: Creator
    public var name: String
    /// Nil when not given, which means both (and in a content-modify is an error).
    public var senders: Senders?
    /// Any application format's description.
    public var description: XMLElement?
    /// Any transport method's element.
    public var transport: XMLElement?

    public init(
        creator: Creator = .initiator, name: String, senders: Senders? = nil, description: XMLElement? = nil,
        transport: XMLElement? = nil
    ) {
        self.creator = creator
        self.name = name
        self.senders = senders
        self.description = description
        self.transport = transport
    }

    init(_ element: XMLElement) throws(JingleError) {
        guard let name = element["name"], (1...JingleLimits.name).contains(name.utf8.count) else {
            throw .badRequest("content without a usable name")
        }
        self.name = name
        if let creator = element["creator"] {
            guard let known = Creator(rawValue: creator) else { throw .badRequest("unknown creator") }
            self.creator = known
        } else {
            creator = .initiator
        }
        if let senders = element["senders"] {
            guard let known = Senders(rawValue: senders) else { throw .badRequest("unknown senders") }
            self.senders = known
        }
        description = element.elements.first { $0.name == "description" }
        transport = element.elements.first { $0.name == "transport" }
    }

    var xml: XMLElement {
        XMLElement(
            "content", Namespace.jingle,
            ["creator": creator.rawValue, "name": name, "senders": senders?.rawValue]
        ) {
            description
            transport
        }
    }
}
