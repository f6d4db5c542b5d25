import ICE
import Logging
import MediaSecurity
public import Primitives

/// STUN and TURN servers come and go.
extension MediaPlane {
    /// The servers there are from now on: those that stay keep their mappings and allocations (a login that changed holds
    /// for the next one), others are let go.
    public func use(_ servers: [ICEServerAddress]) {
        let now = MonotonicClock.now
        func isKept(_ place: ICEServerAddress) -> Bool {
            servers.contains { $0.address == place.address && $0.server.uri == place.server.uri }
        }
        for index in traversal.relays.indices {
            guard let relay = traversal.relays[index], !isKept(relay.place) else { continue }
            traversal.relays[index]?.client.close(now: now)
            flush(relay: index)
            traversal.relays[index] = nil
        }
        for server in servers where server.server.scheme == .turn {
            let known = traversal.relays.firstIndex {
                $0?.place.address == server.address && $0?.place.server.uri == server.server.uri
            }
            if let known {
                traversal.relays[known]?.place = server
                traversal.relays[known]?.client.credentials = credentials(server.server)
            } else {
                add(server, now)
            }
        }
        useReflexive(servers, now)
        tellRelays()
    }

    /// A TURN server is asked for our mapping as well, which keeps it: a refresh every ten minutes would not.
    private func useReflexive(_ servers: [ICEServerAddress], _ now: Instant) {
        var wanted: [(socket: Int, server: ICEServerAddress)] = []
        for server in servers {
            let sockets = server.server.scheme == .stun ? sockets(towards: server.address) : []
            for socket in sockets + [self.socket(towards: server.address)].compactMap(\.self)
            where !wanted.contains(where: { $0.socket == socket && $0.server.address == server.address }) {
                wanted.append((socket, server))
            }
        }
        wanted = Array(wanted.prefix(Traversal.maximumReflexive))
        traversal.reflexive.removeAll { entry in
            !wanted.contains { $0.socket == entry.socket && $0.server.address == entry.server }
        }
        for (socket, server) in wanted
        where !traversal.reflexive.contains(where: { $0.socket == socket && $0.server == server.address }) {
            var mapping = STUNMapping(entropy: .system, hashing: .openSSL)
            mapping.start(now: now)
            traversal.reflexive.append(
                Reflexive(socket: socket, server: server.address, isOffered: !server.isBridged, mapping: mapping))
            flush(reflexive: traversal.reflexive.count - 1)
        }
    }

    private func add(_ place: ICEServerAddress, _ now: Instant) {
        guard let socket = socket(towards: place.address) else {
            return logger.warning("no media address reaches \(place.server.uri) at \(place.address)")
        }
        let index = traversal.relays.firstIndex { $0 == nil } ?? traversal.relays.count
        guard index < Traversal.maximumRelays else {
            return logger.warning("more than \(Traversal.maximumRelays) TURN servers; \(place.server.uri) is not used")
        }
        if index == traversal.relays.count { traversal.relays.append(nil) }
        traversal.lastSerial += 1
        let client = TURNClient(
            credentials: credentials(place.server), isReliable: place.isBridged, entropy: .system, hashing: .openSSL)
        traversal.relays[index] = Relay(
            place: place, socket: socket, serial: traversal.lastSerial, server: place.address, client: client)
        act(onRelay: index) { $0.start(now: now) }
    }

    func credentials(_ server: ICEServer) -> TURNCredentials {
        switch server.login {
        case .none: TURNCredentials(username: "", password: Redacted(""))
        case .user(let name, let password): TURNCredentials(username: name, password: password)
        case .sharedSecret(let secret, let name):
            // The same for an hour.
            TURNCredentials.timeLimited(
                secret, name: name,
                until: (MonotonicClock.wall.milliseconds / 3_600_000 + 1) * 3600 + Traversal.credentialLifetime,
                hashing: .openSSL)
        }
    }

    /// The shared socket from which the kernel would send there, or one of its family.
    private func socket(towards server: SocketAddress) -> Int? {
        if let ip = LocalInterfaces.source(towards: server.ip),
            let index = shared.firstIndex(where: { $0.local.ip == ip })
        {
            return index
        }
        return shared.firstIndex { $0.local.ip.isV6 == server.ip.isV6 && !$0.local.ip.isLoopback }
            ?? shared.firstIndex { $0.local.ip.isV6 == server.ip.isV6 }
    }

    /// All from which a server of the kind may be reached.
    private func sockets(towards server: SocketAddress) -> [Int] {
        shared.indices.filter {
            shared[$0].local.ip.isV6 == server.ip.isV6 && shared[$0].local.ip.isLoopback == server.ip.isLoopback
        }
    }

    /// What a connection to a TURN server is bridged from, and the only address its datagrams come from; nil when there
    /// is no media address.
    public var bridgeAddress: Primitives.SocketAddress? {
        shared.first { !$0.local.ip.isV6 }?.local ?? shared.first?.local
    }
}
