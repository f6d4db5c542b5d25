import Conference
import ICE
import Logging
import MediaDescription
import MediaSecurity
public import Primitives

extension MediaPlane {
    /// The peer's credentials are known: checks may begin, and DTLS may be expected.
    func agreeICE(
        _ session: MediaSession, _ remote: ICEParameters, _ fingerprints: [Fingerprint], isDTLSClient: Bool
    ) {
        let now = MonotonicClock.now
        let expected = fingerprints.map { CertificateFingerprint(hash: $0.hash, bytes: $0.bytes) }
        if session.dtls == nil {
            do {
                session.dtls = try DTLSConnection(
                    role: isDTLSClient ? .client : .server, certificate: certificate, fingerprints: expected)
            } catch {
                events.append(.failed(session.id, .failed(error.reason)))
                return
            }
        }
        let early = session.early.compactMap(Candidate.init)
        session.early = []
        act(on: session) { agent in
            agent.setRemote(ICECredentials(ufrag: remote.ufrag, pwd: remote.pwd), isLite: remote.isLite, now: now)
                + agent.addRemoteCandidates(early, now: now)
        }
    }

    /// STUN and DTLS that the media threads handed up; after a good many the others on the control loop get their turn.
    func receiveHandshakes() {
        for worker in workers {
            var left = 256
            while left > 0, let (memory, label) = worker.nextHandshake() {
                let bytes = Array(memory[..<label.length])
                worker.dropHandshake()
                left -= 1
                if let component = label.component {
                    receiveDirect(
                        bytes, component, of: LegID(label.leg), from: label.source, Instant(nanoseconds: label.arrival))
                }
                guard shared.indices.contains(label.socket) else { continue }
                let arrival = Instant(nanoseconds: label.arrival)
                if receiveFromServer(bytes, from: label.source, socket: label.socket, arrival) { continue }
                receive(bytes, from: label.source, to: shared[label.socket].local, arrival)
            }
            if left == 0 { bell.ring() }
        }
    }

    /// - Parameter base: the address of ours it came to.
    func receive(_ bytes: [UInt8], from source: SocketAddress, to base: SocketAddress, _ now: Instant) {
        guard let leg = demultiplexer.lookup(bytes, from: source), let session = legs[leg] else {
            strangers.note(at: now, logger) { "a STUN or DTLS packet from \(source) belongs to no call" }
            return
        }
        if let first = bytes.first, first < 4 {
            act(on: session) { agent in agent.receive(bytes, from: source, to: base, now: now) }
        } else if let dtls = session.dtls {
            follow(dtls.receive(bytes, now: now), of: session)
        }
    }

    /// Does what ICE and DTLS have due.
    public func wake(now: Instant) {
        weighWorkers(now)
        listenForSilence(now)
        wakeTraversal(now)
        for leg in legs.takeDue(by: now) {
            guard let session = legs[leg] else { continue }
            if let due = session.agent?.nextWake, due <= now { act(on: session) { agent in agent.wake(now: now) } }
            if let dtls = session.dtls, let due = dtls.nextWake, due <= now { follow(dtls.wake(now: now), of: session) }
            wakeDirect(session, now)
            schedule(session)
        }
    }

    public var nextWake: Instant? {
        let due = [legs.nextWake, traversal.nextWake].compactMap(\.self).min()
        guard !mixes.isEmpty else { return due }
        return [due, workers.count > 1 ? balance.next : nil, settings.timeout == nil ? nil : nextListening]
            .compactMap(\.self).min()
    }

    /// To be called whenever a leg's agent or DTLS connection has done something.
    func schedule(_ session: MediaSession) {
        if legs[session.id] === session { legs.arm(session.id) }
    }

    /// Lets the agent take an event, sends what it has to send, and follows what it says.
    func act(on session: MediaSession, _ body: (inout ICEAgent) -> [ICEEvent]) {
        guard var agent = session.agent else { return }
        session.agent = nil
        let happened = body(&agent)
        let packets = agent.drain()
        session.agent = agent
        for packet in packets {
            demultiplexer.sent(packet.bytes, session.id)
            guard let socket = shared.first(where: { $0.local == packet.local }) else {
                if let relay = traversal.relay(base: packet.local) {
                    sendRelayed(packet.bytes, to: packet.remote, relay: relay, of: session)
                }
                continue
            }
            packet.bytes.withUnsafeBytes { socket.descriptor.send($0, to: packet.remote) }
        }
        for event in happened { follow(event, of: session) }
        schedule(session)
    }

    private func follow(_ event: ICEEvent, of session: MediaSession) {
        switch event {
        case .learned(let address, let isProven):
            let owner = demultiplexer.lookup(address)
            guard demultiplexer.learn(address, session.id, isProven: isProven) else { return }
            if let owner, owner != session.id, let other = legs[owner] { forget(address, of: other) }
            learn(address, of: session)
        case .selected(let pair):
            let socket = shared.firstIndex { $0.local == pair.local.base }
            let relay = socket == nil ? traversal.relay(base: pair.local.base) : nil
            guard let place = socket ?? relay.flatMap({ traversal.relays[$0]?.socket }) else { return }
            session.selected = (place, pair.remote.address)
            learn(pair.remote.address, of: session)
            if let relay {
                selectRelay(relay, pair.remote.address, for: session)
            } else {
                releaseRelay(session)
                routeSelected(session)
            }
            send(session.flight.take(), of: session)
            logger.debug("\(session.id): media by \(pair.local.base) and \(pair.remote.address)")
        case .connected:
            if let dtls = session.dtls { follow(dtls.start(now: MonotonicClock.now), of: session) }
        case .failed(let failure):
            logger.info("\(session.id): ICE failed, \(failure)")
            events.append(.failed(session.id, .connectivity))
        case .refused(let source, let code):
            strangers.note(at: MonotonicClock.now, logger) {
                "\(session.id): a STUN check from \(source) was refused with \(code)"
            }
        case .roleChanged: break
        }
    }

    /// Packets from the address are this leg's from now on.
    func learn(_ address: SocketAddress, of session: MediaSession) {
        guard !session.learned.contains(address) else { return }
        if session.learned.count >= MediaSession.maximumLearned,
            let oldest = session.learned.first(where: { $0 != session.selected?.remote && !$0.isChannel })
        {
            forget(oldest, of: session)
        }
        session.learned.append(address)
        direct(address, to: session)
    }

    /// Tells the media threads of an address that was learned.
    func direct(_ address: SocketAddress, to session: MediaSession) {
        guard let worker = session.worker else { return }
        tell(session, .route(session.id, .alias(address)))
        // While the leg moves, whoever has its packets passes them on.
        if worker != 0, session.transit == nil { workers[0].tell(.forward(address, worker: worker)) }
    }

    /// Packets from the address are no longer this leg's; to be called before they are another's.
    func forget(_ address: SocketAddress, of session: MediaSession) {
        session.learned.removeAll { $0 == address }
        guard let worker = session.worker else { return }
        tell(session, .route(session.id, .notMine(address)))
        if worker != 0 { workers[0].tell(.forget(address)) }
    }

    private func follow(_ outcome: DTLSOutcome, of session: MediaSession) {
        defer { schedule(session) }
        send(outcome.datagrams, of: session)
        guard outcome.changed else { return }
        switch outcome.state {
        case .connected(let keys):
            session.keys = keys
            secure(session, keys)
        case .failed(let failure):
            logger.warning("\(session.id): DTLS failed, \(failure)")
            events.append(.failed(session.id, .insecure))
        case .closed:
            events.append(.failed(session.id, .hangup))
        case .handshaking: break
        }
    }

    /// Sends DTLS on the selected pair; without one it waits for it: the peer may have a pair before we do.
    func send(_ datagrams: [[UInt8]], of session: MediaSession) {
        guard let (socket, remote) = session.selected else { return session.flight.hold(datagrams) }
        if let use = session.relay {
            guard relay(use) != nil else { return }
            for datagram in datagrams { sendRelayed(datagram, to: remote, relay: use.index, of: session) }
            return
        }
        for datagram in datagrams {
            datagram.withUnsafeBytes { shared[socket].descriptor.send($0, to: remote) }
        }
    }

    /// - Parameter keepsOutbound: the worker has a state for what is sent, which goes on.
    func secure(_ session: MediaSession, _ keys: SRTPKeys, keepsOutbound: Bool = false) {
        guard session.worker != nil else { return }
        do {
            let pair = SRTPPair(
                outbound: keepsOutbound
                    ? nil : try SRTPSession(sending: keys, control: session.controlKeys, backend: settings.srtp),
                inbound: try SRTPSession(receiving: keys, control: session.controlKeys, backend: settings.srtp))
            tell(session, .secure(session.id, pair))
        } catch {
            logger.error("\(session.id): SRTP cannot be set up, \(error)")
            events.append(.failed(session.id, .insecure))
        }
    }
}
