import Conference
import Primitives
import SIP

/// Whom we watch on the SIP side for somebody on the other: SUBSCRIBE of ours and the NOTIFYs to it (RFC 3856, RFC 8048
/// section 5.2). Who refuses is left alone for a day, and shown as before.
extension SIPAdapter {
    private static let wanted: UInt32 = 3600
    /// After how long who refused is asked again, and who does not answer, at first and at most.
    private static let refusalPause = Duration.seconds(86_400)
    private static let pause = Duration.seconds(60)
    private static let mostPause = Duration.seconds(3600)

    mutating func watch(_ link: PresenceLink, at now: Instant) -> [Command] {
        if let account = account(at: link.presentity) {
            accountWatchers[account, default: []].insert(link)
            return [.presence(link, .granted), .presence(link, .states(statesOfAccount(account, at: now)))]
        }
        guard presenceWatches[link] == nil, presenceWatches.count < PresenceWatches.limit else { return [] }
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
        presenceWatches[link] = watch
        guard outside.count < OutsideRequests.limit else { return wait(link, SIPAdapter.pause, at: now) }
        let target = SIPURI(link.presentity)
        var uri = target
        uri.parameters["transport"] = configuration.transports[link.presentity.host.lowercased()]?.rawValue
        var from = NameAddress(SIPURI(link.watcherThere))
        from.tag = watch.tag
        var request = SIPMessage(
            .subscribe, uri, from: from, to: NameAddress(target), callID: watch.callID, sequence: 1)
        dress(&request, seconds: SIPAdapter.wanted)
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

    /// The answer to a SUBSCRIBE of ours, or none.
    mutating func watchAnswered(
        _ link: PresenceLink, _ response: SIPMessage?, status: Int, _ flow: SIPFlow?, at now: Instant
    ) -> [Command] {
        guard var watch = presenceWatches[link] else { return [] }
        if (200..<300).contains(status), let response, let flow {
            if watch.dialog == nil, let uri = response.contacts.first?.uri, uri.isSIP {
                var request = SIPMessage(
                    .subscribe, uri, from: response.from, to: response.to, callID: response.callID,
                    sequence: response.cseq.number)
                request.cseq = response.cseq
                watch.dialog = Dialog(calling: request, response: response)
            }
            watch.stage = .active
            watch.flow = watch.flow ?? flow
            watch.failures = 0
            let granted = min(response.expires ?? SIPAdapter.wanted, 86_400)
            watch.due = now + .seconds(Int64(max(granted, 30)) * 9 / 10)
            presenceWatches[link] = watch
            return []
        }
        note(.debug, "\(link.presentity) answered SUBSCRIBE for presence with \(status)")
        switch status {
        case 481: return wait(link, .seconds(1), at: now)
        case 408, 480, 500..<600: return wait(link, nil, at: now)
        default: return wait(link, SIPAdapter.refusalPause, at: now)
        }
    }

    /// Nothing is known of whom was watched, until it is asked for again.
    private mutating func wait(_ link: PresenceLink, _ pause: Duration?, at now: Instant) -> [Command] {
        guard var watch = presenceWatches[link] else { return [] }
        let growing = SIPAdapter.pause * (1 << min(watch.failures, 6))
        watch.stage = .waiting
        watch.dialog = nil
        watch.flow = nil
        watch.failures += 1
        watch.due = now + (pause ?? min(growing, SIPAdapter.mostPause))
        presenceWatches[link] = watch
        return [.presence(link, .states(nil))]
    }

    mutating func watchDue(_ link: PresenceLink, at now: Instant) -> [Command] {
        switch presenceWatches[link]?.stage {
        case .active where presenceWatches[link]?.dialog != nil:
            presenceWatches[link]?.due = now + .seconds(64)
            sendSubscribe(link, seconds: SIPAdapter.wanted, for: .watch(link), at: now)
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
            case "deactivated", "timeout": return wait(link, .seconds(5), at: now)
            case "rejected", "noresource", "invariant": return wait(link, SIPAdapter.refusalPause, at: now)
            default: return wait(link, after.map { .seconds(Int64(max($0, 60))) }, at: now)
            }
        }
        watch.flow = watch.flow ?? flow
        if var dialog = watch.dialog {
            dialog.refreshTarget(from: request)
            watch.dialog = dialog
        }
        presenceWatches[link] = watch
        return states.map { [.presence(link, .states($0))] } ?? []
    }
}
