/// Namespaces of what messages say about other messages.
extension Namespace {
    /// XEP-0066.
    public static let outOfBand = "jabber:x:oob"
    /// XEP-0308.
    public static let correction = "urn:xmpp:message-correct:0"
    /// XEP-0444.
    public static let reactions = "urn:xmpp:reactions:0"
    /// XEP-0461.
    public static let reply = "urn:xmpp:reply:0"
}
