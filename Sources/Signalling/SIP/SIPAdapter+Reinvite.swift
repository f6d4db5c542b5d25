import Conference
import MediaDescription
import Primitives
import SIP

/// Changes of a call that is up: re-INVITE in both directions (RFC 3261 section 14, RFC 6141).
extension SIPAdapter {
    /// The peer changes the call, or asks us to offer.
    mutating func reinvite(
        _ request: SIPMessage, _ transaction: ServerTransactionID, _ id: LegID, at now: Instant
    ) -> [Command] {
        // In an early dialog our own INVITE is on its way still (RFC 3261 section 14.2).
        guard var leg = legs[id], let dialog = leg.dialog, leg.stage == .up, !leg.isReinviting,
            leg.unacknowledged == nil
        else {
            reply(request, transaction, 491, at: now)
            return []
        }
        guard refreshed(by: request, transaction, at: now) != nil else { return [] }
        let description: SessionDescription
        var settled: (AgreedMedia, SessionDescription)?
        do throws(LegMediaFailure) {
            switch carried(by: request) {
            case .refused(let status, let reason, let headers):
                reply(request, transaction, status, reason, headers: headers, at: now)
                return []
            case .nothing:
                description = try offer(for: &leg, towards: leg.flow.remote.ip)
            case .description(let offer):
                let (answer, agreed) = try self.answer(offer, for: &leg)
                description = answer
                settled = (agreed, offer)
            }
        } catch {
            note(.info, "\(id): change refused, \(error.text)")
            reply(request, transaction, 488, headers: error.headers, at: now)
            return []
        }
        answer(request, transaction, &leg, description, at: now)
        legs[id] = leg
        dialogs[dialog]?.dialog.refreshTarget(from: request)
        guard let (agreed, offer) = settled else { return [] }
        return settle(id, agreed, peer: offer, ours: description)
    }

    /// The domain holds the peer, or no longer.
    mutating func setDirection(_ id: LegID, _ direction: StreamDirection, at now: Instant) -> [Command] {
        guard let leg = legs[id], leg.isLive, leg.willing != direction else { return [] }
        legs[id]?.willing = direction
        return leg.stage == .up ? sendReinvite(id, at: now) : []
    }

    /// Offers what we are willing in; later, if something else is going on.
    mutating func sendReinvite(_ id: LegID, at now: Instant) -> [Command] {
        guard var leg = legs[id], leg.stage == .up, let dialog = leg.dialog, let described = leg.described else {
            return []
        }
        guard !leg.isReinviting, leg.unacknowledged == nil else {
            legs[id]?.reinviteAt = now + .seconds(1)
            return []
        }
        leg.reinviteAt = nil
        let offer = Negotiation.reoffer(described, direction: leg.willing)
        let headers = abilities(isRoom: leg.isRoom) + asking(leg) + leg.connected
        let transaction = send(.invite, in: dialog, for: .reinvite(id), at: now) { request in
            request.headers += headers
            request.setBody(Array(SDP.write(offer).utf8), type: "application/sdp")
        }
        guard let transaction else {
            // There are too many transactions; soon there may be less.
            legs[id]?.reinviteAt = now + .seconds(5)
            return []
        }
        if let last = leg.clientInvite { purposes[last] = nil }
        leg.clientInvite = transaction
        leg.isReinviting = true
        leg.ourOffer = offer
        leg.reinviteUntil = now + configuration.timers.transactionTimeout
        legs[id] = leg
        return []
    }

    /// The answer to a re-INVITE of ours.
    mutating func reinviteAnswered(_ response: SIPMessage, _ id: LegID, at now: Instant) -> [Command] {
        guard let status = response.status, status >= 200, let leg = legs[id], let dialog = leg.dialog else {
            return []
        }
        legs[id]?.reinviteUntil = nil
        if status < 300 {
            // The ACK goes to where the peer now is (RFC 3261 section 12.2.1.2).
            if leg.isReinviting { dialogs[dialog]?.dialog.refreshTarget(from: response) }
            acknowledge(response, in: dialog)
            guard leg.isReinviting, let ourOffer = leg.ourOffer else { return [] }
            legs[id]?.isReinviting = false
            legs[id]?.ourOffer = nil
            legs[id]?.timer = SessionTimer(asked: leg.timerPolicy, answer: response, at: now)
            legs[id]?.longerSessions = 0
            legs[id]?.challenges = 0
            legs[id]?.refusedRefreshes = 0
            if ourOffer.direction != leg.willing { legs[id]?.reinviteAt = now }
            switch conclude(id, ourOffer, response) {
            case .success(let commands): return commands
            case .failure(let failure):
                note(.info, "\(id): \(failure.text)")
                return end(id, failure.reason, at: now) + [.legEnded(id, failure.reason)]
            }
        }
        legs[id]?.isReinviting = false
        legs[id]?.ourOffer = nil
        if takeChallenge(response, in: id) {
            legs[id]?.reinviteAt = now
            return []
        }
        legs[id]?.challenges = 0
        switch status {
        case 491:
            // RFC 3261 section 14.1: who made the Call-ID waits longer.
            let milliseconds = leg.isIncoming ? Int64(entropy.u16() % 200) * 10 : 2100 + Int64(entropy.u16() % 190) * 10
            legs[id]?.reinviteAt = now + .milliseconds(milliseconds)
            return []
        case 408, 481:
            return end(id, .hangup, at: now) + [.legEnded(id, .hangup)]
        case 422:
            guard leg.longerSessions < SIPLeg.mostLongerSessions,
                let policy = SessionTimer.policy(leg.timerPolicy, after: response)
            else { break }
            legs[id]?.longerSessions += 1
            legs[id]?.timerPolicy = policy
            legs[id]?.reinviteAt = now
            return []
        default: break
        }
        note(.info, "\(id): the peer refused a change with \(status)")
        refreshLater(id, after: response, at: now)
        return []
    }
}
