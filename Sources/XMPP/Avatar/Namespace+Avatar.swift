extension Namespace {
    /// XEP-0054.
    public static let vCard = "vcard-temp"
    /// XEP-0153.
    public static let vCardUpdate = "vcard-temp:x:update"
    /// XEP-0060.
    public static let pubsub = "http://jabber.org/protocol/pubsub"
    /// XEP-0084.
    public static let avatarData = "urn:xmpp:avatar:data"
    public static let avatarMetadata = "urn:xmpp:avatar:metadata"
}
