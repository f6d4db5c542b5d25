import MediaEngine
import Primitives
import SIP

/// Which of our signalling addresses a peer sees.
struct SignallingAddresses: Sendable {
    /// Where every transport listens.
    let listening: [IPAddress]
    let ports: [SIPTransport: UInt16]
    /// What peers outside of `localNetworks` see in the place of ours, one of a family.
    var advertised: [IPAddress] = []
    var localNetworks: [IPNetwork] = []

    /// Our address for talking to `peer`: the listening one of its kind, or the one a wildcard stands for. Nil when we
    /// do not listen on that transport, or have no address of the peer's family.
    func local(towards peer: IPAddress, by transport: SIPTransport) -> SocketAddress? {
        guard let port = ports[transport] else { return nil }
        return host(towards: peer.unmapped).map { SocketAddress($0, port) }
    }

    private func host(towards peer: IPAddress) -> IPAddress? {
        if let outside = advertised(to: peer) { return outside }
        let family = listening.filter { $0.isV6 == peer.isV6 }
        let source = LocalInterfaces.source(towards: peer)
        if let exact = family.first(where: { $0 == source }) { return exact }
        if family.contains(where: \.isUnspecified), let source { return source }
        return family.first { $0.isLoopback == peer.isLoopback } ?? family.first
    }

    /// The address that stands for ours in the peer's eyes; nil when ours is the one it sees.
    func advertised(to peer: IPAddress) -> IPAddress? {
        let peer = peer.unmapped
        guard let address = advertised.first(where: { $0.isV6 == peer.isV6 }) else { return nil }
        return localNetworks.contains { $0.contains(peer) } ? nil : address
    }

    /// The address a datagram or connection came to as the peer sees it: made concrete where it is a wildcard.
    func seen(_ local: SocketAddress, by peer: IPAddress, _ transport: SIPTransport) -> SocketAddress {
        if let outside = advertised(to: peer.unmapped) { return SocketAddress(outside, local.port) }
        guard local.ip.isUnspecified else { return local }
        return self.local(towards: peer, by: transport) ?? local
    }
}
