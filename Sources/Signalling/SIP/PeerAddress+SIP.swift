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
