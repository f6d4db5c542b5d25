import Conference
import Primitives
import SIP

/// Which purpose a request of ours had, and what its answers and failures mean for it.
extension SIPAdapter {
    mutating func handle(
        _ response: SIPMessage, _ id: ClientTransactionID, _ flow: SIPFlow, at now: Instant
    ) -> [Command] {
        let isFinal = (response.status ?? 0) >= 200
        if isFinal, sendsAgain(response, id, at: now) { return [] }
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
        case .lastText(let text):
            guard isFinal else { break }
            purposes[id] = nil
            return lastTextAnswered(text, status: response.status ?? 0)
        case .outside(let outside):
            guard isFinal else { break }
            purposes[id] = nil
            return outsideAnswered(outside, id, response, status: response.status ?? 0, flow, at: now)
        case .key(let leg): if isFinal { keyAnswered(leg, at: now) }
        case .watch(let link, let callID):
            guard isFinal else { break }
            purposes[id] = nil
            return watchRefreshed(link, callID, response, status: response.status ?? 0, at: now)
        case .presenceNotify(let dialog):
            if isFinal { presenceNotified(dialog, status: response.status ?? 0, at: now) }
        case .referNotify(let refer): if isFinal { referNotified(refer, status: response.status ?? 0, at: now) }
        case .notify(let dialog, let event):
            guard isFinal else { break }
            let mayComeAgain = response.header("Retry-After") != nil
            notifyAnswered(dialog, event, id, status: response.status ?? 0, mayComeAgain: mayComeAgain, at: now)
        case .lastNotify(let source): if isFinal { forgetSubscription(of: source) }
        case .register(let line):
            guard isFinal else { break }
            purposes[id] = nil
            return registered(response, line, id, flow, at: now)
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
        unanswered[id] = nil
        switch purposes.removeValue(forKey: id) {
        case .invite(let leg):
            if let commands = tryNext(leg, at: now) { return commands }
            note(.info, "\(leg): \(failure == .timeout ? "no response" : "cannot be reached")")
            return giveUp(leg, failure == .timeout ? .noAnswer : .unavailable, .unreachable, at: now)
        case .branch(let leg): return branchFailed(id, leg, status: status, at: now)
        case .reinvite(let leg):
            guard legs[leg]?.clientInvite == id else { return [] }
            return end(leg, .connectivity, at: now) + [.legEnded(leg, .connectivity)]
        case .update(let leg): return updateAnswered(leg, nil, status: 408, at: now)
        case .text(let leg): return textAnswered(leg, id, nil, status: status, at: now)
        case .lastText(let text): return lastTextAnswered(text, status: status)
        case .outside(let outside): return outsideAnswered(outside, id, nil, status: status, nil, at: now)
        case .key(let leg): keyAnswered(leg, at: now)
        case .watch(let link, let callID): return watchRefreshed(link, callID, nil, status: status, at: now)
        case .presenceNotify(let dialog): presenceNotified(dialog, status: status, at: now)
        case .notify(let dialog, let event): notifyAnswered(dialog, event, id, status: 408, at: now)
        case .referNotify(let refer): referNotified(refer, status: status, at: now)
        case .lastNotify(let source): forgetSubscription(of: source)
        case .register(let line): return registrationFailed(line, id, at: now)
        case .nothing, nil: break
        }
        return []
    }
}
