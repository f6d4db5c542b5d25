import Conference
import MediaDescription
import Primitives
import SIP

/// Session timers of calls (RFC 4028), and UPDATE (RFC 3311), by which sessions are refreshed and changed.
extension SIPAdapter {
    /// What a refresh request of the peer's settles, with the headers for its 2xx; 422 is sent when it asks for too little.
    mutating func refreshed(
        by request: SIPMessage, _ transaction: ServerTransactionID, at now: Instant
    ) -> SessionTimer.Answer? {
        do throws(SessionTimer.TooSmall) {
            return try SessionTimer.answer(request, configuration.sessionTimer, at: now)
        } catch {
            reply(request, transaction, 422, headers: [error.header], at: now)
            return nil
        }
    }

    /// UPDATE in a dialog: a refresh, or a change of the session that needs no ACK.
    mutating func update(
        _ request: SIPMessage, _ transaction: ServerTransactionID, _ id: LegID, _ dialog: DialogID, at now: Instant
    ) -> [Command] {
        guard var leg = legs[id], let timer = refreshed(by: request, transaction, at: now) else { return [] }
        var settled: (ours: SessionDescription, agreed: AgreedMedia, offer: SessionDescription)?
        switch carried(by: request) {
        case .refused(let status, let reason, let headers):
            reply(request, transaction, status, reason, headers: headers, at: now)
            return []
        case .nothing: break
        case .description(let offer) where leg.stage == .calling:
            updateEarly(request, transaction, leg, dialog, offer, at: now)
            return []
        case .description(let offer):
            guard leg.stage == .up, !leg.isReinviting, leg.ourOffer == nil, leg.unacknowledged == nil else {
                reply(request, transaction, 491, at: now)
                return []
            }
            do throws(LegMediaFailure) {
                let (ours, agreed) = try answer(offer, for: &leg)
                settled = (ours, agreed, offer)
            } catch {
                note(.info, "\(id): change refused, \(error.text)")
                reply(request, transaction, 488, headers: error.headers, at: now)
                return []
            }
        }
        var response = request.response(200, tag: transactions.tag(of: transaction))
        response.contacts = [leg.contact]
        response.headers += abilities(isRoom: leg.isRoom)
        response.set("Server", configuration.software)
        if leg.stage == .up {
            response.headers += timer.headers
            leg.timer = timer.timer
        }
        if let settled { response.setBody(Array(SDP.write(settled.ours).utf8), type: "application/sdp") }
        transactions.respond(response, to: transaction, at: now)
        legs[id] = leg
        dialogs[dialog]?.dialog.refreshTarget(from: request)
        guard let settled else { return [] }
        return settle(id, settled.agreed, peer: settled.offer, ours: settled.ours)
    }

    /// What the session timer of a call wants: our refresh, or its end.
    mutating func timerFired(_ id: LegID, _ action: SessionTimer.Action, at now: Instant) -> [Command] {
        guard let leg = legs[id], leg.stage == .up, let dialog = leg.dialog else { return [] }
        switch action {
        case .expire:
            note(.info, "\(id): the session was not refreshed")
            return end(id, .connectivity, at: now) + [.legEnded(id, .connectivity)]
        case .refresh:
            guard leg.allowsUpdate else { return sendReinvite(id, at: now) }
            let headers = abilities(isRoom: leg.isRoom) + asking(leg) + leg.connected
            let transaction = send(.update, in: dialog, for: .update(id), at: now) { $0.headers += headers }
            if transaction == nil { refreshLater(id, after: nil, at: now) }
            return []
        }
    }

    /// Session-Expires of a request in a call: whoever refreshes goes on to.
    func asking(_ leg: SIPLeg) -> [SIPHeader] {
        SessionTimer.headers(asking: leg.timerPolicy, refresher: leg.timer.map { $0.isOurs ? .uac : .uas })
    }

    /// The answer to a refresh of ours by UPDATE; 408 and 481 mean that the peer is gone.
    mutating func updateAnswered(_ id: LegID, _ response: SIPMessage?, status: Int, at now: Instant) -> [Command] {
        guard let leg = legs[id], leg.stage == .up else { return [] }
        if let response, takeChallenge(response, in: id) { return timerFired(id, .refresh, at: now) }
        legs[id]?.challenges = 0
        switch status {
        case 200..<300:
            guard let response else { break }
            legs[id]?.refusedRefreshes = 0
            legs[id]?.timer = SessionTimer(asked: leg.timerPolicy, answer: response, at: now)
            legs[id]?.longerSessions = 0
            if let dialog = leg.dialog { dialogs[dialog]?.dialog.refreshTarget(from: response) }
        case 408, 481:
            return end(id, .connectivity, at: now) + [.legEnded(id, .connectivity)]
        case 422:
            guard leg.longerSessions < SIPLeg.mostLongerSessions,
                let policy = response.flatMap({ SessionTimer.policy(leg.timerPolicy, after: $0) })
            else {
                refreshLater(id, after: response, at: now)
                break
            }
            legs[id]?.longerSessions += 1
            legs[id]?.timerPolicy = policy
            return timerFired(id, .refresh, at: now)
        case 405, 501:
            legs[id]?.allowsUpdate = false
            return sendReinvite(id, at: now)
        default: refreshLater(id, after: response, at: now)
        }
        return []
    }

    /// A refresh was refused for a reason that does not end the call: it is tried again when the peer says, else soon, and
    /// later each time.
    mutating func refreshLater(_ id: LegID, after response: SIPMessage?, at now: Instant) {
        guard let leg = legs[id] else { return }
        let asked = response?.header("Retry-After").flatMap { UInt32($0.prefix { $0.isASCII && $0.isNumber }) } ?? 0
        let pause = max(Int64(asked), 5 << Int64(min(leg.refusedRefreshes, 10)))
        legs[id]?.refusedRefreshes = min(leg.refusedRefreshes + 1, 100)
        legs[id]?.timer?.postpone(by: .seconds(pause), at: now)
    }
}
