import MediaDescription
import MediaSecurity
import Primitives
import SIP

/// Calls by SIP: each participant sends an INVITE to its room, acknowledges the 200 and hangs up in the end.
final class SIPCaller: Caller {
    private struct Call {
        var invite: SIPMessage
        var offer: Offer
        var transaction: ClientTransactionID?
        var began: Instant
        var answered: Instant?
        var dialog: Dialog?
        var socket: Int
        var path: SecurePath?
        var agreed: Offer.Agreed?
        var ssrc: UInt32
        var isJoined = false
        var isLeaving = false
    }

    private let options: LoadOptions
    private let pattern: String
    private let pool: SocketPool
    private let link: SIPTransportLink
    private let entropy: Entropy
    private let certificate: Certificate?
    private let media: IPAddress
    private var layer: TransactionLayer
    private var calls: [Int: Call] = [:]
    private var byTransaction: [ClientTransactionID: Int] = [:]
    private var byCallID: [String: Int] = [:]
    private var bySocket: [Int: Int] = [:]
    private var paths = TimerHeap<Int>()
    private var events: [CallEvent] = []

    init(_ options: LoadOptions, target: String, overTCP: Bool, pool: SocketPool, entropy: Entropy) throws(LoadError) {
        self.options = options
        self.pool = pool
        self.entropy = entropy
        guard let uri = SIPURI(Self.address(target, room: 0)),
            let ip = IPAddress(uri.host == "localhost" ? "127.0.0.1" : uri.host)
        else { throw LoadError("the target must be sip:ROOM@ADDRESS[:PORT]") }
        pattern = target
        let remote = SocketAddress(ip, uri.port ?? 5060)
        guard let local = options.localAddress ?? MediaSocket.route(to: remote) else {
            throw LoadError("there is no route to \(remote)")
        }
        media = local
        link = try SIPTransportLink(to: remote, overTCP: overTCP, from: local)
        layer = TransactionLayer(limit: 100_000, entropy: entropy)
        do throws(MediaSecurityError) {
            certificate = options.security == .dtls ? try Certificate() : nil
        } catch {
            throw LoadError("no certificate: \(error)")
        }
    }

    var descriptors: [Int32] { link.isClosed ? [] : [link.descriptor] }
    var isReady: Bool { true }
    var active: Int { calls.count }

    var nextWake: Instant? {
        var times = [layer.nextWake, paths.next].compactMap(\.self)
        if link.wantsToWrite { times.append(.zero) }
        return times.min()
    }

    func takeEvents() -> [CallEvent] {
        defer { events = [] }
        return events
    }

    // MARK: Joining

    func join(_ participant: Int, now: Instant) {
        do throws(LoadError) { try call(participant, now) } catch {
            events.append(.failed(participant: participant, error.description))
        }
    }

    private func call(_ participant: Int, _ now: Instant) throws(LoadError) {
        let room = options.place(of: participant).room
        guard let uri = SIPURI(Self.address(pattern, room: room)) else { throw LoadError("bad room address") }
        let ssrc = entropy.u32() | 1
        let socket: Int
        var path: SecurePath?
        let local: LocalMedia
        if let certificate {
            socket = try pool.own(media)
            let made = SecurePath(
                pool.sockets[socket], number: socket, certificate: certificate, entropy: entropy, now: now)
            path = made
            local = made.local(ssrc: ssrc, cname: "load-\(participant)")
            bySocket[socket] = participant
        } else {
            socket = try pool.shared(participant, media)
            let address = pool.sockets[socket].address
            local = LocalMedia(
                transport: .plain(rtp: address, rtcp: address), ssrc: ssrc, cname: "load-\(participant)")
        }
        let origin = Origin(sessionID: UInt64(ssrc), version: 1, address: media.description)
        let offer = Offer(
            options, options.codec(of: participant), local: local, origin: origin, entropy: entropy)
        var from = NameAddress(
            displayName: "Load \(participant + 1)", SIPURI(user: "load-\(participant + 1)", host: media.description))
        from.tag = entropy.token(10)
        var invite = SIPMessage(
            .invite, uri, from: from, to: NameAddress(uri), callID: entropy.token(20), sequence: 1)
        var contact = SIPURI(
            user: "load-\(participant + 1)", host: media.description, port: link.flow.local?.port)
        if link.flow.transport == .tcp { contact.parameters["transport"] = "tcp" }
        invite.contacts = [NameAddress(contact)]
        invite.set("Allow", "INVITE, ACK, BYE, CANCEL, OPTIONS")
        invite.setBody(Array(SDP.write(offer.description).utf8), type: "application/sdp")
        let id = layer.send(invite, on: link.flow, at: now)
        calls[participant] = Call(
            invite: invite, offer: offer, transaction: id, began: now, socket: socket, path: path, ssrc: ssrc)
        if let id { byTransaction[id] = participant }
        byCallID[invite.callID] = participant
        flush()
    }

    /// The room's number, from 1, in the place of `%d`.
    static func address(_ pattern: String, room: Int) -> String {
        let text = pattern.replacing("%d", with: String(room + 1))
        return text.hasPrefix("sip:") ? text : "sip:" + text
    }

    private func answered(_ participant: Int, _ response: SIPMessage, now: Instant) {
        guard var call = calls[participant] else { return }
        if let dialog = call.dialog {
            // The 200 again: our ACK was lost.
            return layer.sendAcknowledgement(dialog.acknowledgement(of: call.invite.cseq.number), on: link.flow)
        }
        guard let dialog = Dialog(calling: call.invite, response: response) else { return }
        call.dialog = dialog
        call.answered = now
        layer.sendAcknowledgement(dialog.acknowledgement(of: call.invite.cseq.number), on: link.flow)
        events.append(.took(.answer, participant: participant, now - call.began))
        calls[participant] = call
        if call.isLeaving { return hangUp(participant, now) }
        do throws(LoadError) {
            guard let answer = try? SDP.parse(response.body) else { throw LoadError("no usable SDP in the answer") }
            try agree(participant, answer, now)
        } catch {
            events.append(.failed(participant: participant, error.description))
            hangUp(participant, now)
        }
    }

    private func agree(_ participant: Int, _ answer: SessionDescription, _ now: Instant) throws(LoadError) {
        guard var call = calls[participant] else { return }
        let agreed = try call.offer.conclude(answer)
        call.agreed = agreed
        switch agreed.media.transport {
        case .plain(let rtp, _):
            calls[participant] = call
            tellJoined(participant, rtp, agreed.keys)
        case .ice(let remote, let fingerprints, let isDTLSClient):
            let candidates = answer.contents.first { $0.kind == .audio && !$0.isRejected }?.candidates ?? []
            call.path?.agree(remote, fingerprints, isDTLSClient: isDTLSClient, candidates: candidates, now: now)
            calls[participant] = call
            follow(participant, now)
        }
    }

    private func tellJoined(_ participant: Int, _ remote: SocketAddress, _ keys: SRTPKeys?) {
        guard var call = calls[participant], let agreed = call.agreed, !call.isJoined else { return }
        call.isJoined = true
        calls[participant] = call
        events.append(
            .joined(
                Joined(
                    participant: participant, socket: call.socket, remote: remote,
                    payloadType: agreed.media.sendCodec.payloadType, levelID: agreed.levelID, keys: keys,
                    ssrc: call.ssrc)))
    }

    // MARK: ICE and DTLS

    func receive(_ stray: Stray, now: Instant) {
        guard let participant = bySocket[stray.socket] else { return }
        calls[participant]?.path?.receive(stray.bytes, from: stray.source, now: now)
        follow(participant, now)
    }

    private func follow(_ participant: Int, _ now: Instant) {
        guard let call = calls[participant], let path = call.path else { return }
        if let due = path.nextWake { paths.push(due, participant) }
        if let failure = path.failure, !call.isLeaving {
            events.append(.failed(participant: participant, failure))
            return hangUp(participant, now)
        }
        guard !call.isJoined, let keys = path.keys, let remote = path.remote else { return }
        if let answered = call.answered {
            events.append(.took(.secured, participant: participant, now - answered))
        }
        tellJoined(participant, remote, keys)
    }

    // MARK: Leaving

    func leave(_ participant: Int, now: Instant) { hangUp(participant, now) }

    private func hangUp(_ participant: Int, _ now: Instant) {
        guard var call = calls[participant] else { return }
        if var dialog = call.dialog {
            guard !call.isLeaving || call.transaction != nil else { return }
            let bye = dialog.request(.bye)
            call.dialog = dialog
            call.isLeaving = true
            call.transaction = nil
            call.path?.close()
            if let id = layer.send(bye, on: link.flow, at: now) { byTransaction[id] = participant }
        } else if !call.isLeaving {
            call.isLeaving = true
            if let id = call.transaction { layer.cancel(id, at: now) }
        }
        calls[participant] = call
        flush()
    }

    private func forget(_ participant: Int) {
        guard let call = calls.removeValue(forKey: participant) else { return }
        byCallID[call.invite.callID] = nil
        if call.path != nil { bySocket[call.socket] = nil }
    }

    // MARK: SIP

    func readable(_ descriptor: Int32, now: Instant) {
        for message in link.receive() { handle(layer.receive(message, on: link.flow, at: now), now) }
        flush()
        if link.isClosed, !calls.isEmpty {
            for participant in calls.keys {
                events.append(.ended(participant: participant, "the connection was closed"))
                forget(participant)
            }
        }
    }

    func wake(now: Instant) {
        link.pump()
        handle(layer.wake(at: now), now)
        while let participant = paths.pop(dueBy: now) {
            calls[participant]?.path?.wake(now: now)
            follow(participant, now)
        }
        flush()
    }

    private func handle(_ happened: [TransactionEvent], _ now: Instant) {
        for event in happened {
            switch event {
            case .response(let response, let id, _):
                guard let participant = byTransaction[id], let status = response.status, status >= 200 else { continue }
                if id.method == .bye {
                    forget(participant)
                } else if status < 300 {
                    answered(participant, response, now: now)
                } else {
                    if calls[participant]?.isLeaving == false {
                        events.append(
                            .failed(participant: participant, "\(status) \(response.reasonPhrase ?? "")"))
                    }
                    forget(participant)
                }
            case .failed(let id, let failure):
                guard let participant = byTransaction[id] else { continue }
                if calls[participant]?.isLeaving == false {
                    events.append(.failed(participant: participant, "no answer: \(failure)"))
                }
                forget(participant)
            case .request(let request, let id, _): answer(request, id, now)
            case .cancelled, .acknowledged, .unacknowledged: break
            }
        }
    }

    /// Requests of the peer's within our calls.
    private func answer(_ request: SIPMessage, _ id: ServerTransactionID, _ now: Instant) {
        guard let participant = byCallID[request.callID], let call = calls[participant] else {
            return layer.respond(request.response(481), to: id, at: now)
        }
        var response = request.response(200)
        if request.method == .invite {
            // Whatever is offered anew, we stay as we are.
            response.contacts = call.invite.contacts
            response.setBody(Array(SDP.write(call.offer.description).utf8), type: "application/sdp")
        }
        layer.respond(response, to: id, at: now)
        guard request.method == .bye else { return }
        if !call.isLeaving { events.append(.ended(participant: participant, "the server hung up")) }
        forget(participant)
    }

    private func flush() {
        for outgoing in layer.drain() { link.send(outgoing.bytes) }
    }
}
