import MediaEngine
import Primitives

/// Which of our signalling addresses a peer sees.
struct SignallingAddresses: Sendable {
    /// Where UDP and TCP listen.
    let listening: [SocketAddress]

    /// Our address for talking to `peer`: the listening one of its kind, or the one a wildcard stands for.
    func local(towards peer: IPAddress) -> SocketAddress? {
        let family = listening.filter { $0.ip.isV6 == peer.isV6 }
        let source = LocalInterfaces.source(towards: peer)
        if let exact = family.first(where: { $0.ip == source }) { return exact }
        if let wildcard = family.first(where: \.ip.isUnspecified), let source {
            return SocketAddress(source, wildcard.port)
        }
        return family.first { $0.ip.isLoopback == peer.isLoopback } ?? family.first
    }

    /// The address a datagram or connection came to, with a wildcard made concrete.
    func concrete(_ local: SocketAddress, peer: IPAddress) -> SocketAddress {
        guard local.ip.isUnspecified else { return local }
        return self.local(towards: peer) ?? local
    }
}
