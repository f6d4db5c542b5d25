import Conference
import Primitives
import SIP

/// What is due in a call, and done then.
extension SIPAdapter {
    mutating func wake(_ id: LegID, at now: Instant) -> [Command] {
        guard var leg = legs[id] else { return [] }
        if var answer = leg.unacknowledged {
            let action = answer.wake(at: now)
            leg.unacknowledged = answer
            legs[id] = leg
            switch action {
            case .repeatAnswer(let response, let transaction): transactions.respond(response, to: transaction, at: now)
            case .giveUp:
                note(.info, "\(id): no ACK came")
                sendBye(id, .connectivity, at: now)
                return drop(id, .connectivity, at: now)
            case nil: break
            }
        }
        if let deadline = leg.deadline, deadline <= now {
            // What is answered now gets its ACK, and BYE, without the leg.
            if leg.stage == .cancelling { return forget(id, at: now) }
            note(.info, "\(id): nobody answered")
            return end(id, .noAnswer, at: now) + [.legEnded(id, .noAnswer)]
        }
        if let due = leg.tryNextAt, due <= now {
            legs[id]?.tryNextAt = nil
            return tryNext(id, at: now) ?? giveUpSilent(id, at: now)
        }
        if let due = leg.lostUntil, due <= now {
            legs[id]?.lostUntil = nil
            guard leg.isLive else { return [] }
            note(.info, "\(id): its connection is gone and was not opened anew")
            return end(id, .connectivity, at: now) + [.legEnded(id, .connectivity)]
        }
        if let due = leg.reinviteUntil, due <= now {
            // It goes on as after 408, if that brings no final response either.
            legs[id]?.reinviteUntil = nil
            if leg.isReinviting, let transaction = leg.clientInvite { transactions.cancel(transaction, at: now) }
            return []
        }
        if let due = leg.reinviteAt, due <= now {
            legs[id]?.reinviteAt = nil
            return sendReinvite(id, at: now)
        }
        if leg.reliable?.nextWake != nil { return reliableFired(id, at: now) }
        if let action = legs[id]?.timer?.wake(at: now) { return timerFired(id, action, at: now) }
        return []
    }
}
