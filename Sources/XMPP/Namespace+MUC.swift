/// Namespaces of what rooms do beyond presence and text.
extension Namespace {
    /// XEP-0045: the configuration form, and the feature that ids of messages are kept.
    public static let mucRoomConfig = "http://jabber.org/protocol/muc#roomconfig"
    public static let mucStableID = "http://jabber.org/protocol/muc#stable_id"
    /// XEP-0059.
    public static let resultSet = "http://jabber.org/protocol/rsm"
    /// XEP-0249.
    public static let directInvitation = "jabber:x:conference"
    /// XEP-0297.
    public static let forward = "urn:xmpp:forward:0"
    /// XEP-0313, and the feature of its section 4.3.
    public static let archive = "urn:xmpp:mam:2"
    public static let archiveExtended = "urn:xmpp:mam:2#extended"
    /// XEP-0421.
    public static let occupantID = "urn:xmpp:occupant-id:0"
    /// XEP-0424, and the feature that tombstones are kept.
    public static let retraction = "urn:xmpp:message-retract:1"
    public static let tombstones = "urn:xmpp:message-retract:1#tombstone"
    /// XEP-0425.
    public static let messageModeration = "urn:xmpp:message-moderate:1"
    /// XEP-0428.
    public static let fallback = "urn:xmpp:fallback:0"
}
