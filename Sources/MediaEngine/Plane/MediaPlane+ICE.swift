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

    /// STUN and DTLS that the media threads handed up.
    func receiveHandshakes() {
        for worker in workers {
            while worker.nextHandshake({ [self] memory, label in
                guard shared.indices.contains(label.socket) else { return }
                let bytes = Array(memory[..<label.length])
                receive(bytes, from: label.source.address, socket: label.socket, Instant(nanoseconds: label.arrival))
            }) {}
        }
    }

    private func receive(_ bytes: [UInt8], from source: SocketAddress, socket: Int, _ now: Instant) {
        guard let leg = demultiplexer.lookup(bytes, from: source), let session = legs[leg] else {
            logger.debug("a STUN or DTLS packet from \(source) belongs to no call")
            return
        }
        if let first = bytes.first, first < 4 {
            act(on: session) { [shared] agent in
                agent.receive(bytes, from: source, to: shared[socket].local, now: now)
            }
        } else if let dtls = session.dtls {
            follow(dtls.receive(bytes, now: now), of: session)
        }
    }

    /// Does what ICE and DTLS have due.
    public func wake(now: Instant) {
        for session in legs.values {
            guard let due = session.nextWake, due <= now else { continue }
            if let due = session.agent?.nextWake, due <= now { act(on: session) { agent in agent.wake(now: now) } }
            if let dtls = session.dtls, let due = dtls.nextWake, due <= now { follow(dtls.wake(now: now), of: session) }
        }
    }

    public var nextWake: Instant? {
        var next: Instant?
        for session in legs.values {
            if let due = session.nextWake { next = next.map { min($0, due) } ?? due }
        }
        return next
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
            guard let socket = shared.first(where: { $0.local == packet.local }) else { continue }
            packet.bytes.withUnsafeBytes { socket.send($0, to: SocketEndpoint(packet.remote)) }
        }
        for event in happened { follow(event, of: session) }
    }

    private func follow(_ event: ICEEvent, of session: MediaSession) {
        switch event {
        case .learned(let address, let isProven):
            guard demultiplexer.learn(address, session.id, isProven: isProven) else { return }
            session.learned.append(address)
            learn(address, of: session)
        case .selected(let pair):
            guard let socket = shared.firstIndex(where: { $0.local == pair.local.base }) else { return }
            session.selected = (socket, pair.remote.address)
            tell(session, .route(session.id, .selected(socket: socket, remote: pair.remote.address)))
            logger.debug("\(session.id): media by \(pair.local.base) and \(pair.remote.address)")
        case .connected:
            if let dtls = session.dtls { follow(dtls.start(now: MonotonicClock.now), of: session) }
        case .failed(let failure):
            logger.info("\(session.id): ICE failed, \(failure)")
            events.append(.failed(session.id, .connectivity))
        case .roleChanged: break
        }
    }

    /// Packets from the address are this leg's from now on.
    func learn(_ address: SocketAddress, of session: MediaSession) {
        guard let worker = session.worker else { return }
        tell(session, .route(session.id, .alias(address)))
        if worker != 0 { _ = workers[0].tell(.forward(address, worker: worker)) }
    }

    private func follow(_ outcome: DTLSOutcome, of session: MediaSession) {
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

    /// Sends DTLS on the selected pair; without one it is lost, and DTLS repeats it.
    func send(_ datagrams: [[UInt8]], of session: MediaSession) {
        guard let (socket, remote) = session.selected else { return }
        for datagram in datagrams {
            datagram.withUnsafeBytes { shared[socket].send($0, to: SocketEndpoint(remote)) }
        }
    }

    func secure(_ session: MediaSession, _ keys: SRTPKeys) {
        guard session.worker != nil else { return }
        do {
            let pair = SRTPPair(
                outbound: try SRTPSession(sending: keys), inbound: try SRTPSession(receiving: keys))
            tell(session, .secure(session.id, pair))
        } catch {
            logger.error("\(session.id): SRTP cannot be set up, \(error)")
            events.append(.failed(session.id, .insecure))
        }
    }
}
