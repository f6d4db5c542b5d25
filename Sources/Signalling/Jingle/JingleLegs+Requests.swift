import Conference
import Jingle
import MediaDescription
import Primitives
import XMPP

/// XEP-0166 requests in, and the answers to ours.
extension JingleLegs {
    mutating func receiveRequest(_ iq: XMLElement, now: Instant) -> [Command] {
        guard iq["id"] != nil, let from = iq["from"].flatMap({ JID($0) }), let to = iq["to"].flatMap({ JID($0) }),
            let xml = iq.child("jingle", Namespace.jingle)
        else { return [] }
        let element: JingleElement
        do throws(JingleError) {
            element = try JingleElement(xml)
        } catch {
            reply(to: iq, error)
            return []
        }
        if element.action == .sessionInitiate { return receiveInitiate(element, iq, from: from, to: to, now: now) }
        if let id = bySID[element.sid], legs[id]?.direct?.sid == element.sid {
            return receiveFromDevice(element, iq, id, from: from, to: to, now: now)
        }
        guard var leg = leg(element.sid, from: from, to: to), var session = leg.session else {
            let isOver = element.action == .sessionTerminate && recent.contains(element.sid, from)
            reply(to: iq, isOver ? nil : .unknownSession)
            return []
        }
        if session.restartsICE(element), !leg.restarts.take(at: now) {
            reply(to: iq, .resourceConstraint)
            return []
        }
        if let refusal = refusal(of: element, in: leg) {
            reply(to: iq, refusal)
            return []
        }
        let outcome = session.receive(element)
        leg.session = session
        legs[leg.id] = leg
        reply(to: iq, outcome.error)
        for request in outcome.requests { send(request, of: leg, now: now) }
        var commands: [Command] = []
        for event in outcome.events { commands += handle(event, of: leg.id, now: now) }
        return commands
    }

    mutating func handle(_ event: JingleSession.Event, of id: LegID, now: Instant) -> [Command] {
        guard let leg = legs[id] else { return [] }
        switch event {
        case .ringing: return alerted(leg)
        case .accepted(let answer): return conclude(leg, answer, now: now)
        case .key(let key): return leg.isActive ? DTMFKey(key).map { [.legKey(id, $0)] } ?? [] : []
        case .transfer(let wish): return transfer(wish, of: leg)
        case .direction(let direction): return directed(leg, direction)
        case .candidates(let candidates):
            media.addCandidates(id, candidates)
            return []
        case .restarted(let restart): return restarted(leg, restart, now: now)
        case .flooded:
            note(
                .warning,
                "\(id): \(leg.peer) sends more than \(JingleLimits.candidates) candidates; the rest is ignored")
            return []
        case .ended(let reason):
            return ended(leg, EndReason(reason, isActive: leg.isActive, isOutgoing: leg.isOutgoing), by: reason)
        }
    }

    /// The leg of that sid, if it is with this peer and ours is the JID it is addressed to.
    private func leg(_ sid: String, from: JID, to: JID) -> JingleLeg? {
        guard let leg = bySID[sid].flatMap({ legs[$0] }), leg.peer == from, leg.local.bare == to.bare else {
            return nil
        }
        return leg
    }

    // MARK: session-initiate

    private mutating func receiveInitiate(
        _ element: JingleElement, _ iq: XMLElement, from: JID, to: JID, now: Instant
    ) -> [Command] {
        guard let resource = configuration.resource(in: to.domain), to.local != nil,
            to.resource == nil || to.resource == resource
        else {
            reply(to: iq, .serviceUnavailable)
            return []
        }
        guard let id = bySID[element.sid], let known = legs[id] else {
            return receiveDirect(element, iq, from: from, to: to, now: now)
        }
        guard known.peer == from, known.local.bare == to.bare else {
            reply(to: iq, .tieBreak)
            return []
        }
        guard !known.isOutgoing, known.session == nil else {
            reply(to: iq, .outOfOrder)
            return []
        }
        var leg = known
        leg.local = to
        do throws(JingleError) {
            leg.session = try JingleSession(responding: element, from: from, to: to)
        } catch {
            reply(to: iq, error)
            return []
        }
        reply(to: iq)
        if case .refused(let reason) = leg.stage {
            leg.stage = .offered
            end(leg, reason, now: now)
            return []
        }
        // A caller that did not wait for `proceed` gets it now, so that both sides know where they are.
        send(leg.jmi?.proceed())
        if let failure = offered(&leg) {
            legs[id] = leg
            end(leg, failure.jingle, now: now)
            return [.legEnded(id, failure.reason)]
        }
        legs[id] = leg
        if leg.isAccepted { return sendAccept(leg, now: now) }
        if leg.isRinging, let request = leg.session?.inform(.ringing) { send(request, of: leg, now: now) }
        return []
    }

    /// Without a proposal before it.
    private mutating func receiveDirect(
        _ element: JingleElement, _ iq: XMLElement, from: JID, to: JID, now: Instant
    ) -> [Command] {
        guard !recent.contains(element.sid, from) else {
            reply(to: iq, .outOfOrder)
            return []
        }
        guard hasRoom(for: from) else {
            reply(to: iq, .resourceConstraint)
            return []
        }
        var commands: [Command] = []
        let rival = rival(local: to, peer: from) { if case .initiated = $0 { true } else { false } }
        if let rival, rival.peer == from {
            // XEP-0166 section 7.2.16: the lower of the two session ids stands.
            guard Array(element.sid.utf8).lexicographicallyPrecedes(Array(rival.sid.utf8)) else {
                reply(to: iq, .tieBreak)
                return []
            }
        }
        var leg = JingleLeg(
            id: ids.next(), sid: element.sid, isOutgoing: false, stage: .offered, local: to, peer: from,
            isFocus: to.domain == configuration.talkDomain)
        do throws(JingleError) {
            leg.session = try JingleSession(responding: element, from: from, to: to)
        } catch {
            reply(to: iq, error)
            return []
        }
        reply(to: iq)
        if let rival, rival.peer == from {
            // Its session-initiate gets the peer's conflict error; nothing more is to be said about it.
            forget(rival)
            commands.append(.legEnded(rival.id, .busy))
        }
        if let failure = offered(&leg) {
            end(leg, failure.jingle, now: now)
            return commands
        }
        legs[leg.id] = leg
        bySID[leg.sid] = leg.id
        return commands + [.legOffered(leg.id, incomingCall(from: from, to: to, nick: nil))]
    }

    // MARK: Answers

    mutating func receiveResponse(_ iq: XMLElement, now: Instant) -> [Command] {
        if iq["id"]?.hasPrefix(JingleLegs.questionPrefix) ?? false { return receiveAbilities(iq, now: now) }
        guard let id = iq["id"], let request = requests[id], iq["from"].flatMap({ JID($0) }) == request.peer else {
            return []
        }
        requests[id] = nil
        guard iq["type"] == "error", let leg = legs[request.leg] else { return [] }
        let error = iq.child("error", Namespace.client)
        if leg.direct?.sid == request.sid { return directEnded(leg.id, nil, now: now) }
        guard leg.sid == request.sid else { return [] }
        let condition = error?.children(in: Namespace.stanzaErrors).first { $0.name != "text" }?.name
        return ended(leg, EndReason(condition: condition))
    }

    /// The peer did not answer an IQ in time.
    mutating func unanswered(_ request: JingleRequest, now: Instant) -> [Command] {
        if let leg = legs[request.leg], leg.sid != request.sid {
            return leg.direct?.sid == request.sid ? directEnded(leg.id, nil, now: now) : []
        }
        return mediaFailed(request.leg, request.action == .sessionInitiate ? .unavailable : .connectivity, now: now)
    }
}
