import Conference
import Jingle
import MediaDescription
import Primitives
import XMPP

/// Stanzas out, and the ends of legs.
extension JingleLegs {
    /// Sends a Jingle request of a leg, and remembers it until it is answered if the call hangs on the answer: an error
    /// to anything else means nothing.
    mutating func send(_ element: JingleElement, of leg: JingleLeg, to peer: JID? = nil, now: Instant) {
        let peer = peer ?? leg.peer
        let id = transmit(element, of: leg, to: peer)
        if element.action == .sessionInitiate || element.action == .sessionAccept {
            requests[id] = JingleRequest(
                leg: leg.id, sid: element.sid, action: element.action, peer: peer,
                deadline: now + configuration.requestTimeout)
        }
    }

    /// Sends a Jingle request whose answer means nothing, and gives its id.
    mutating func transmit(_ element: JingleElement, of leg: JingleLeg, to peer: JID) -> String {
        let id = "jl-\(entropy.token(16))"
        outbox.append(
            XMLElement(
                "iq", Namespace.client,
                ["from": leg.local.description, "to": peer.description, "id": id, "type": "set"]
            ) { element.xml })
        return id
    }

    mutating func note(_ level: XMPPNotice.Level, _ text: String) {
        if notices.count < 100 { notices.append(XMPPNotice(level, text)) }
    }

    /// Lines for the log.
    mutating func drainNotices() -> [XMPPNotice] {
        defer { notices = [] }
        return notices
    }

    /// Answers an IQ: with a result, or an error.
    mutating func reply(to iq: XMLElement, _ error: JingleError? = nil) {
        outbox.append(
            XMLElement(
                "iq", Namespace.client,
                ["from": iq["to"], "to": iq["from"], "id": iq["id"], "type": error == nil ? "result" : "error"]
            ) { error?.xml })
    }

    mutating func send(_ stanza: XMLElement?) { if let stanza { outbox.append(stanza) } }

    /// Gives back what a leg holds and remembers its name; a device that rings beside a proposal rings no more.
    mutating func forget(_ leg: JingleLeg) {
        var leg = leg
        dropDirect(&leg)
        legs[leg.id] = nil
        existence.forget(leg.id)
        bySID[leg.sid] = nil
        recent.insert(leg.sid, leg.peer)
        if leg.localMedia != nil { media.close(leg.id) }
    }

    /// The leg is over by the peer's word: the other side of JMI is finished too, and the domain told.
    mutating func ended(_ leg: JingleLeg, _ reason: EndReason, by peer: JingleReason? = nil) -> [Command] {
        var leg = leg
        let told =
            peer.map { JingleReason($0.condition) } ?? reason.jingle(isActive: leg.isActive, isOutgoing: leg.isOutgoing)
        send(leg.jmi?.finish(told))
        forget(leg)
        return leg.isRefused ? [] : [.legEnded(leg.id, reason)]
    }

    /// Refuses, cancels or hangs up, whichever the leg's stage calls for.
    mutating func end(_ id: LegID, _ reason: EndReason, now: Instant) {
        guard let leg = legs[id] else { return }
        end(leg, reason.jingle(isActive: leg.isActive, isOutgoing: leg.isOutgoing), now: now)
    }

    /// The same with a reason of Jingle's own. A `proceed` cannot be taken back: the caller that got one is told by
    /// ending the session that it is about to initiate.
    mutating func end(_ leg: JingleLeg, _ reason: JingleReason, now: Instant) {
        var leg = leg
        switch leg.stage {
        case .refused: return
        case .proposed: send(leg.jmi?.reject(reason))
        case .calling: send(leg.jmi?.retract(reason))
        case .proceeding:
            leg.stage = .refused(reason)
            leg.deadline = now + configuration.initiateTimeout
            legs[leg.id] = leg
            return
        case .offered, .initiated, .active:
            if let request = leg.session?.terminate(reason) { send(request, of: leg, now: now) }
            send(leg.jmi?.finish(reason))
        }
        forget(leg)
    }

    /// XEP-0298: tells that we are a conference; or XEP-0272, in a session-initiate, which group call it is about.
    func focusPayload(_ leg: JingleLeg) -> [XMLElement] {
        if let group = leg.group { return leg.isOutgoing && leg.session == nil ? [group.element] : [] }
        return leg.isFocus ? [XMLElement("conference-info", Namespace.coin, ["isfocus": "true"])] : []
    }

    func isOurs(_ address: String?) -> Bool {
        address.flatMap { JID($0) }.flatMap { configuration.resource(in: $0.domain) } != nil
    }
}
