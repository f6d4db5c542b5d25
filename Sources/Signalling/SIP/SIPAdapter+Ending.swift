import Conference
import Primitives
import SIP

/// How calls end, and what timers and failures do to them.
extension SIPAdapter {
    /// The domain ends a call, in whatever state it is.
    mutating func end(_ id: LegID, _ reason: EndReason, at now: Instant) -> [Command] {
        guard let leg = legs[id] else { return [] }
        switch leg.stage {
        case .offered(let transaction):
            var headers: [SIPHeader] = []
            if reason == .full { headers.append(SIPHeader("Retry-After", "60")) }
            let text = if case .failed(let text) = reason { text } else { nil as String? }
            reply(leg.invite, transaction, reason.status, text, headers: headers, at: now)
            return forget(id, at: now)
        case .answered:
            // BYE has to wait for the ACK, or for its absence (RFC 3261 section 15).
            legs[id]?.stage = .ending(reason)
            media.close(id)
        case .resolving: return forget(id, at: now)
        case .calling:
            cancelBranches(of: id, reason: reason.reasonHeader, at: now)
            guard let transaction = leg.clientInvite else { return forget(id, at: now) }
            transactions.cancel(transaction, headers: reason.reasonHeader.map { [$0] } ?? [], at: now)
            legs[id]?.stage = .cancelling
            legs[id]?.deadline = now + configuration.timers.transactionTimeout
            media.close(id)
        case .up:
            sendBye(id, reason, at: now)
            return forget(id, at: now)
        case .ending, .cancelling: break
        }
        return []
    }

    mutating func sendBye(_ id: LegID, _ reason: EndReason, at now: Instant) {
        guard let dialog = legs[id]?.dialog else { return }
        send(.bye, in: dialog, for: .nothing, at: now) { request in
            if let header = reason.reasonHeader { request.headers.append(header) }
        }
    }

    /// Forgets a leg and tells the domain, if it still knew it.
    mutating func drop(_ id: LegID, _ reason: EndReason, at now: Instant) -> [Command] {
        let isLive = legs[id]?.isLive ?? false
        return forget(id, at: now) + (isLive ? [.legEnded(id, reason)] : [])
    }

    /// Forgets a leg, its media and its use of the dialog.
    mutating func forget(_ id: LegID, at now: Instant) -> [Command] {
        guard let leg = legs.removeValue(forKey: id) else { return [] }
        if let source = leg.source { callers.release(source) }
        if leg.isLive { media.close(id) }
        if case .offered(let transaction) = leg.stage { offers[transaction] = nil }
        if let transaction = leg.clientInvite { purposes[transaction] = nil }
        for transaction in leg.branches.keys { purposes[transaction] = nil }
        digests[id] = nil
        if let text = leg.text.inFlight { purposes[text.transaction] = .nothing }
        forgetEarlyDialogs(of: leg)
        if let dialog = leg.dialog {
            dialogs[dialog]?.leg = nil
            endedDialogs.insert(dialog)
            endSubscriptions(in: dialog, at: now)
            endRefers(in: dialog)
            release(dialog)
        }
        return []
    }

    // MARK: Time

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
            return tryNext(id, at: now) ?? []
        }
        if let due = leg.lostUntil, due <= now {
            note(.info, "\(id): its connection is gone and was not opened anew")
            return end(id, .connectivity, at: now) + [.legEnded(id, .connectivity)]
        }
        if let due = leg.reinviteAt, due <= now {
            legs[id]?.reinviteAt = nil
            return sendReinvite(id, at: now)
        }
        if leg.reliable?.nextWake != nil { return reliableFired(id, at: now) }
        if let action = legs[id]?.timer?.wake(at: now) { return timerFired(id, action, at: now) }
        return []
    }

    // MARK: Responses and failures

    mutating func handle(
        _ response: SIPMessage, _ id: ClientTransactionID, _ flow: SIPFlow, at now: Instant
    ) -> [Command] {
        let isFinal = (response.status ?? 0) >= 200
        switch purposes[id] {
        case .invite(let leg): return inviteAnswered(response, leg, flow, at: now)
        case .branch(let leg):
            if (response.status ?? 0) >= 300 { purposes[id] = nil }
            return branchAnswered(response, id, leg, flow, at: now)
        case .reinvite(let leg): return reinviteAnswered(response, leg, at: now)
        case .update(let leg):
            guard isFinal else { break }
            purposes[id] = nil
            return updateAnswered(leg, response, status: response.status ?? 0, at: now)
        case .text(let leg):
            if isFinal {
                purposes[id] = nil
                return textAnswered(leg, id, response, status: response.status ?? 0, at: now)
            }
        case .referNotify(let refer): if isFinal { referNotified(refer, status: response.status ?? 0, at: now) }
        case .notify(let dialog, let event):
            guard isFinal else { break }
            let mayComeAgain = response.header("Retry-After") != nil
            notifyAnswered(dialog, event, id, status: response.status ?? 0, mayComeAgain: mayComeAgain, at: now)
        case .lastNotify(let source): if isFinal { forgetSubscription(of: source) }
        case .nothing: break
        case nil:
            if id.method == .invite, (200..<300).contains(response.status ?? 0) {
                acknowledgeAndEnd(response, flow, at: now)
            }
        }
        if isFinal { purposes[id] = nil }
        return []
    }

    mutating func failed(_ id: ClientTransactionID, _ failure: TransactionFailure, at now: Instant) -> [Command] {
        let status = failure == .timeout ? 408 : 503
        switch purposes.removeValue(forKey: id) {
        case .invite(let leg):
            if let commands = tryNext(leg, at: now) { return commands }
            note(.info, "\(leg): \(failure == .timeout ? "no response" : "cannot be reached")")
            return drop(leg, failure == .timeout ? .noAnswer : .unavailable, at: now)
        case .branch(let leg): return branchFailed(id, leg, status: status, at: now)
        case .reinvite(let leg):
            guard legs[leg]?.clientInvite == id else { return [] }
            return end(leg, .connectivity, at: now) + [.legEnded(leg, .connectivity)]
        case .update(let leg): return updateAnswered(leg, nil, status: 408, at: now)
        case .text(let leg): return textAnswered(leg, id, nil, status: status, at: now)
        case .notify(let dialog, let event): notifyAnswered(dialog, event, id, status: 408, at: now)
        case .referNotify(let refer): referNotified(refer, status: status, at: now)
        case .lastNotify(let source): forgetSubscription(of: source)
        case .nothing, nil: break
        }
        return []
    }
}
