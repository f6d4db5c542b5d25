import Conference
import XMPP

extension PeerAddress {
    /// A JID in the domain's terms.
    public init(_ jid: JID) {
        self.init(.xmpp, user: jid.local ?? "", host: jid.domain, resource: jid.resource)
    }

    /// The JID that an address of the XMPP side is; nil for SIP, and for what is no JID.
    public var jid: JID? {
        guard network == .xmpp else { return nil }
        return JID(local: user.isEmpty ? nil : user, domain: host, resource: resource)
    }
}
