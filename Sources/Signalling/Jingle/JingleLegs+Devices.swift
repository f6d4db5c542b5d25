import Conference
import Jingle
import MediaDescription
import Primitives
import XMPP

/// Devices that know no proposals (XEP-0353 section 5): while the others ring, one of them at a time gets a
/// session-initiate of its own. Who answers first has the call.
extension JingleLegs {
    /// What a question about a device, or a server, is about.
    struct DeviceQuestion: Sendable {
        let leg: LegID
        let device: JID
    }

    static let questionPrefix = "jd-"

    /// Whom a leg proposes to, and as who; nil for a leg that does not.
    func proposal(of id: LegID) -> (ours: JID, peer: JID)? {
        guard let leg = legs[id], case .calling = leg.stage else { return nil }
        return (leg.local.bare, leg.peer.bare)
    }

    /// Looks for such devices from now on, as presence of them comes in.
    mutating func search(_ id: LegID, now: Instant) {
        guard proposal(of: id) != nil, legs[id]?.search == nil else { return }
        legs[id]?.search = DeviceSearch(at: now)
        searching.insert(id)
    }

    /// Somebody's presence, which may be of a device that is looked for.
    mutating func noticed(_ presence: XMLElement, now: Instant) {
        noticeExistence(presence)
        guard !searching.isEmpty, let from = presence.from, from.isFull, let to = presence.to else { return }
        for id in searching.sorted() {
            guard let leg = legs[id], leg.local.bare == to.bare, leg.peer.bare == from.bare else { continue }
            guard presence.type == nil else {
                if presence.type == "unavailable" { legs[id]?.search?.left(from) }
                continue
            }
            let priority = presence.child("priority", Namespace.client).flatMap { Int($0.text) } ?? 0
            guard legs[id]?.search?.noticed(from, priority: min(max(priority, -128), 127)) ?? false else { continue }
            let question = "\(JingleLegs.questionPrefix)\(entropy.token(16))"
            questions.sent(id: question, to: from, DeviceQuestion(leg: id, device: from), now: now)
            outbox.append(
                .iq(from: leg.local, to: from, type: "get", id: question) { XMLElement("query", Namespace.discoInfo) })
        }
    }

    /// The answer of a device to what it can do.
    mutating func receiveAbilities(_ reply: XMLElement, now: Instant) -> [Command] {
        guard let question = questions.answered(by: reply) else { return [] }
        let info = reply.type == "result" ? reply.child("query", Namespace.discoInfo).flatMap(DiscoInfo.init) : nil
        guard question.device.local != nil else {
            noticeServer(of: question.leg, info)
            return []
        }
        guard legs[question.leg]?.search != nil else { return [] }
        legs[question.leg]?.search?.answered(question.device, Set(info?.features ?? []))
        return callDirectly(question.leg, now: now)
    }

    /// Calls the next device that knows no proposals, unless one of them has a session.
    private mutating func callDirectly(_ id: LegID, now: Instant) -> [Command] {
        guard var leg = legs[id], case .calling = leg.stage, leg.direct == nil, let device = leg.search?.next() else {
            return []
        }
        do throws(MediaUnavailable) {
            let local: LocalMedia
            if let opened = leg.localMedia {
                local = opened
            } else {
                local = try media.openICE(id, isControlling: true)
            }
            leg.localMedia = local
            let (session, request) = JingleSession.initiate(
                sid: entropy.uuid(), from: leg.local, to: device,
                offer: JingleNegotiation.offer(local, preferring: media.preferred(id)),
                payloads: focusPayload(leg))
            leg.direct = session
            bySID[session.sid] = id
            legs[id] = leg
            send(request, of: leg, to: device, now: now)
            return []
        } catch {
            end(id, .failed(error.reason), now: now)
            return [.legEnded(id, .failed(error.reason))]
        }
    }

    /// A request of the device that has such a session.
    mutating func receiveFromDevice(
        _ element: JingleElement, _ iq: XMLElement, _ id: LegID, from: JID, to: JID, now: Instant
    ) -> [Command] {
        guard let leg = legs[id], var session = leg.direct, session.peer == from, leg.local.bare == to.bare else {
            reply(to: iq, .unknownSession)
            return []
        }
        let outcome = session.receive(element)
        legs[id]?.direct = session
        reply(to: iq, outcome.error)
        for request in outcome.requests { send(request, of: leg, to: from, now: now) }
        var commands: [Command] = []
        for event in outcome.events {
            if case .ended(let reason) = event { return commands + directEnded(id, reason, now: now) }
            if case .accepted = event { answeredDirectly(id) }
            commands += handle(event, of: id, now: now)
        }
        return commands
    }

    /// The device has the call: the proposal is taken back.
    private mutating func answeredDirectly(_ id: LegID) {
        guard var leg = legs[id], let direct = leg.direct else { return }
        send(leg.jmi?.retract(JingleReason(.cancel, text: "The call was taken on another device.")))
        recent.insert(leg.sid, leg.peer)
        bySID[leg.sid] = nil
        leg.jmi = nil
        leg.sid = direct.sid
        leg.peer = direct.peer
        leg.session = direct
        leg.direct = nil
        leg.search = nil
        leg.stage = .initiated
        searching.remove(id)
        legs[id] = leg
    }

    /// The device will not have the call. What a person decided counts for all devices, as with proposals.
    mutating func directEnded(_ id: LegID, _ reason: JingleReason?, now: Instant) -> [Command] {
        guard var leg = legs[id], let direct = leg.direct else { return [] }
        bySID[direct.sid] = nil
        recent.insert(direct.sid, direct.peer)
        leg.direct = nil
        legs[id] = leg
        let isDecided = reason?.condition == .decline || reason?.condition == .busy
        var commands: [Command] = []
        if !isDecided { commands = callDirectly(id, now: now) }
        guard let left = legs[id], left.direct == nil, isDecided || left.jmi == nil else { return commands }
        send(leg.jmi?.retract(JingleReason(.cancel)))
        forget(left)
        let ended = reason.map { EndReason($0, isActive: false, isOutgoing: true) } ?? .unavailable
        return commands + [.legEnded(id, ended)]
    }

    /// Another device has the call, or nobody: the session with the device is over.
    mutating func dropDirect(_ leg: inout JingleLeg) {
        searching.remove(leg.id)
        leg.search = nil
        guard var direct = leg.direct else { return }
        leg.direct = nil
        bySID[direct.sid] = nil
        recent.insert(direct.sid, direct.peer)
        if let request = direct.terminate(JingleReason(.cancel, text: "The call is over, or was taken elsewhere.")) {
            _ = transmit(request, of: leg, to: direct.peer)
        }
    }

    /// The proposal came back from the peer's server: nobody takes it. Devices that know none may still be found.
    mutating func proposalReturned(_ leg: JingleLeg, _ reason: EndReason, now: Instant) -> [Command] {
        legs[leg.id]?.jmi = nil
        if leg.direct != nil || legs[leg.id]?.search?.isLastHope(at: now) ?? false { return [] }
        forget(leg)
        return [.legEnded(leg.id, reason)]
    }
}
