/// Somebody's or something's address, on whichever side: the neutral form of a SIP URI and of a JID.
public struct PeerAddress: Hashable, Sendable, CustomStringConvertible {
    public enum Network: String, Hashable, Sendable { case sip, xmpp }

    public var network: Network
    /// User part, percent-decoded, or localpart as it stands in the JID; empty when there is none.
    public var user: String
    /// Host or domain in lower case; with `:port` where a SIP URI has one.
    public var host: String
    /// The JID's resource, or the value of the SIP URI's `gr` parameter (RFC 7247 section 6).
    public var resource: String?

    public init(_ network: Network, user: String, host: String, resource: String? = nil) {
        self.network = network
        self.user = user
        self.host = host
        self.resource = resource
    }

    /// Without the resource: the same person on every device.
    public var bare: PeerAddress { PeerAddress(network, user: user, host: host) }

    /// The host without a port.
    public var hostName: String {
        guard network == .sip, host.last != "]", let colon = host.lastIndex(of: ":") else { return host }
        return String(host[..<colon])
    }

    /// For logs and people: `alice@example.org/phone`.
    public var description: String {
        (user.isEmpty ? host : "\(user)@\(host)") + (resource.map { "/\($0)" } ?? "")
    }

    /// The user of RFC 3323 and RFC 3325 callers who do not tell who they are.
    public var isAnonymous: Bool { hostName == "anonymous.invalid" || user.lowercased() == "anonymous" }
}
