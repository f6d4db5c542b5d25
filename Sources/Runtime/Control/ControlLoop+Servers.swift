import Logging
import MediaEngine
import NIOCore
import Primitives
import Signalling
import XMPP

/// STUN and TURN servers: looked up, connected to, and asked of the XMPP server.
extension ControlLoop {
    /// How often names are looked up.
    private static let lookUpInterval: TimeAmount = .seconds(300)

    func startServers() {
        lookUpServers()
        lookUp = loop.scheduleRepeatedTask(initialDelay: Self.lookUpInterval, delay: Self.lookUpInterval) { [self] _ in
            assumeIsolated { $0.lookUpServers() }
        }
    }

    /// Allocations are given back while the connections to the servers are still there.
    func stopServers() {
        lookUp?.cancel()
        media.use([])
        servers.closeAll()
    }

    private func lookUpServers() {
        for name in servers.names {
            resolver.addresses(of: name, on: loop).whenSuccess { [self] found in
                assumeIsolated { control in
                    if found.isEmpty { control.logger.warning("\(name), a STUN or TURN server, has no address") }
                    control.servers.resolved(name, found)
                    control.useServers()
                }
            }
        }
        useServers()
    }

    private func useServers() {
        if let near = media.bridgeAddress {
            for (server, address) in servers.unconnected() { connect(server, address, near) }
        }
        media.use(servers.places)
        settle([])
    }

    private func connect(_ server: ICEServer, _ address: Primitives.SocketAddress, _ near: Primitives.SocketAddress) {
        let bridge = RelayBridge(
            loop, to: address, name: server.host, tls: server.transport == .tls ? servers.tls : nil, near: near
        ) { [self] change in
            // Not from within what made the bridge.
            loop.execute { [self] in assumeIsolated { $0.follow(change, of: server) } }
        }
        servers.opening(server, bridge)
    }

    private func follow(_ change: RelayBridge.Change, of server: ICEServer) {
        switch change {
        case .open(let address):
            guard servers.opened(server, at: address) else { return }
        case .closed(let reason):
            logger.warning("no connection to the TURN server \(server.uri): \(reason)")
            loop.scheduleTask(in: servers.closed(server)) { [self] in
                assumeIsolated { control in
                    control.servers.mayReconnect(server)
                    control.useServers()
                }
            }
        }
        useServers()
    }

    // MARK: XEP-0215

    /// - Returns: whether the stanza was about servers.
    func takeExternalServices(_ stanza: XMLElement, _ now: Instant, _ wall: WallTime) -> Bool {
        guard externalServices?.receive(stanza, now: now, wall: wall) == true else { return false }
        followExternalServices()
        return true
    }

    func wakeExternalServices(_ now: Instant, _ wall: WallTime) {
        guard let due = externalServices?.nextWake, due <= now else { return }
        externalServices?.wake(now: now, wall: wall)
        followExternalServices()
    }

    func followExternalServices() {
        for stanza in externalServices?.drain() ?? [] { send(stanza) }
        for notice in externalServices?.drainNotices() ?? [] {
            logger.log(level: .init(notice.level), "xmpp: \(notice.text)")
        }
        guard externalServices?.takeChange() == true else { return }
        servers.offer(ICEServer.list(externalServices?.services ?? []))
        lookUpServers()
    }
}

extension ICEServer {
    /// Those of an XMPP server that are of use. Prosody gives `turns` no credentials: it takes those of `turn` at the host.
    static func list(_ services: [ExternalService]) -> [ICEServer] {
        services.compactMap { service in
            switch service.type {
            case "stun" where service.transport ?? "udp" == "udp":
                return ICEServer(.stun, host: service.host, port: service.port ?? 3478, transport: .udp)
            case "turn", "turns":
                let twin = services.first { $0.type == "turn" && $0.host == service.host && $0.username != nil }
                let login = service.username == nil ? twin : service
                guard let username = login?.username, let password = login?.password else { return nil }
                let isTLS = service.type == "turns"
                let transport: Transport = isTLS ? .tls : service.transport == "tcp" ? .tcp : .udp
                if isTLS, service.transport == "udp" { return nil }
                return ICEServer(
                    .turn, host: service.host, port: service.port ?? (isTLS ? 5349 : 3478), transport: transport,
                    login: .user(username, password: password))
            default: return nil
            }
        }
    }
}
