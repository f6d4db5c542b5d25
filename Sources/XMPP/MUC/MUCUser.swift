/// `<x xmlns='http://jabber.org/protocol/muc#user'/>`: what a room says about an occupant (XEP-0045 section 7).
public struct MUCUser: Sendable, Hashable {
    /// XEP-0045 section 5.2.
    public enum Affiliation: String, Sendable, Hashable { case owner, admin, member, none, outcast }
    /// XEP-0045 section 5.1.
    public enum Role: String, Sendable, Hashable { case moderator, participant, visitor, none }

    public struct Item: Sendable, Hashable {
        public var affiliation: Affiliation
        public var role: Role
        /// The real JID, where the room shows it.
        public var jid: JID?
        /// The new nick of one who changes it.
        public var nick: String?
        public var reason: String?
        /// The nick of who brought it about.
        public var actor: String?

        public init(
            affiliation: Affiliation = .none, role: Role, jid: JID? = nil, nick: String? = nil, reason: String? = nil,
            actor: String? = nil
        ) {
            self.affiliation = affiliation
            self.role = role
            self.jid = jid
            self.nick = nick
            self.reason = reason
            self.actor = actor
        }
    }

    public var item: Item?
    /// XEP-0045 section 15.6.2.
    public var statuses: [MUCStatus]

    public init(item: Item? = nil, statuses: [MUCStatus] = []) {
        self.item = item
        self.statuses = statuses
    }

    public init?(_ element: XMLElement) {
        guard element.matches("x", Namespace.mucUser) else { return nil }
        statuses = element.children(named: "status").compactMap { $0["code"].flatMap { Int($0) }.map(MUCStatus.init) }
        item = element.child("item", Namespace.mucUser).map { item in
            Item(
                affiliation: item["affiliation"].flatMap(Affiliation.init(rawValue:)) ?? .none,
                role: item["role"].flatMap(Role.init(rawValue:)) ?? .none, jid: item["jid"].flatMap { JID($0) },
                nick: item["nick"], reason: item.child("reason", Namespace.mucUser)?.text,
                actor: item.child("actor", Namespace.mucUser)?["nick"])
        }
    }

    public var element: XMLElement {
        XMLElement("x", Namespace.mucUser) {
            item.map { item in
                XMLElement(
                    "item", Namespace.mucUser,
                    [
                        "affiliation": item.affiliation.rawValue, "role": item.role.rawValue,
                        "jid": item.jid?.description, "nick": item.nick,
                    ]
                ) {
                    item.actor.map { XMLElement("actor", Namespace.mucUser, ["nick": $0]) }
                    item.reason.map { XMLElement("reason", Namespace.mucUser, text: $0) }
                }
            }
            for status in statuses { XMLElement("status", Namespace.mucUser, ["code": String(status.code)]) }
        }
    }
}

/// A status code of rooms (XEP-0045 section 15.6.2).
public struct MUCStatus: Sendable, Hashable {
    public let code: Int

    public init(_ code: Int) { self.code = code }

    /// Everybody may see real JIDs.
    public static let nonAnonymous = MUCStatus(100)
    /// This presence is about the one who reads it.
    public static let selfPresence = MUCStatus(110)
    /// The room was made by this entry.
    public static let created = MUCStatus(201)
    /// The room is archived where others may read it.
    public static let archived = MUCStatus(170)
    /// The configuration has changed.
    public static let configured = MUCStatus(104)
    /// The nick is another than was asked for.
    public static let nickModified = MUCStatus(210)
    public static let banned = MUCStatus(301)
    /// Out for a change of affiliation, or because only members may be in now.
    public static let affiliationChanged = MUCStatus(321)
    public static let membersOnly = MUCStatus(322)
    /// The occupant goes on under another nick.
    public static let newNick = MUCStatus(303)
    public static let kicked = MUCStatus(307)
    /// Removed because of a technical problem, as a bounced stanza is.
    public static let technicalProblem = MUCStatus(333)
}
