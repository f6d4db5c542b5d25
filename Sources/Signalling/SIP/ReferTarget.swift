import Conference
import Primitives
import SIP

/// What a Refer-To asks for (RFC 3515 section 2.1): a URI, the method to send it, and headers for the request.
struct ReferTarget {
    var uri: SIPURI
    var displayName: String?
    var method: SIPMethod
    /// Of the URI's `?Replaces=…`.
    var replaces: String?

    init(_ address: NameAddress) {
        uri = address.uri
        displayName = address.displayName
        let method = address.uri.parameters["method"] ?? address.parameters["method"]
        self.method = method.map { SIPMethod(rawValue: $0.uppercased()) } ?? .invite
        replaces = address.uri.headers["Replaces"]
        uri.parameters.remove("method")
        uri.headers = SIPParameters()
    }

    /// The address as it stands.
    var plainAddress: PeerAddress {
        if uri.scheme == "xmpp", let address = uri.opaque.flatMap({ PeerAddress(xmpp: $0) }) { return address }
        return PeerAddress(uri)
    }

    /// The address of who is to be called; our own IP address means the rooms' domain.
    func address(on flow: SIPFlow, _ domain: String) -> PeerAddress {
        var address = plainAddress
        if let local = flow.local, uri.host == local.ip.description, uri.port ?? 5060 == local.port {
            address.host = domain
        }
        return address
    }
}
