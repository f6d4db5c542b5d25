import Conference
import Primitives
import SIP

/// How calls end.
extension SIPAdapter {
    /// The domain ends a call, in whatever state it is.
    mutating func end(_ id: LegID, _ reason: EndReason, at now: Instant) -> [Command] {
        guard let leg = legs[id] else { return [] }
        switch leg.stage {
        case .offered(let transaction):
            reply(leg.invite, transaction, reason.status, reason.phrase, headers: reason.refusalHeaders, at: now)
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
        guard var leg = legs.removeValue(forKey: id) else { return [] }
        if let source = leg.source { callers.release(source) }
        if leg.isLive { media.close(id) }
        if case .offered(let transaction) = leg.stage { offers[transaction] = nil }
        for transaction in [leg.clientInvite].compactMap(\.self) + leg.branches.keys {
            purposes[transaction] = nil
            transactions.expectEnd(of: transaction, at: now)
        }
        if !leg.isIncoming { ownCalls.remove(id, leg.invite) }
        callCredentials[CallKey(leg)]?.over = now + CallCredentials.afterlife
        let commands = endTexts(of: &leg)
        forgetEarlyDialogs(of: leg)
        if let dialog = leg.dialog {
            dialogs[dialog]?.leg = nil
            endedDialogs.insert(dialog)
            endSubscriptions(in: dialog, at: now)
            endRefers(in: dialog)
            release(dialog)
        }
        return commands
    }
}
