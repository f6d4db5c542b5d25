/// One `<item/>` of `muc#admin`: a change that is asked for, or an entry of a list (XEP-0045 sections 8 to 10).
public struct MUCAdminItem: Sendable, Hashable {
    public var affiliation: MUCUser.Affiliation?
    public var role: MUCUser.Role?
    public var jid: JID?
    public var nick: String?
    public var reason: String?

    public init(
        affiliation: MUCUser.Affiliation? = nil, role: MUCUser.Role? = nil, jid: JID? = nil, nick: String? = nil,
        reason: String? = nil
    ) {
        self.affiliation = affiliation
        self.role = role
        self.jid = jid
        self.nick = nick
        self.reason = reason
    }

    /// Nil where an attribute is not what it must be.
    public init?(_ element: XMLElement) {
        guard element.matches("item", Namespace.mucAdmin) else { return nil }
        if let text = element["affiliation"] {
            guard let affiliation = MUCUser.Affiliation(rawValue: text) else { return nil }
            self.affiliation = affiliation
        }
        if let text = element["role"] {
            guard let role = MUCUser.Role(rawValue: text) else { return nil }
            self.role = role
        }
        if let text = element["jid"] {
            guard let jid = JID(text) else { return nil }
            self.jid = jid
        }
        nick = element["nick"]
        reason = element.child("reason")?.text.clipped(to: 1024)
    }

    public var element: XMLElement {
        XMLElement(
            "item", Namespace.mucAdmin,
            ["affiliation": affiliation?.rawValue, "role": role?.rawValue, "jid": jid?.description, "nick": nick]
        ) { reason.map { XMLElement("reason", Namespace.mucAdmin, text: $0) } }
    }
}
