/// Namespaces of group calls of clients.
extension Namespace {
    /// XEP-0272.
    public static let muji = "urn:xmpp:jingle:muji:0"
    /// XEP-0482, and what clients said before there was one.
    public static let callInvites = "urn:xmpp:call-invites:0"
    public static let callMessage = "urn:xmpp:call-message:1"
}
