import Conference
import ICE
import Logging
import MediaDescription
import Primitives

/// Packets that go to TURN servers and come from there.
extension MediaPlane {
    /// A datagram from a server.
    /// - Returns: whether it was one.
    func receiveFromServer(
        _ bytes: [UInt8], from source: SocketAddress, socket: Int, _ now: Instant
    ) -> Bool {
        guard !traversal.isEmpty else { return false }
        for index in traversal.reflexive.indices
        where traversal.reflexive[index].server == source && traversal.reflexive[index].socket == socket {
            let old = traversal.reflexive[index].mapping.mapped
            guard traversal.reflexive[index].mapping.receive(bytes, now: now) else { continue }
            let entry = traversal.reflexive[index]
            if entry.isOffered, let mapped = entry.mapping.mapped, mapped != old {
                logger.info("\(shared[socket].local) is seen as \(mapped) by the STUN server \(source)")
            }
            return true
        }
        guard let index = traversal.relays.firstIndex(where: { $0?.server == source && $0?.socket == socket }) else {
            return false
        }
        act(onRelay: index) { $0.receive(bytes, now: now) }
        return true
    }

    func wakeTraversal(_ now: Instant) {
        guard let due = traversal.nextWake, due <= now else { return }
        for index in traversal.reflexive.indices {
            traversal.reflexive[index].mapping.wake(now: now)
            flush(reflexive: index)
        }
        for index in traversal.relays.indices {
            guard let relay = traversal.relays[index], let due = relay.client.nextWake, due <= now else { continue }
            traversal.relays[index]?.client.credentials = credentials(relay.place.server)
            act(onRelay: index) { $0.wake(now: now) }
        }
    }

    /// Allocations are given back.
    func closeTraversal() {
        for index in traversal.relays.indices {
            traversal.relays[index]?.client.close(now: MonotonicClock.now)
            flush(relay: index)
        }
        traversal = Traversal()
    }

    func flush(reflexive index: Int) {
        let entry = traversal.reflexive[index]
        for packet in traversal.reflexive[index].mapping.drain() {
            packet.withUnsafeBytes { shared[entry.socket].descriptor.send($0, to: entry.server) }
        }
    }

    func flush(relay index: Int) {
        guard let relay = traversal.relays[index] else { return }
        for packet in traversal.relays[index]?.client.drain() ?? [] {
            packet.withUnsafeBytes { shared[relay.socket].descriptor.send($0, to: relay.server) }
        }
    }

    /// Lets a client take an event, sends what it has to send, and follows what it says.
    func act(onRelay index: Int, _ body: (inout TURNClient) -> [TURNEvent]) {
        guard var relay = traversal.relays[index] else { return }
        traversal.relays[index] = nil
        let events = body(&relay.client)
        for case .redirected(let server) in events where !relay.place.isBridged {
            logger.info("the TURN server \(relay.server) sends us to \(server)")
            relay.server = server
        }
        traversal.relays[index] = relay
        flush(relay: index)
        for event in events { follow(event, of: index) }
    }

    private func follow(_ event: TURNEvent, of index: Int) {
        guard let relay = traversal.relays[index] else { return }
        switch event {
        case .allocated(let addresses, _):
            let list = addresses.map(\.description).joined(separator: " and ")
            logger.info("\(list) at the TURN server \(relay.place.server.uri)")
        case .lost(let failure):
            logger.warning("no relay at the TURN server \(relay.place.server.uri): \(failure)")
            traversal.relays[index]?.users = [:]
        case .redirected: tellRelays()
        case .channel(let number, let peer):
            guard let leg = relay.users[peer], let session = legs[leg], session.relay?.serial == relay.serial,
                session.relay?.peer == peer
            else { return }
            session.relay?.channel = number
            routeSelected(session)
        case .refused(let peer):
            guard let leg = relay.users[peer], legs[leg]?.relay?.serial == relay.serial else { return }
            logger.warning("\(leg): no channel to \(peer) at the TURN server \(relay.place.server.uri)")
            self.events.append(.failed(leg, .connectivity))
        case .data(let bytes, let peer): receiveRelayed(bytes, from: peer, by: relay)
        }
    }

    /// STUN and DTLS that a peer sent by way of a relay; media comes by a channel, and to the media threads.
    private func receiveRelayed(_ bytes: [UInt8], from peer: SocketAddress, by relay: Relay) {
        guard let first = bytes.first, first < 64, let base = relay.address(v6: peer.ip.isV6) else { return }
        receive(bytes, from: peer, to: base, MonotonicClock.now)
    }

    /// Sends STUN or DTLS of a leg by the relay whose address is its base.
    func sendRelayed(_ bytes: [UInt8], to peer: SocketAddress, relay index: Int, of session: MediaSession) {
        if !session.relayedHosts.contains(peer.ip) {
            guard session.relayedHosts.count < Traversal.maximumHosts else { return }
            session.relayedHosts.insert(peer.ip)
        }
        let now = MonotonicClock.now
        traversal.relays[index]?.client.send(bytes, to: peer, now: now)
        flush(relay: index)
    }

    /// An agent's candidates as signalling writes them, best first, without those of mappings and relays that are gone.
    func offered(_ agent: ICEAgent) -> [CandidateDescription] {
        let found = Set(traversal.candidates(shared.map(\.local)).map(\.address))
        return advertised(
            agent.localCandidates.filter { $0.kind == .host || found.contains($0.address) }
                .sorted { $0.priority > $1.priority }.map(CandidateDescription.init))
    }

    // MARK: The pair in use

    /// ICE selected a pair whose base is a relayed address.
    func selectRelay(_ index: Int, _ peer: SocketAddress, for session: MediaSession) {
        guard let relay = traversal.relays[index] else { return }
        if session.relay?.serial != relay.serial || session.relay?.peer != peer {
            releaseRelay(session)
            session.relay = RelayUse(index: index, serial: relay.serial, peer: peer)
        }
        traversal.relays[index]?.users[peer] = session.id
        session.relay?.channel = traversal.relays[index]?.client.bind(peer, now: MonotonicClock.now)
        flush(relay: index)
        routeSelected(session)
        logger.debug("\(session.id): media by the relay \(relay.place.server.uri) and \(peer)")
    }

    /// The leg's media goes by no relay any more.
    func releaseRelay(_ session: MediaSession) {
        guard let use = session.relay else { return }
        session.relay = nil
        if let channel = use.channel { forget(.channel(channel, relay: use.index), of: session) }
        guard let relay = relay(use), relay.users[use.peer] == session.id else { return }
        traversal.relays[use.index]?.users[use.peer] = nil
        traversal.relays[use.index]?.client.release(use.peer)
    }

    func relay(_ use: RelayUse) -> Relay? {
        guard traversal.relays.indices.contains(use.index), let relay = traversal.relays[use.index],
            relay.serial == use.serial
        else { return nil }
        return relay
    }

    /// Tells the leg's media thread where its packets go.
    func routeSelected(_ session: MediaSession) {
        guard let selected = session.selected else { return }
        guard let use = session.relay else {
            return tell(session, .route(session.id, .selected(socket: selected.socket, remote: selected.remote)))
        }
        guard let relay = relay(use), let channel = use.channel else { return }
        learn(.channel(channel, relay: use.index), of: session)
        tell(session, .route(session.id, .relayed(socket: relay.socket, server: relay.server, channel: channel)))
    }

    /// The first media thread takes ChannelData from these.
    func tellRelays() { workers[0].tell(.relays(traversal.relays.map { $0?.server ?? SocketAddress(.any4, 0) })) }
}
