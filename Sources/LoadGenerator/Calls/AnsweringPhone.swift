import MediaDescription
import MediaSecurity
import Primitives
import SIP

/// The phone of an account: registers, and answers each call for the participant after the one who calls, as its `From`
/// tells.
final class AnsweringPhone: Caller {
    private struct Call {
        var dialog: Dialog
        var joined: Joined
        var isJoined = false
        var isLeaving = false
    }

    private let options: LoadOptions
    private let account: SIPURI
    private let user: DigestUser
    private let pool: SocketPool
    private let link: SIPTransportLink
    private let entropy: Entropy
    private let media: IPAddress
    private var layer: TransactionLayer
    private var digest: DigestClient?
    private var registration: SIPMessage
    private var failure: String?
    private(set) var isReady = false
    private var calls: [Int: Call] = [:]
    private var byCallID: [String: Int] = [:]
    private var leaving: [ClientTransactionID: Int] = [:]
    private var events: [CallEvent] = []

    init(
        _ options: LoadOptions, account: String, password: Redacted<String>, pool: SocketPool, entropy: Entropy
    ) throws(LoadError) {
        self.options = options
        self.pool = pool
        self.entropy = entropy
        guard let uri = SIPURI(SIPCaller.address(account, room: 0)), let name = uri.user, let ip = IPAddress(uri.host)
        else { throw LoadError("the target must be sip:ACCOUNT@ADDRESS[:PORT]") }
        self.account = uri
        user = DigestUser(name: name, password: password)
        let remote = SocketAddress(ip, uri.port ?? 5060)
        guard let local = options.localAddress ?? MediaSocket.route(to: remote) else {
            throw LoadError("there is no route to \(remote)")
        }
        media = local
        link = try SIPTransportLink(to: remote, overTCP: false, from: local)
        layer = TransactionLayer(limit: 100_000, entropy: entropy)
        var from = NameAddress(uri)
        from.tag = entropy.token(10)
        registration = SIPMessage(
            .register, SIPURI(user: nil, host: uri.host, port: uri.port), from: from, to: NameAddress(uri),
            callID: entropy.token(20), sequence: 1)
        registration.contacts = [contact]
        registration.set("Expires", "3600")
        _ = layer.send(registration, on: link.flow, at: MonotonicClock.now)
        flush()
    }

    private var contact: NameAddress {
        NameAddress(SIPURI(user: account.user, host: media.description, port: link.flow.local?.port))
    }

    var descriptors: [Int32] { [link.descriptor] }
    var nextWake: Instant? { layer.nextWake }
    var active: Int { calls.count }

    func takeEvents() -> [CallEvent] {
        defer { events = [] }
        return events
    }

    /// It is called.
    func join(_ participant: Int, now: Instant) {
        if let failure { events.append(.failed(participant: participant, failure)) }
    }

    func leave(_ participant: Int, now: Instant) {
        guard var call = calls[participant], !call.isLeaving else { return }
        call.isLeaving = true
        let bye = call.dialog.request(.bye)
        calls[participant] = call
        if let id = layer.send(bye, on: link.flow, at: now) { leaving[id] = participant }
        flush()
    }

    func receive(_ stray: Stray, now: Instant) {}

    func readable(_ descriptor: Int32, now: Instant) {
        for message in link.receive() { handle(layer.receive(message, on: link.flow, at: now), now) }
        flush()
    }

    func wake(now: Instant) {
        handle(layer.wake(at: now), now)
        flush()
    }

    private func handle(_ happened: [TransactionEvent], _ now: Instant) {
        for event in happened {
            switch event {
            case .response(let response, let id, _) where id.method == .register: registered(response, now)
            case .response(let response, let id, _):
                if (response.status ?? 0) >= 200, let participant = leaving.removeValue(forKey: id) {
                    forget(participant)
                }
            case .failed(let id, let why):
                if id.method == .register { failure = "not registered: \(why)" }
                if let participant = leaving.removeValue(forKey: id) { forget(participant) }
            case .request(let request, let id, _): answer(request, id, now)
            case .acknowledged(let ack, _): acknowledged(ack.callID)
            case .cancelled, .unacknowledged: break
            }
        }
    }

    private func registered(_ response: SIPMessage, _ now: Instant) {
        guard let status = response.status, status >= 200 else { return }
        if status < 300 { return isReady = true }
        guard status == 401, digest == nil,
            var client = DigestClient(answering: response, as: user, entropy: entropy)
        else { return failure = "not registered: \(status) \(response.reasonPhrase ?? "")" }
        registration.cseq.number += 1
        client.sign(&registration, .openSSL)
        digest = client
        _ = layer.send(registration, on: link.flow, at: now)
    }

    // MARK: Calls

    private func answer(_ request: SIPMessage, _ id: ServerTransactionID, _ now: Instant) {
        if request.method == .invite, request.to.tag == nil {
            do throws(LoadError) { try take(request, id, now) } catch {
                layer.respond(request.response(488), to: id, at: now)
            }
            return
        }
        if request.method == .ack { return acknowledged(request.callID) }
        guard let participant = byCallID[request.callID], let call = calls[participant] else {
            return layer.respond(request.response(481), to: id, at: now)
        }
        layer.respond(request.response(request.method == .bye ? 200 : 405), to: id, at: now)
        guard request.method == .bye else { return }
        if !call.isLeaving { events.append(.ended(participant: participant, "the server hung up")) }
        forget(participant)
    }

    private func take(_ invite: SIPMessage, _ id: ServerTransactionID, _ now: Instant) throws(LoadError) {
        guard let caller = invite.from.uri.user?.split(separator: "-").last.flatMap({ Int($0) }), caller > 0,
            caller < options.participants, let tag = layer.tag(of: id),
            let dialog = Dialog(answering: invite, tag: tag), let offer = try? SDP.parse(invite.body)
        else { throw LoadError("no call of ours") }
        // The caller's number is told from 1.
        let participant = caller
        let socket = try pool.shared(participant, media)
        let address = pool.sockets[socket].address
        let ssrc = entropy.u32() | 1
        let local = LocalMedia(
            transport: .plain(rtp: address, rtcp: address), ssrc: ssrc, cname: "load-\(participant)")
        let origin = Origin(sessionID: UInt64(ssrc), version: 1, address: media.description)
        let answer: SessionDescription
        let agreed: AgreedMedia
        do throws(NegotiationError) {
            (answer, agreed) = try Negotiation.answer(
                to: offer, Offer.capabilities(options, options.codec(of: participant)), local: local, origin: origin)
        } catch {
            throw LoadError("the offer cannot be answered: \(error)")
        }
        guard case .plain(let remote, _) = agreed.transport else { throw LoadError("not plain") }
        let level = agreed.headerExtensions.first { $0.uri == HeaderExtension.ssrcAudioLevel && $0.direction.sends }
        calls[participant] = Call(
            dialog: dialog,
            joined: Joined(
                participant: participant, socket: socket, remote: remote,
                payloadType: agreed.sendCodec.payloadType, levelID: level.map { UInt8(clamping: $0.id) }, keys: nil,
                ssrc: ssrc))
        byCallID[invite.callID] = participant
        var response = invite.response(200, tag: tag)
        response.contacts = [contact]
        response.set("Allow", "INVITE, ACK, BYE, CANCEL, OPTIONS")
        response.setBody(Array(SDP.write(answer).utf8), type: "application/sdp")
        layer.respond(response, to: id, at: now)
    }

    private func acknowledged(_ callID: String) {
        guard let participant = byCallID[callID], var call = calls[participant], !call.isJoined else { return }
        call.isJoined = true
        call.dialog.confirm()
        calls[participant] = call
        events.append(.joined(call.joined))
    }

    private func forget(_ participant: Int) {
        guard calls.removeValue(forKey: participant) != nil else { return }
        byCallID = byCallID.filter { $0.value != participant }
    }

    private func flush() { for outgoing in layer.drain() { link.send(outgoing.bytes) } }
}
