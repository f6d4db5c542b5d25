import Conference
import SIP

extension PeerAddress {
    /// The neutral form of a SIP URI: user, host with port, `gr` as the resource. Another scheme's text becomes the
    /// user part.
    init(_ uri: SIPURI) {
        if let opaque = uri.opaque {
            self.init(.sip, user: String(opaque.prefix { $0 != ";" }), host: "\(uri.scheme).invalid")
        } else {
            self.init(.sip, user: uri.user ?? "", host: uri.hostPort, resource: uri.gr)
        }
    }

    /// Whom an `xmpp:` URI (RFC 5122) names, given without its scheme; nil where that is no user.
    init?(xmpp text: some StringProtocol) {
        let bare = text.prefix { $0 != "?" && $0 != ";" && $0 != "/" }
        let parts = bare.split(separator: "@", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        self.init(.xmpp, user: String(parts[0]), host: parts[1].lowercased())
    }
}

extension SIPURI {
    /// The URI of an address on the SIP side; `gr` where it has a resource.
    init(_ address: PeerAddress) {
        let name = address.hostName
        let port = address.host.utf8.count > name.utf8.count ? UInt16(address.host.dropFirst(name.count + 1)) : nil
        self.init(user: address.user.isEmpty ? nil : address.user, host: name, port: port)
        if let resource = address.resource { parameters["gr"] = resource }
    }
}
