public import XMPP

/// What a session-info asks for that transfers the call (XEP-0251 section 2): to whom, and in the place of which session
/// that the sender has with that one.
public struct JingleTransfer: Sendable, Hashable {
    public var to: JID
    /// Of the session that is taken over: an attended transfer.
    public var sid: String?

    /// Nil when there is none in it, or none that says to whom.
    public init?(in element: JingleElement) {
        guard let xml = element.payloads.first(where: { $0.matches("transfer", JingleNamespace.transfer) }),
            let to = xml["to"].flatMap({ JID($0) })
        else { return nil }
        self.to = to
        sid = JingleCodec.bounded(xml["sid"])
    }
}
