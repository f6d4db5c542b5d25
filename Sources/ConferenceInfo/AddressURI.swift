import Conference
import Primitives

/// Addresses as the URIs of conference-info documents: `sip:` (RFC 3261 section 19.1), `xmpp:` (RFC 5122).
public enum AddressURI {
    /// The bare address: `sip:100@127.0.0.1:5080`, `xmpp:alice@example.org`; percent-encoded where need be.
    public static func user(_ address: PeerAddress) -> String {
        switch address.network {
        case .sip: sip(user: address.user, host: address.host)
        case .xmpp: "xmpp:" + join(encode(address.user, keeping: xmppUser), encode(address.host, keeping: host))
        }
    }

    /// With the resource: `xmpp:alice@example.org/phone`, `sip:bob@example.org;gr=x` (RFC 7247 section 6).
    public static func full(_ address: PeerAddress) -> String {
        guard let resource = address.resource, !resource.isEmpty else { return user(address) }
        let encoded = encode(resource, keeping: xmppUser)
        return switch address.network {
        case .sip: user(address) + ";gr=" + encoded
        case .xmpp: user(address) + "/" + encoded
        }
    }

    /// The address as a SIP URI on whichever side it lives: what a client gets that reads `sip:` only.
    static func onSIP(_ address: PeerAddress) -> String {
        switch address.network {
        case .sip: sip(user: address.user, host: address.host)
        case .xmpp: sip(user: JIDEscaping.unescape(address.user), host: address.host)
        }
    }

    private static func sip(user: String, host: String) -> String {
        "sip:" + join(encode(user, keeping: sipUser), encode(host, keeping: self.host))
    }

    private static func join(_ user: String, _ host: String) -> String { user.isEmpty ? host : "\(user)@\(host)" }

    private static let alphanumerics = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
    /// `unreserved` and `user-unreserved` of RFC 3261 section 25.1.
    private static let sipUser = alphanumerics.union("-_.!~*'()&=+$,;?/".utf8)
    /// `unreserved` and `nodeallow` of RFC 5122 section 2.2.
    private static let xmppUser = alphanumerics.union("-._~!$()*+,;=".utf8)
    private static let host = alphanumerics.union("-._~[]:".utf8)

    private static func encode(_ text: String, keeping kept: Set<UInt8>) -> String {
        var output = ""
        for byte in text.utf8 {
            if kept.contains(byte) {
                output.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                output += "%" + Hex.encode([byte]).uppercased()
            }
        }
        return output
    }
}
