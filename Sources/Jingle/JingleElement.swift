public import MediaDescription
public import XMPP

/// A `<jingle/>` element (XEP-0166 section 7.1).
public struct JingleElement: Sendable, Hashable {
    public var action: JingleAction
    public var sid: String
    public var initiator: JID?
    public var responder: JID?
    /// XEP-0338.
    public var groups: [ContentGroup]
    public var contents: [JingleContent]
    public var reason: JingleReason?
    /// All other children: the payload of a session-info, XEP-0298's `conference-info`, …
    public var payloads: [XMLElement]

    public init(
        _ action: JingleAction, sid: String, initiator: JID? = nil, responder: JID? = nil,
        groups: [ContentGroup] = [], contents: [JingleContent] = [], reason: JingleReason? = nil,
        payloads: [XMLElement] = []
    ) {
        self.action = action
        self.sid = sid
        self.initiator = initiator
        self.responder = responder
        self.groups = groups
        self.contents = contents
        self.reason = reason
        self.payloads = payloads
    }

    /// From XML. Throws what the request is to be answered with when it cannot be understood; an unknown action is a
    /// bad request (section 7.2).
    public init(_ element: XMLElement) throws(JingleError) {
        guard element.matches("jingle", Namespace.jingle) else { throw .badRequest("not a jingle element") }
        guard let sid = element["sid"], (1...JingleLimits.sid).contains(sid.utf8.count) else {
            throw .badRequest("no usable sid")
        }
        guard let action = element["action"].flatMap(JingleAction.init(rawValue:)) else {
            throw .badRequest("unknown action")
        }
        self.init(
            action, sid: sid, initiator: element["initiator"].flatMap { JID($0) },
            responder: element["responder"].flatMap { JID($0) })
        for child in element.elements {
            switch (child.name, child.namespace) {
            case ("content", Namespace.jingle):
                guard contents.count < JingleLimits.contents else { throw .badRequest("too many contents") }
                contents.append(try JingleContent(child))
            case ("reason", Namespace.jingle): reason = JingleReason(child)
            case ("group", JingleNamespace.grouping): if let group = ContentGroup(child) { groups.append(group) }
            default: if payloads.count < JingleLimits.items { payloads.append(child) }
            }
        }
    }

    /// Whether the element names a session that can be looked up, whatever else is wrong with it.
    public static func sid(of element: XMLElement) -> String? {
        element["sid"].flatMap { (1...JingleLimits.sid).contains($0.utf8.count) ? $0 : nil }
    }

    public var xml: XMLElement {
        XMLElement(
            "jingle", Namespace.jingle,
            [
                "action": action.rawValue, "sid": sid, "initiator": initiator?.description,
                "responder": responder?.description,
            ]
        ) {
            groups.map(\.xml)
            contents.map(\.xml)
            reason?.xml
            payloads
        }
    }
}

extension ContentGroup {
    /// From XEP-0338's `<group/>`; nil without semantics or names.
    init?(_ element: XMLElement) {
        guard let semantics = element["semantics"], (1...JingleLimits.name).contains(semantics.utf8.count) else {
            return nil
        }
        let names = element.children(named: "content").prefix(JingleLimits.contents).compactMap { $0["name"] }
            .filter { (1...JingleLimits.name).contains($0.utf8.count) }
        guard !names.isEmpty else { return nil }
        self.init(semantics: semantics, names: names)
    }

    var xml: XMLElement {
        XMLElement("group", JingleNamespace.grouping, ["semantics": semantics]) {
            names.map { XMLElement("content", JingleNamespace.grouping, ["name": $0]) }
        }
    }
}
