import Jingle
import MediaDescription
import MediaSecurity
import Primitives
import XMPP

/// Calls by Jingle: each participant is a user of the server played here, who proposes a session to the room
/// (XEP-0353), initiates it once the room proceeds (XEP-0166), and terminates it in the end.
final class JingleCaller: Caller {
    private struct Call {
        var jmi: JMISession
        var session: JingleSession?
        var offer: Offer?
        var path: SecurePath
        var agreed: Offer.Agreed?
        var ssrc: UInt32
        var began: Instant
        var initiated: Instant?
        var answered: Instant?
        var isJoined = false
    }

    private let options: LoadOptions
    private let domain: String
    private let room: String
    /// Where the callers are at home: the domain above the component's, whose users are nobody's guests.
    private let users: String
    private let pool: SocketPool
    private let entropy: Entropy
    private let host: ComponentHost
    private let certificate: Certificate
    private let media: IPAddress
    private var calls: [Int: Call] = [:]
    private var bySID: [String: Int] = [:]
    private var bySocket: [Int: Int] = [:]
    private var paths = TimerHeap<Int>()
    private var events: [CallEvent] = []
    private var count: UInt64 = 0

    init(
        _ options: LoadOptions, listen: SocketAddress, secret: Redacted<String>, domain: String, room: String,
        pool: SocketPool, entropy: Entropy
    ) throws(LoadError) {
        self.options = options
        self.domain = domain
        self.room = room
        users = domain.firstIndex(of: ".").map { String(domain[domain.index(after: $0)...]) } ?? domain
        self.pool = pool
        self.entropy = entropy
        media = options.localAddress ?? (listen.ip.isUnspecified ? .loopback4 : listen.ip)
        host = try ComponentHost(listen, secret: secret, entropy: entropy)
        do throws(MediaSecurityError) { certificate = try Certificate() } catch {
            throw LoadError("no certificate: \(error)")
        }
    }

    var descriptors: [Int32] { host.descriptors }
    var isReady: Bool { host.isConnected(domain) }
    var active: Int { calls.count }
    var nextWake: Instant? { host.wantsToWrite ? .zero : paths.next }

    func takeEvents() -> [CallEvent] {
        defer { events = [] }
        return events
    }

    // MARK: Joining

    func join(_ participant: Int, now: Instant) {
        do throws(LoadError) { try propose(participant, now) } catch {
            events.append(.failed(participant: participant, error.description))
        }
    }

    private func propose(_ participant: Int, _ now: Instant) throws(LoadError) {
        let name = room.replacing("%d", with: String(options.place(of: participant).room + 1))
        guard let local = JID(local: "load-\(participant + 1)", domain: users, resource: "load"),
            let peer = JID(local: name, domain: domain)
        else { throw LoadError("bad room or domain") }
        let socket = try pool.own(media)
        let path = SecurePath(
            pool.sockets[socket], number: socket, certificate: certificate, entropy: entropy, now: now)
        let sid = entropy.uuid()
        let (jmi, stanza) = JMISession.propose(id: sid, from: local, to: peer, media: [.audio])
        calls[participant] = Call(jmi: jmi, path: path, ssrc: entropy.u32() | 1, began: now)
        bySID[sid] = participant
        bySocket[socket] = participant
        host.send(stanza)
    }

    private func initiate(_ participant: Int, to peer: JID, _ now: Instant) {
        guard var call = calls[participant], call.session == nil else { return }
        let offer = Offer(
            options, local: call.path.local(ssrc: call.ssrc, cname: "load-\(participant)"), origin: nil,
            entropy: entropy)
        let (session, request) = JingleSession.initiate(
            sid: call.jmi.id, from: call.jmi.local, to: peer, offer: offer.description)
        call.session = session
        call.offer = offer
        call.initiated = now
        calls[participant] = call
        events.append(.took(.proceed, participant: participant, now - call.began))
        send(request, of: session)
    }

    private func accepted(_ participant: Int, _ answer: SessionDescription, _ now: Instant) {
        guard var call = calls[participant], let offer = call.offer else { return }
        if let initiated = call.initiated { events.append(.took(.answer, participant: participant, now - initiated)) }
        call.answered = now
        do throws(LoadError) {
            let agreed = try offer.conclude(answer)
            guard case .ice(let remote, let fingerprints, let isDTLSClient) = agreed.media.transport else {
                throw LoadError("the answer has no ICE")
            }
            call.agreed = agreed
            let candidates = answer.contents.first { $0.kind == .audio }?.candidates ?? []
            call.path.agree(remote, fingerprints, isDTLSClient: isDTLSClient, candidates: candidates, now: now)
            calls[participant] = call
            follow(participant, now)
        } catch {
            calls[participant] = call
            fail(participant, error.description, now)
        }
    }

    // MARK: ICE and DTLS

    func receive(_ stray: Stray, now: Instant) {
        guard let participant = bySocket[stray.socket] else { return }
        calls[participant]?.path.receive(stray.bytes, from: stray.source, now: now)
        follow(participant, now)
    }

    private func follow(_ participant: Int, _ now: Instant) {
        guard var call = calls[participant] else { return }
        if let due = call.path.nextWake { paths.push(due, participant) }
        if let failure = call.path.failure { return fail(participant, failure, now) }
        guard !call.isJoined, let agreed = call.agreed, let keys = call.path.keys, let remote = call.path.remote else {
            return
        }
        call.isJoined = true
        calls[participant] = call
        if let answered = call.answered { events.append(.took(.secured, participant: participant, now - answered)) }
        events.append(
            .joined(
                Joined(
                    participant: participant, socket: call.path.socketNumber, remote: remote,
                    payloadType: agreed.media.sendCodec.payloadType, levelID: agreed.levelID, keys: keys,
                    ssrc: call.ssrc)))
    }

    // MARK: Leaving

    func leave(_ participant: Int, now: Instant) { terminate(participant, JingleReason(.success)) }

    private func fail(_ participant: Int, _ reason: String, _ now: Instant) {
        guard let call = calls[participant] else { return }
        events.append(
            call.isJoined
                ? .ended(participant: participant, reason) : .failed(participant: participant, reason))
        terminate(participant, JingleReason(.failedTransport))
    }

    private func terminate(_ participant: Int, _ reason: JingleReason) {
        guard var call = calls[participant] else { return }
        if var session = call.session {
            if let request = session.terminate(reason) { send(request, of: session) }
            if let stanza = call.jmi.finish(reason) { host.send(stanza) }
        } else if let stanza = call.jmi.retract(JingleReason(.cancel)) {
            host.send(stanza)
        }
        call.path.close()
        forget(participant, call)
    }

    private func forget(_ participant: Int, _ call: Call) {
        calls[participant] = nil
        bySID[call.jmi.id] = nil
        bySocket[call.path.socketNumber] = nil
    }

    /// The peer ended the call.
    private func ended(_ participant: Int, _ reason: JingleReason?) {
        guard let call = calls[participant] else { return }
        let text = reason.map { $0.condition.rawValue + ($0.text.map { ": " + $0 } ?? "") } ?? "no reason"
        events.append(
            call.isJoined ? .ended(participant: participant, text) : .failed(participant: participant, text))
        forget(participant, call)
    }

    // MARK: XMPP

    func readable(_ descriptor: Int32, now: Instant) {
        for stanza in host.readable(descriptor) { take(stanza, now) }
    }

    func wake(now: Instant) {
        host.pump()
        while let participant = paths.pop(dueBy: now) {
            calls[participant]?.path.wake(now: now)
            follow(participant, now)
        }
    }

    private func take(_ stanza: XMLElement, _ now: Instant) {
        if stanza.isIQRequest { return answer(stanza, now) }
        if stanza.isIQ {
            // Only an error to a request of ours says anything.
            guard stanza.type == "error", let user = stanza.to?.local, let number = Int(user.dropFirst(5)) else {
                return
            }
            return fail(number - 1, "\(stanza.stanzaError?.condition.rawValue ?? "an IQ error")", now)
        }
        guard let message = JMIMessage(stanza), let from = stanza.from, let participant = bySID[message.id],
            var call = calls[participant]
        else { return }
        let outcome = call.jmi.receive(message, from: from)
        calls[participant] = call
        for stanza in outcome.stanzas { host.send(stanza) }
        switch outcome.event {
        case .proceed(let peer): initiate(participant, to: peer, now)
        case .ended(let reason): ended(participant, reason)
        case .ringing, nil: break
        }
    }

    /// Requests of the component's: Jingle, pings, and what nobody here can do.
    private func answer(_ iq: XMLElement, _ now: Instant) {
        guard let payload = iq.payload, payload.matches("jingle", Namespace.jingle) else {
            if iq.payload?.matches("ping", Namespace.ping) == true { return host.send(iq.result()) }
            if let error = iq.errorReply(StanzaError(.serviceUnavailable)) { host.send(error) }
            return
        }
        guard let element = try? JingleElement(payload), let participant = bySID[element.sid],
            var call = calls[participant], var session = call.session, iq.from == session.peer
        else {
            if let error = iq.errorReply(StanzaError(.itemNotFound)) { host.send(error) }
            return
        }
        let outcome = session.receive(element)
        call.session = session
        calls[participant] = call
        // An error is possible only for what Confab and its like never send.
        host.send(iq.result())
        for request in outcome.requests { send(request, of: session) }
        for event in outcome.events {
            switch event {
            case .accepted(let answer): accepted(participant, answer, now)
            case .candidates(let candidates):
                calls[participant]?.path.add(candidates, now: now)
                follow(participant, now)
            case .ended(let reason): ended(participant, reason)
            case .ringing, .direction, .key, .restarted, .flooded, .transfer: break
            }
        }
    }

    private func send(_ element: JingleElement, of session: JingleSession) {
        count += 1
        host.send(
            XMLElement.iq(from: session.local, to: session.peer, type: "set", id: "load-\(count)") { element.xml })
    }
}
