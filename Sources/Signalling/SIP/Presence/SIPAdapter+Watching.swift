import Conference
import Primitives
import SIP

/// Whom we watch on the SIP side for somebody on the other: SUBSCRIBE of ours and the NOTIFYs to it (RFC 3856, RFC 8048
/// section 5.2). Who refuses is left alone for a day, and shown as before.
extension SIPAdapter {
    mutating func watch(_ link: PresenceLink, at now: Instant) -> [Command] {
        if let account = account(at: link.presentity) {
            accountWatchers[account, default: []].insert(link)
            return [.presence(link, .granted), .presence(link, .states(statesOfAccount(account, at: now)))]
        }
        if let known = presenceWatches[link] { return known.states.map { [.presence(link, .states($0))] } ?? [] }
        guard presenceWatches.count < PresenceWatches.limit else { return [] }
        presenceWatches[link] = PresenceWatch(callID: entropy.token(24), tag: entropy.token(10))
        return ask(link, at: now)
    }

    mutating func forget(_ link: PresenceLink, at now: Instant) {
        if let account = account(at: link.presentity) {
            accountWatchers[account]?.remove(link)
            if accountWatchers[account]?.isEmpty == true { accountWatchers[account] = nil }
        }
        guard let watch = presenceWatches[link] else { return }
        if watch.stage == .active { sendSubscribe(link, seconds: 0, for: .nothing, at: now) }
        presenceWatches[link] = nil
    }

    /// The SUBSCRIBE that makes the dialog.
    private mutating func ask(_ link: PresenceLink, at now: Instant) -> [Command] {
        guard var watch = presenceWatches[link] else { return [] }
        let last = watch
        watch = PresenceWatch(callID: entropy.token(24), tag: entropy.token(10))
        watch.failures = last.failures
        watch.seconds = last.seconds
        watch.repeats = last.repeats
        watch.states = last.states
        presenceWatches[link] = watch
        guard outside.watchCount < OutsideRequests.limit / 2 else { return wait(link, .growing, at: now) }
        let target = SIPURI(link.presentity)
        var uri = target
        uri.parameters["transport"] = configuration.transports[link.presentity.host.lowercased()]?.rawValue
        var from = NameAddress(SIPURI(link.watcherThere))
        from.tag = watch.tag
        var request = SIPMessage(
            .subscribe, uri, from: from, to: NameAddress(target), callID: watch.callID, sequence: 1)
        dress(&request, seconds: watch.seconds)
        let id = outside.newID()
        outside[id] = OutsideRequest(request: request, peer: link.presentity, use: .watch(link))
        return sendOutside(id, at: now)
    }

    private func dress(_ request: inout SIPMessage, seconds: UInt32) {
        request.set("Event", "presence")
        request.set("Accept", PIDF.mediaType)
        request.set("Expires", String(seconds))
        request.set("User-Agent", configuration.software)
    }

    /// A SUBSCRIBE inside the dialog.
    private mutating func sendSubscribe(_ link: PresenceLink, seconds: UInt32, for purpose: Purpose, at now: Instant) {
        guard var watch = presenceWatches[link], let flow = watch.flow, var request = watch.dialog?.request(.subscribe)
        else { return }
        dress(&request, seconds: seconds)
        request.contacts = [contact(user: link.watcherThere.user, on: flow, isFocus: false)]
        if let hashing = configuration.hashing { watch.digest?.sign(&request, hashing) }
        presenceWatches[link] = watch
        if let transaction = transactions.send(request, on: flow, at: now) { purposes[transaction] = purpose }
    }

    /// The answer to the SUBSCRIBE that makes the dialog, or none.
    mutating func watchAnswered(
        _ link: PresenceLink, _ callID: String, _ response: SIPMessage?, status: Int, _ flow: SIPFlow?, at now: Instant
    ) -> [Command] {
        guard var watch = presenceWatches[link], watch.callID == callID, watch.stage == .asking else { return [] }
        if (200..<300).contains(status), let response, let flow {
            if let uri = response.contacts.first?.uri, uri.isSIP {
                var request = SIPMessage(
                    .subscribe, uri, from: response.from, to: response.to, callID: response.callID,
                    sequence: response.cseq.number)
                request.cseq = response.cseq
                watch.dialog = Dialog(calling: request, response: response)
            }
            watch.stage = .active
            watch.flow = watch.flow ?? flow
            watch.granted(by: response, at: now)
            presenceWatches[link] = watch
            return []
        }
        note(.debug, "\(link.presentity) answered SUBSCRIBE for presence with \(status)")
        if status == 423, let response, watch.lengthen(by: response) {
            presenceWatches[link] = watch
            return ask(link, at: now)
        }
        switch status {
        case 408, 480, 500..<600: return wait(link, .growing, at: now)
        default: return wait(link, .refused, at: now)
        }
    }

    /// The answer to a SUBSCRIBE that refreshes, or none. It goes again with credentials or for a longer time where that is
    /// wanted; any other refusal is no word on who asks, as that was granted before, and it is asked anew.
    mutating func watchRefreshed(
        _ link: PresenceLink, _ callID: String, _ response: SIPMessage?, status: Int, at now: Instant
    ) -> [Command] {
        guard var watch = presenceWatches[link], watch.callID == callID, watch.stage == .active else { return [] }
        if (200..<300).contains(status), let response {
            watch.granted(by: response, at: now)
            watch.dialog?.refreshTarget(from: response)
            presenceWatches[link] = watch
            return []
        }
        let goesAgain =
            switch (status, response) {
            case (401, let response?), (407, let response?): prove(&watch, to: response, link)
            case (423, let response?): watch.lengthen(by: response)
            default: false
            }
        if goesAgain {
            presenceWatches[link] = watch
            sendSubscribe(link, seconds: watch.seconds, for: .watch(link, callID: callID), at: now)
            return []
        }
        note(.debug, "\(link.presentity) refused to refresh a SUBSCRIBE for presence with \(status)")
        switch status {
        case 408, 480, 500..<600: return wait(link, .growing, at: now)
        default: return wait(link, .short(.seconds(1)), at: now)
        }
    }

    /// Takes a challenge to a refresh: nonces are over long before subscriptions are.
    private func prove(_ watch: inout PresenceWatch, to response: SIPMessage, _ link: PresenceLink) -> Bool {
        guard watch.repeats < PresenceWatch.mostRepeats,
            let user = configuration.credentials[link.presentity.host.lowercased()],
            let digest = DigestClient(answering: response, as: user, entropy: entropy)
        else { return false }
        watch.digest = digest
        watch.repeats += 1
        return true
    }

    /// Nothing is known of whom was watched, until it is asked for again.
    private mutating func wait(_ link: PresenceLink, _ pause: PresencePause, at now: Instant) -> [Command] {
        guard var watch = presenceWatches[link] else { return [] }
        watch.rest(pause, at: now)
        presenceWatches[link] = watch
        return [.presence(link, .states(nil))]
    }

    mutating func watchDue(_ link: PresenceLink, at now: Instant) -> [Command] {
        switch presenceWatches[link]?.stage {
        case .active where presenceWatches[link]?.dialog != nil:
            guard let watch = presenceWatches[link] else { return [] }
            presenceWatches[link]?.due = now + .seconds(64)
            sendSubscribe(link, seconds: watch.seconds, for: .watch(link, callID: watch.callID), at: now)
            return []
        case .active, .waiting, .asking: return ask(link, at: now)
        case nil: return []
        }
    }

    // MARK: NOTIFY

    /// Presence arrives, or its end (RFC 6665 section 4.1.3); nobody's is taken that was not asked for.
    mutating func notified(
        _ request: SIPMessage, _ id: ServerTransactionID, _ dialog: DialogID, _ flow: SIPFlow, at now: Instant
    ) -> [Command] {
        func answer(_ status: Int, _ headers: [SIPHeader] = []) {
            reply(request, id, status, headers: headers, at: now)
        }
        guard let link = presenceWatches.link(of: dialog), var watch = presenceWatches[link], watch.stage != .waiting,
            watch.dialog.map({ $0.id == dialog }) ?? true
        else {
            answer(481)
            return []
        }
        guard watch.accepts(request) else {
            reply(request, id, 500, "Out of order", at: now)
            return []
        }
        presenceWatches[link]?.heard = watch.heard
        guard request.event?.value.lowercased() == "presence" else {
            answer(489, [SIPHeader("Allow-Events", "presence")])
            return []
        }
        let state = request.header("Subscription-State").map(ParameterizedValue.init(parsing:))
        let isOver = state?.value.lowercased() == "terminated"
        var states: [PresenceState]?
        if !request.body.isEmpty {
            guard request.mediaType == PIDF.mediaType else {
                answer(415, [SIPHeader("Accept", PIDF.mediaType)])
                return []
            }
            guard let parsed = PIDF.parse(request.body) else {
                answer(400)
                return []
            }
            states = parsed
        }
        answer(200)
        if isOver {
            let after = state?.parameters["retry-after"].flatMap { UInt16($0) }
            switch state?.parameters["reason"]?.lowercased() {
            case "deactivated", "timeout": return wait(link, .short(.seconds(5)), at: now)
            case "rejected", "noresource", "invariant": return wait(link, .refused, at: now)
            default: return wait(link, after.map { .told(.seconds(Int64($0))) } ?? .growing, at: now)
            }
        }
        watch.flow = watch.flow ?? flow
        if var dialog = watch.dialog {
            dialog.refreshTarget(from: request)
            watch.dialog = dialog
        }
        if watch.stage == .active, let left = state?.parameters["expires"].flatMap({ UInt16($0) }) {
            // The notifier's word on how long it is to last (section 4.1.3).
            let due = now + .seconds(Int64(max(left, 30)) * 9 / 10)
            watch.due = watch.due.map { min($0, due) } ?? due
        }
        watch.states = states ?? watch.states
        presenceWatches[link] = watch
        return states.map { [.presence(link, .states($0))] } ?? []
    }
}
