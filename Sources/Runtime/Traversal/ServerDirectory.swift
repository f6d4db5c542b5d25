import MediaEngine
import NIOCore
import NIOSSL
import Primitives

/// Which STUN and TURN servers there are, where they are, and the connections to those that are not reached by UDP.
/// Not thread-safe: used on the control loop.
final class ServerDirectory {
    private enum Connection {
        case opening(RelayBridge)
        case open(RelayBridge, at: Primitives.SocketAddress)
        case waiting
    }

    let tls: NIOSSLContext?
    private let configured: [ICEServer]
    private var offered: [ICEServer] = []
    private var found: [String: [IPAddress]] = [:]
    private var connections: [String: Connection] = [:]
    /// Wait after a connection that failed, by URI.
    private var patience: [String: TimeAmount] = [:]

    init(_ configured: [ICEServer], tls: NIOSSLContext?) {
        self.configured = configured
        self.tls = tls
    }

    /// Those of the configuration, then those that the XMPP server told.
    var servers: [ICEServer] {
        var seen: Set<String> = []
        return (configured + offered).filter { seen.insert($0.uri).inserted }
    }

    /// What the XMPP server told; what it told before is forgotten.
    func offer(_ servers: [ICEServer]) { offered = servers }

    /// The names that are to be looked up.
    var names: [String] { Set(servers.map(\.host)).filter { IPAddress($0) == nil }.sorted() }

    /// A name that has no addresses keeps those it had.
    func resolved(_ name: String, _ addresses: [IPAddress]) {
        if !addresses.isEmpty { found[name] = addresses }
    }

    private func addresses(of server: ICEServer) -> [IPAddress] {
        IPAddress(server.host).map { [$0] } ?? found[server.host] ?? []
    }

    /// Servers as the media side reaches them; of TURN servers by one address, IPv4 first, as it is that which is
    /// translated.
    var places: [ICEServerAddress] {
        servers.flatMap { server -> [ICEServerAddress] in
            guard server.transport == .udp else {
                guard case .open(_, let address)? = connections[server.uri] else { return [] }
                return [ICEServerAddress(server, at: address)]
            }
            let known = addresses(of: server)
            let one = [known.first { !$0.isV6 }, known.first { $0.isV6 }].compactMap(\.self)
            return one.prefix(server.scheme == .turn ? 1 : 2).map {
                ICEServerAddress(server, at: Primitives.SocketAddress($0, server.port))
            }
        }
    }

    /// Servers to which a connection is to be opened now, and where.
    func unconnected() -> [(server: ICEServer, address: Primitives.SocketAddress)] {
        for (uri, connection) in connections where !servers.contains(where: { $0.uri == uri }) {
            close(connection)
            connections[uri] = nil
        }
        return servers.compactMap { server in
            guard server.transport != .udp, connections[server.uri] == nil else { return nil }
            let known = addresses(of: server)
            guard let ip = known.first(where: { !$0.isV6 }) ?? known.first else { return nil }
            return (server, Primitives.SocketAddress(ip, server.port))
        }
    }

    func opening(_ server: ICEServer, _ bridge: RelayBridge) { connections[server.uri] = .opening(bridge) }

    /// - Returns: false when the connection is not wanted any more.
    func opened(_ server: ICEServer, at address: Primitives.SocketAddress) -> Bool {
        guard case .opening(let bridge)? = connections[server.uri] else { return false }
        connections[server.uri] = .open(bridge, at: address)
        patience[server.uri] = nil
        return true
    }

    /// - Returns: when to try again.
    func closed(_ server: ICEServer) -> TimeAmount {
        connections[server.uri] = .waiting
        let wait = patience[server.uri] ?? .seconds(2)
        patience[server.uri] = min(wait * 2, .seconds(60))
        return wait
    }

    /// The wait after `closed` is over.
    func mayReconnect(_ server: ICEServer) {
        if case .waiting? = connections[server.uri] { connections[server.uri] = nil }
    }

    func closeAll() {
        for connection in connections.values { close(connection) }
        connections = [:]
    }

    private func close(_ connection: Connection) {
        switch connection {
        case .opening(let bridge), .open(let bridge, _): bridge.close()
        case .waiting: break
        }
    }
}
