public import Conference
import ICE
import Logging
import Media
public import MediaDescription
import MediaSecurity
public import Primitives

extension MediaPlane: MediaService {
    public func openPlain(_ leg: LegID, towards peer: IPAddress) throws(MediaUnavailable) -> LocalMedia {
        if let session = legs[leg] { return session.local }
        guard let ip = LocalInterfaces.source(towards: peer) else {
            throw MediaUnavailable(reason: "no local address reaches \(peer)")
        }
        let (rtp, rtcp) = try ports.open(on: ip)
        let local = LocalMedia(
            transport: .plain(rtp: rtp.local, rtcp: rtcp.local), ssrc: Entropy.system.u32(),
            cname: Entropy.system.token(16), cryptos: SDESCrypto.fresh(.system),
            fingerprint: Fingerprint(hash: "sha-256", bytes: certificate.fingerprint))
        legs[leg] = MediaSession(leg, local: local, sockets: .own(rtp: rtp, rtcp: rtcp))
        return local
    }

    public func openICE(_ leg: LegID, isControlling: Bool) throws(MediaUnavailable) -> LocalMedia {
        if let session = legs[leg] { return session.local }
        guard !shared.isEmpty else { throw MediaUnavailable(reason: "no address to offer for media") }
        let now = MonotonicClock.now
        var credentials = ICECredentials.random(.system)
        while !demultiplexer.register(ufrag: credentials.ufrag, leg) { credentials = .random(.system) }
        var agent = ICEAgent(
            credentials: credentials, role: isControlling ? .controlling : .controlled, entropy: .system,
            hashing: .openSSL)
        for (index, socket) in shared.enumerated() {
            _ = agent.addLocalCandidate(.host(socket.local, index: index), now: now)
        }
        for candidate in traversal.candidates(shared.map(\.local)) {
            _ = agent.addLocalCandidate(candidate, now: now)
        }
        let local = LocalMedia(
            transport: .ice(
                ICEParameters(ufrag: credentials.ufrag, pwd: credentials.pwd),
                candidates: offered(agent),
                fingerprint: Fingerprint(hash: "sha-256", bytes: certificate.fingerprint)),
            ssrc: Entropy.system.u32(), cname: Entropy.system.token(16))
        legs[leg] = MediaSession(leg, local: local, sockets: .shared, agent: agent)
        return local
    }

    public func agree(_ leg: LegID, _ media: AgreedMedia) {
        guard let session = legs[leg] else { return }
        session.agree(media)
        switch media.transport {
        case .plain(let rtp, let rtcp):
            if let dtls = media.dtls {
                agreeDirect(session, media, dtls, rtp: rtp, rtcp: rtcp)
                break
            }
            session.direct = nil
            secure(session, media.sdes)
            tell(session, .route(leg, .signalled(rtp: rtp, rtcp: media.rtcpMux ? nil : rtcp)))
        case .ice(let remote, let fingerprints, let isDTLSClient):
            agreeICE(session, remote, fingerprints, isDTLSClient: isDTLSClient)
        }
        if session.mix != nil, let settings = session.settings { tell(session, .update(leg, settings)) }
    }

    public func addCandidates(_ leg: LegID, _ candidates: [CandidateDescription]) {
        guard let session = legs[leg], session.agent != nil else { return }
        guard session.agreed != nil else {
            session.early.append(contentsOf: candidates.prefix(MediaSession.maximumEarly - session.early.count))
            return
        }
        let known = candidates.compactMap(Candidate.init)
        act(on: session) { agent in agent.addRemoteCandidates(known, now: MonotonicClock.now) }
    }

    public func close(_ leg: LegID) {
        guard let session = legs.removeValue(forKey: leg) else { return }
        demultiplexer.remove(leg)
        names.cancel(leg)
        if let dtls = session.dtls { send(dtls.close().datagrams, of: session) }
        closeDirect(session)
        releaseRelay(session)
        leaveMix(session)
        guard let worker = session.worker else { return events.append(.closed(leg, session.record(nil))) }
        closing[leg] = session
        if worker != 0 { for address in session.learned { workers[0].tell(.forget(address)) } }
        tell(session, .close(leg))
    }

    /// Lets a leg hear and be heard.
    public func connect(_ leg: LegID, _ mix: MixID) {
        guard let session = legs[leg], let settings = session.settings, session.mix != mix else { return }
        leaveMix(session)
        let place = mixes[mix] ?? MixPlace(worker: session.worker ?? leastBusyWorker)
        let media: MediaLeg
        do {
            media = try MediaLeg(settings, clock: clock, seed: Entropy.system.u64(), configuration: self.settings.mix)
        } catch {
            events.append(.failed(leg, .failed("\(error)")))
            return
        }
        session.mix = mix
        mixes[mix, default: place].legs.insert(leg)
        population[place.worker] += 1
        if let worker = session.worker, worker != place.worker {
            move(session, to: place.worker)
        } else {
            if session.transit == nil { place.transit?.take(session) }
            if session.worker == nil { settle(session, on: place.worker) }
        }
        tell(session, .join(leg, mix, media))
        if relaying.contains(mix) { tell(session, .relay(mix, true)) }
    }

    public func disconnect(_ leg: LegID) {
        guard let session = legs[leg] else { return }
        leaveMix(session)
        tell(session, .leave(leg))
    }

    private func leaveMix(_ session: MediaSession) {
        guard let mix = session.mix else { return }
        session.mix = nil
        guard let worker = mixes[mix]?.worker else { return }
        population[worker] -= 1
        mixes[mix]?.legs.remove(session.id)
        guard mixes[mix]?.legs.isEmpty ?? false else { return }
        mixes[mix] = nil
        relaying.remove(mix)
    }

    private var leastBusyWorker: Int { population.indices.min { population[$0] < population[$1] } ?? 0 }

    /// The worker gets the leg, and all that was settled before there was a worker.
    private func settle(_ session: MediaSession, on worker: Int) {
        session.worker = worker
        tell(session, .open(session.id, session.sockets))
        if case .plain(let rtp, let rtcp)? = session.agreed?.transport, session.direct == nil {
            let mux = session.agreed?.rtcpMux ?? false
            tell(session, .route(session.id, .signalled(rtp: rtp, rtcp: mux ? nil : rtcp)))
        }
        for address in session.learned { direct(address, to: session) }
        routeSelected(session)
        if let keys = session.keys { secure(session, keys) }
        startDirect(session)
    }

    /// Nothing is lost before there is a worker: `settle` says it all again.
    func tell(_ session: MediaSession, _ command: consuming WorkerCommand) {
        if let transit = session.transit {
            transit.waiting.push(command)
        } else if let worker = session.worker {
            workers[worker].tell(command)
        }
    }
}
