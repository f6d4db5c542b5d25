import Conference
import Jingle
import MediaDescription
import Primitives
import XMPP

/// Stanzas out, and the ends of legs.
extension JingleLegs {
    /// Sends a Jingle request of a leg, and remembers it until it is answered if the call hangs on the answer: an error
    /// to anything else means nothing.
    mutating func send(_ element: JingleElement, of leg: JingleLeg, now: Instant) {
        let id = "jl-\(entropy.token(16))"
        if element.action == .sessionInitiate || element.action == .sessionAccept {
            requests[id] = JingleRequest(
                leg: leg.id, action: element.action, peer: leg.peer, deadline: now + configuration.requestTimeout)
        }
        outbox.append(
            XMLElement(
                "iq", Namespace.client,
                ["from": leg.local.description, "to": leg.peer.description, "id": id, "type": "set"]
            ) { element.xml })
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

    /// Gives back what a leg holds and remembers its name; nothing is sent.
    mutating func forget(_ leg: JingleLeg) {
        legs[leg.id] = nil
        bySID[leg.sid] = nil
        recent.insert(leg.sid, leg.peer)
        if leg.localMedia != nil { media.close(leg.id) }
    }

    /// The leg is over by the peer's word: the other side of JMI is finished too, and the domain told.
    mutating func ended(_ leg: JingleLeg, _ reason: EndReason) -> [Command] {
        var leg = leg
        let told = reason.jingle(isActive: leg.isActive, isOutgoing: leg.isOutgoing)
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

    /// XEP-0298: tells that we are a conference.
    func focusPayload(_ leg: JingleLeg) -> [XMLElement] {
        leg.isFocus ? [XMLElement("conference-info", Namespace.coin, ["isfocus": "true"])] : []
    }

    func isOurs(_ address: String?) -> Bool {
        address.flatMap { JID($0) }.flatMap { configuration.resource(in: $0.domain) } != nil
    }
}
