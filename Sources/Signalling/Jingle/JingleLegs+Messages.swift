import Conference
import Jingle
import MediaDescription
import Primitives
import XMPP

/// XEP-0353 messages in.
extension JingleLegs {
    mutating func receiveMessage(_ stanza: XMLElement, now: Instant) -> [Command] {
        guard let message = JMIMessage(stanza), let from = stanza["from"].flatMap({ JID($0) }), from.isFull,
            let to = stanza["to"].flatMap({ JID($0) })
        else { return [] }
        if case .propose(let media) = message.kind {
            // One that was kept for us while we were away is over by now.
            guard stanza.child("delay", Namespace.delay) == nil else { return [] }
            let nick = stanza.child("nick", Namespace.nick)?.text
            return proposed(message.id, media, nick: nick, from: from, to: to, now: now)
        }
        guard let id = bySID[message.id], var leg = legs[id], leg.local.bare == to.bare, var jmi = leg.jmi else {
            return []
        }
        let outcome = jmi.receive(message, from: from)
        leg.jmi = jmi
        legs[id] = leg
        outbox += outcome.stanzas
        switch outcome.event {
        case nil: return []
        case .ringing: return alerted(leg)
        case .proceed(let peer):
            dropDirect(&leg)
            return initiate(leg, to: peer, now: now)
        case .ended where message.isTieBreak: return ended(leg, leg.isOutgoing ? .busy : .cancelled)
        case .ended(nil) where leg.unansweredAt.map { $0 <= now } ?? false: return ended(leg, .noAnswer)
        case .ended(let reason):
            return ended(leg, EndReason(reason, isActive: leg.isActive, isOutgoing: leg.isOutgoing))
        }
    }

    /// A caller's propose (XEP-0353 section 3.1).
    private mutating func proposed(
        _ sid: String, _ media: [MediaKind], nick: String?, from: JID, to: JID, now: Instant
    ) -> [Command] {
        guard bySID[sid] == nil, !recent.contains(sid, from), to.local != nil,
            let resource = configuration.resource(in: to.domain), let local = to.with(resource: resource)
        else { return [] }
        var jmi = JMISession(proposedBy: from, id: sid, to: local)
        guard media.contains(.audio) else {
            send(jmi.reject(JingleReason(.unsupportedApplications, text: "Only calls with audio are taken here.")))
            recent.insert(sid, from)
            return []
        }
        guard hasRoom(for: from) else {
            send(jmi.reject(JingleReason(.busy, text: "There are too many calls that are not answered yet.")))
            recent.insert(sid, from)
            return []
        }
        var commands: [Command] = []
        if let rival = rival(local: local, peer: from, stage: { if case .calling = $0 { true } else { false } }) {
            // XEP-0353 section 4.1: the lower of the two ids stands.
            guard Array(sid.utf8).lexicographicallyPrecedes(Array(rival.sid.utf8)) else {
                send(jmi.reject(JingleReason(.expired, text: "Tie-Break"), isTieBreak: true))
                recent.insert(sid, from)
                return []
            }
            var rivalJMI = rival.jmi
            send(rivalJMI?.retract(JingleReason(.expired, text: "Tie-Break"), isTieBreak: true))
            forget(rival)
            commands.append(.legEnded(rival.id, .busy))
        }
        let leg = JingleLeg(
            id: ids.next(), sid: sid, isOutgoing: false, stage: .proposed, local: local, peer: from,
            isFocus: to.domain == configuration.talkDomain, jmi: jmi, deadline: now)
        legs[leg.id] = leg
        bySID[sid] = leg.id
        return commands + [.legOffered(leg.id, incomingCall(from: from, to: to, nick: nick))]
    }

    func incomingCall(from: JID, to: JID, nick: String?) -> IncomingCall {
        let name = nick.map { $0.clipped(to: JingleLimits.name) }
        return IncomingCall(
            caller: PeerAddress(from), displayName: name?.isEmpty == true ? nil : name, callee: PeerAddress(to.bare),
            takesText: true)
    }

    /// The called side rings, by either way of saying so; told once.
    mutating func alerted(_ leg: JingleLeg) -> [Command] {
        legs[leg.id]?.alertAt = nil
        if leg.isRinging { return [] }
        legs[leg.id]?.isRinging = true
        return [.legRinging(leg.id)]
    }

    /// The called side has said nothing. A proposal that did not come back is with its devices, or is kept for them.
    mutating func assumeAlerted(_ leg: JingleLeg) -> [Command] {
        legs[leg.id]?.alertAt = nil
        return leg.jmi == nil && leg.session == nil && leg.direct == nil ? [] : alerted(leg)
    }

    /// Whether one more unanswered call from this bare JID, and one more at all, may be kept.
    func hasRoom(for peer: JID) -> Bool {
        let pending = legs.values.values.filter { !$0.isActive && !$0.isOutgoing }
        return pending.count < configuration.maximumPendingOverall
            && pending.count(where: { $0.peer.bare == peer.bare }) < configuration.maximumPending
            && isWithinLimits(peer)
    }

    /// A call of ours between the same two bare JIDs, in that stage.
    func rival(local: JID, peer: JID, stage: (JingleLeg.Stage) -> Bool) -> JingleLeg? {
        legs.values.values.filter {
            $0.isOutgoing && stage($0.stage) && $0.local.bare == local.bare && $0.peer.bare == peer.bare
        }.min { $0.id < $1.id }
    }

    // MARK: Bounces

    /// The leg whose JMI message came back.
    func bounced(_ stanza: XMLElement) -> (leg: JingleLeg, name: Substring)? {
        guard let id = stanza["id"], id.hasPrefix("jm-"),
            let dash = id.dropFirst(3).firstIndex(of: "-"),
            let leg = bySID[String(id[dash...].dropFirst())].flatMap({ legs[$0] }),
            let from = stanza["from"].flatMap({ JID($0) }), from.bare == leg.peer.bare
        else { return nil }
        return (leg, id.dropFirst(3)[..<dash])
    }

    /// Nobody is there to be called, or to whom we said `proceed`.
    /// A single device that returns a proposal speaks for itself alone.
    mutating func receiveBounce(_ stanza: XMLElement, now: Instant) -> [Command] {
        guard let (leg, name) = bounced(stanza) else { return [] }
        switch (leg.stage, name) {
        case (.calling, "propose"):
            let isDevice = stanza["from"].flatMap { JID($0) }?.isFull ?? false
            let reason = absence(of: leg, stanza.stanzaError?.condition)
            return isDevice || leg.jmi == nil ? [] : proposalReturned(leg, reason, now: now)
        case (.proceeding, "proceed"), (.refused, "proceed"):
            forget(leg)
            return leg.isRefused ? [] : [.legEnded(leg.id, .unavailable)]
        default: return []
        }
    }
}
