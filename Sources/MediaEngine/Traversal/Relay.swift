import Conference
import ICE
import Primitives

/// A TURN server in use, from one of the shared sockets; all calls share its allocation.
struct Relay {
    /// Its login may be changed.
    var place: ICEServerAddress
    let socket: Int
    /// Tells it from another that had its index before.
    let serial: UInt64
    /// Where it is; another than `place` once it has sent us on.
    var server: SocketAddress
    var client: TURNClient
    /// Whose media goes to a peer by it.
    var users: [SocketAddress: LegID] = [:]

    /// Our relayed address of a family.
    func address(v6: Bool) -> SocketAddress? { client.relayed.first { $0.ip.isV6 == v6 } }
}

/// The relay that a leg's media goes by.
struct RelayUse: Hashable {
    let index: Int
    let serial: UInt64
    let peer: SocketAddress
    /// Nil until it is bound.
    var channel: UInt16?
}

extension SocketAddress {
    /// Stands for a channel of a relay wherever packets are told apart by where they come from: in the discard-only
    /// prefix (RFC 6666), from which no packet comes.
    static func channel(_ number: UInt16, relay: Int) -> SocketAddress {
        SocketAddress(.v6(high: 0x0100 << 48, low: UInt64(truncatingIfNeeded: relay)), number)
    }

    var isChannel: Bool { if case .v6(0x0100_0000_0000_0000, _) = ip { true } else { false } }
}
