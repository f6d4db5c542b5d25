import Conference
import Jingle
import MediaDescription
import Primitives
import XMPP

/// The domain's effects, and what they lead to.
extension JingleLegs {
    // MARK: Incoming

    mutating func ring(_ id: LegID, now: Instant) {
        guard var leg = legs[id], !leg.isOutgoing, !leg.isRinging else { return }
        leg.isRinging = true
        switch leg.stage {
        case .proposed:
            send(leg.jmi?.ring())
            proceed(&leg, now: now)
        case .offered:
            if let request = leg.session?.inform(.ringing) { send(request, of: leg, now: now) }
        default: break
        }
        legs[id] = leg
    }

    /// A proposal that is answered at once rings first, as callers look for either.
    mutating func accept(_ id: LegID, now: Instant) -> [Command] {
        guard var leg = legs[id], !leg.isOutgoing, !leg.isAccepted else { return [] }
        leg.isAccepted = true
        switch leg.stage {
        case .proposed:
            send(leg.jmi?.ring())
            leg.isRinging = true
            proceed(&leg, now: now)
            legs[id] = leg
            return []
        case .offered:
            legs[id] = leg
            return sendAccept(leg, now: now)
        default:
            legs[id] = leg
            return []
        }
    }

    mutating func proceed(_ leg: inout JingleLeg, now: Instant) {
        guard case .proposed = leg.stage else { return }
        send(leg.jmi?.proceed())
        leg.stage = .proceeding
        leg.deadline = now + configuration.initiateTimeout
    }

    /// A session-initiate is there: opens the media and works the answer out, so that what cannot be taken is refused
    /// before anybody is rung. Gives back why it cannot be taken.
    mutating func offered(_ leg: inout JingleLeg) -> (jingle: JingleReason, reason: EndReason)? {
        leg.stage = .offered
        leg.deadline = nil
        guard let offer = leg.session?.remoteDescription else {
            return (JingleReason(.generalError), .failed("no offer"))
        }
        let audio = offer.contents.filter { $0.kind == .audio }
        guard !audio.isEmpty else {
            return (
                JingleReason(.unsupportedApplications, text: "Only calls with audio are taken here."), .incompatible
            )
        }
        guard audio.contains(where: { $0.ice != nil }) else {
            return (JingleReason(.unsupportedTransports, text: "Only ICE over UDP is spoken here."), .incompatible)
        }
        guard audio.contains(where: { $0.ice != nil && !$0.fingerprints.isEmpty }) else {
            let text = "Calls are encrypted by DTLS-SRTP here, and the offer has no fingerprint for it."
            return (JingleReason(.securityError, text: text), .insecure)
        }
        let local: LocalMedia
        do throws(MediaUnavailable) {
            local = try media.openICE(leg.id, isControlling: false)
        } catch {
            return (JingleReason(.generalError, text: error.reason), .failed(error.reason))
        }
        leg.localMedia = local
        do throws(NegotiationError) {
            try negotiate(offer, local, for: &leg)
            media.offered(leg.id, offer.soundCodecs)
        } catch {
            return (JingleReason(.incompatibleParameters, text: "There is no codec in common."), .incompatible)
        }
        addCandidates(of: leg)
        return nil
    }

    private func negotiate(
        _ offer: SessionDescription, _ local: LocalMedia, for leg: inout JingleLeg
    ) throws(NegotiationError) {
        let (answer, agreed) = try JingleNegotiation.answer(offer, local: local, preferring: media.preferred(leg.id))
        leg.answer = answer
        leg.agreed = agreed
        leg.session?.audioName = agreed.name
    }

    /// The session-accept, with all our candidates inside. Whoever was called for it may have taken another codec than came
    /// first when the answer was worked out.
    mutating func sendAccept(_ leg: JingleLeg, now: Instant) -> [Command] {
        var leg = leg
        if !media.preferred(leg.id).isEmpty, let offer = leg.session?.remoteDescription, let local = leg.localMedia {
            try? negotiate(offer, local, for: &leg)
        }
        let payloads = focusPayload(leg)
        guard let answer = leg.answer, let request = leg.session?.accept(answer, payloads: payloads) else { return [] }
        send(request, of: leg, now: now)
        return activated(leg, now: now)
    }

    // MARK: Outgoing

    /// A bare JID's devices are rung by JMI; a full JID gets a session-initiate at once.
    mutating func dial(_ id: LegID, _ call: OutgoingCall, group: JingleGroup? = nil, now: Instant) -> [Command] {
        guard legs[id] == nil, let peer = call.target.jid, peer.local != nil else { return [.legEnded(id, .notFound)] }
        guard let resource = configuration.resource(in: call.caller.host),
            let local = call.caller.jid?.with(resource: resource)
        else { return [.legEnded(id, .failed("no caller address"))] }
        let sid = entropy.uuid()
        var leg = JingleLeg(
            id: id, sid: sid, isOutgoing: true, stage: .calling, local: local, peer: peer, isFocus: call.isFocus,
            deadline: now + configuration.proposeTimeout)
        leg.group = group
        leg.alertAt = now + configuration.alertTimeout
        bySID[sid] = id
        if peer.isFull { return initiate(leg, to: peer, now: now) }
        let (jmi, propose) = JMISession.propose(id: sid, from: local, to: peer, media: [.audio])
        leg.jmi = jmi
        leg.unansweredAt = now + configuration.unansweredTimeout
        legs[id] = leg
        send(propose)
        return []
    }

    /// A device is to get the session: our offer, with all our candidates inside.
    mutating func initiate(_ calling: JingleLeg, to peer: JID, now: Instant) -> [Command] {
        var leg = calling
        leg.peer = peer
        let local: LocalMedia
        do throws(MediaUnavailable) {
            if let opened = leg.localMedia {
                local = opened
            } else {
                local = try media.openICE(leg.id, isControlling: true)
            }
        } catch {
            return ended(leg, .failed(error.reason))
        }
        leg.localMedia = local
        let offer = leg.group?.offer(local) ?? JingleNegotiation.offer(local, preferring: media.preferred(leg.id))
        let (session, request) = JingleSession.initiate(
            sid: leg.sid, from: leg.local, to: peer, offer: offer, payloads: focusPayload(leg))
        leg.session = session
        leg.stage = .initiated
        leg.deadline = now + configuration.acceptTimeout
        legs[leg.id] = leg
        send(request, of: leg, now: now)
        return []
    }

    /// The device answered our offer.
    mutating func conclude(_ initiated: JingleLeg, _ answer: SessionDescription, now: Instant) -> [Command] {
        var leg = initiated
        guard let offer = leg.session?.localDescription else { return [] }
        do throws(NegotiationError) {
            leg.agreed = try Negotiation.conclude(offer: offer, answer: answer)
        } catch {
            end(leg, JingleReason(.incompatibleParameters, text: "The answer does not fit the offer."), now: now)
            return [.legEnded(leg.id, .incompatible)]
        }
        return activated(leg, now: now)
    }

    // MARK: Active

    /// Offer and answer are through.
    private mutating func activated(_ negotiated: JingleLeg, now: Instant) -> [Command] {
        guard let agreed = negotiated.agreed else { return [] }
        var leg = negotiated
        leg.stage = .active
        leg.deadline = nil
        leg.alertAt = nil
        legs[leg.id] = leg
        media.agree(leg.id, agreed)
        if leg.isOutgoing { addCandidates(of: leg) }
        if leg.isHeldByUs, let hold = leg.session?.inform(.hold) { send(hold, of: leg, now: now) }
        let direction = leg.session?.direction ?? .sendrecv
        return [.legAnswered(leg.id)] + (direction == .sendrecv ? [] : directed(leg, direction))
    }

    /// Hands over the candidates that the peer's description holds.
    private func addCandidates(of leg: JingleLeg) {
        let described = leg.session?.audio?.candidates ?? []
        if !described.isEmpty { media.addCandidates(leg.id, described) }
    }

    /// The peer holds, mutes or modifies. What it does not want to hear is no longer sent, and who is muted is not heard,
    /// whatever is sent all the same. Nor is who holds a room: what comes then is music.
    mutating func directed(_ leg: JingleLeg, _ direction: StreamDirection) -> [Command] {
        guard leg.isActive, var agreed = leg.agreed else { return [] }
        let ours = StreamDirection(
            sends: direction.receives, receives: direction.sends && (direction.receives || !leg.isFocus))
        if ours != agreed.direction {
            agreed.direction = ours
            legs[leg.id]?.agreed = agreed
            media.agree(leg.id, agreed)
        }
        return [.legDirection(leg.id, direction)]
    }

    /// Hold is what a direction means in which we do not receive (XEP-0167 section 9.2).
    mutating func setDirection(_ id: LegID, _ direction: StreamDirection, now: Instant) {
        guard let leg = legs[id], leg.isHeldByUs == direction.receives else { return }
        legs[id]?.isHeldByUs = !direction.receives
        guard leg.isActive, let request = leg.session?.inform(direction.receives ? .unhold : .hold) else { return }
        send(request, of: leg, now: now)
    }

    // MARK: Time

    /// A stage has lasted too long.
    mutating func expired(_ leg: JingleLeg, now: Instant) -> [Command] {
        switch leg.stage {
        case .proposed:
            var leg = leg
            proceed(&leg, now: now)
            legs[leg.id] = leg
            return []
        case .proceeding: return ended(leg, .noAnswer)
        case .calling where leg.isBefore(now):
            if let alertAt = leg.alertAt, alertAt <= now { return assumeAlerted(leg) }
            legs[leg.id]?.search?.giveUpAt = nil
            return leg.direct == nil && leg.jmi == nil ? ended(leg, .unavailable) : []
        case .initiated where leg.isBefore(now): return assumeAlerted(leg)
        case .calling, .initiated:
            end(leg.id, .noAnswer, now: now)
            return [.legEnded(leg.id, .noAnswer)]
        case .refused:
            forget(leg)
            return []
        case .offered, .active:
            legs[leg.id]?.deadline = nil
            return []
        }
    }
}
