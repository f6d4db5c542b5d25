import Conference
import Primitives
import SIP

/// Phones that watch somebody on the other side: SUBSCRIBE of theirs and our NOTIFYs (RFC 3856, RFC 8048 section 5.3).
extension SIPAdapter {
    /// SUBSCRIBE outside of any dialog.
    mutating func watched(
        _ request: SIPMessage, _ id: ServerTransactionID, _ flow: SIPFlow, from identity: Identity,
        _ conference: Conference, at now: Instant
    ) -> [Command] {
        func answer(_ status: Int, _ headers: [SIPHeader] = []) {
            reply(request, id, status, headers: headers, at: now)
        }
        guard let uri = request.requestURI, let event = request.event, event.value.lowercased() == "presence" else {
            answer(489, [SIPHeader("Allow-Events", "presence")])
            return []
        }
        if let accepted = request.accept,
            !accepted.contains(where: { [PIDF.mediaType, "application/*", "*/*"].contains($0) })
        {
            answer(406, [SIPHeader("Accept", PIDF.mediaType)])
            return []
        }
        guard hasRoom(subscriptionCount, of: configuration.maximumSubscriptions, watchers, on: flow) else {
            answer(503, [SIPHeader("Retry-After", "60")])
            return []
        }
        let link: PresenceLink
        switch conference.presenceLink(
            from: identity.address, to: PeerAddress(uri), isAuthenticated: identity.isAuthenticated,
            origin: flow.remote.ip.unmapped.description)
        {
        case .success(let found): link = found
        case .failure(let failure):
            answer(failure.status)
            return []
        }
        guard mayWatch(identity, on: flow, at: now) else {
            answer(503, [SIPHeader("Retry-After", "10")])
            return []
        }
        guard let tag = transactions.tag(of: id), let dialog = Dialog(answering: request, tag: tag, state: .confirmed)
        else {
            answer(400)
            return []
        }
        let seconds = min(request.expires ?? configuration.subscriptionTime, configuration.subscriptionTime)
        let isLook = seconds == 0
        let contact = contact(user: uri.user, on: flow, isFocus: false, scheme: uri.scheme)
        var watcher = PresenceWatcher(
            link: link, source: flow.remote.ip.unmapped, dialog: dialog, flow: flow, contact: contact,
            subscription: Subscription(event: event, seconds: isLook ? 60 : seconds, isPending: true, at: now))
        if isLook { watcher.lookUntil = now + PresenceWatcher.patience }
        presenceWatchers[dialog.id] = watcher
        subscriptionCount += 1
        watchers.take(watcher.source)
        note(.info, "\(identity.address) watches \(link.presentity)")
        accept(request, id, contact, seconds: seconds, at: now)
        if !isLook { notify(dialog.id, at: now, wall: nil) }
        return [.presence(link, .watch)]
    }

    /// SUBSCRIBE inside the dialog: refreshed, or ended.
    mutating func rewatched(
        _ request: SIPMessage, _ id: ServerTransactionID, _ dialog: DialogID, _ flow: SIPFlow, at now: Instant
    ) -> [Command] {
        guard var watcher = presenceWatchers[dialog] else { return [] }
        guard watcher.dialog.accepts(request) else {
            reply(request, id, 500, "Out of order", at: now)
            return []
        }
        guard request.event?.value.lowercased() == "presence" else {
            reply(request, id, 489, headers: [SIPHeader("Allow-Events", "presence")], at: now)
            return []
        }
        let seconds = min(request.expires ?? configuration.subscriptionTime, configuration.subscriptionTime)
        watcher.dialog.refreshTarget(from: request)
        watcher.flow = flow
        watcher.subscription.refresh(seconds: seconds, at: now)
        watcher.isDirty = true
        watcher.mayTellAt = now
        if watcher.subscription.isTerminated { watcher.lookUntil = now }
        presenceWatchers[dialog] = watcher
        accept(request, id, watcher.contact, seconds: seconds, at: now)
        return []
    }

    private mutating func accept(
        _ request: SIPMessage, _ id: ServerTransactionID, _ contact: NameAddress, seconds: UInt32, at now: Instant
    ) {
        var response = request.response(200, tag: transactions.tag(of: id))
        response.contacts = [contact]
        response.set("Expires", String(seconds))
        response.headers += abilities(isRoom: false)
        response.set("Allow-Events", "presence")
        response.set("Server", configuration.software)
        transactions.respond(response, to: id, at: now)
    }

    // MARK: What the other side says

    mutating func granted(_ link: PresenceLink, at now: Instant, wall: WallTime) {
        for dialog in presenceWatchers.dialogs(of: link) {
            presenceWatchers[dialog]?.subscription.activate()
            presenceWatchers[dialog]?.isDirty = true
            presenceWatchers[dialog]?.mayTellAt = now
        }
    }

    mutating func refused(_ link: PresenceLink, at now: Instant, wall: WallTime) {
        for dialog in presenceWatchers.dialogs(of: link) {
            presenceWatchers[dialog]?.subscription.terminate(reason: "rejected")
            presenceWatchers[dialog]?.states = nil
            presenceWatchers[dialog]?.lookUntil = now
        }
    }

    mutating func told(_ link: PresenceLink, _ states: [PresenceState]?, at now: Instant, wall: WallTime) {
        for dialog in presenceWatchers.dialogs(of: link) {
            let isFirst = presenceWatchers[dialog]?.states == nil
            guard presenceWatchers[dialog]?.states != states else { continue }
            presenceWatchers[dialog]?.subscription.activate()
            presenceWatchers[dialog]?.states = states
            presenceWatchers[dialog]?.isDirty = true
            if isFirst { presenceWatchers[dialog]?.mayTellAt = now }
            if presenceWatchers[dialog]?.lookUntil != nil { presenceWatchers[dialog]?.lookUntil = now }
        }
    }

    // MARK: NOTIFY

    /// What is due for a watcher: its end, or a document.
    mutating func watcherDue(_ dialog: DialogID, at now: Instant, wall: WallTime) -> [Command] {
        guard var watcher = presenceWatchers[dialog] else { return [] }
        if watcher.lookUntil.map({ $0 <= now }) == true { watcher.subscription.terminate(reason: "timeout") }
        _ = watcher.subscription.wake(at: now)
        presenceWatchers[dialog] = watcher
        if watcher.subscription.isTerminated {
            if !watcher.hasGone { notify(dialog, at: now, wall: wall, isLast: true) }
            return remove(dialog)
        }
        if watcher.isDirty, !watcher.isInFlight, watcher.mayTellAt <= now { notify(dialog, at: now, wall: wall) }
        return []
    }

    /// - Parameters:
    ///   - wall: nil for a NOTIFY without a document.
    ///   - isLast: the subscription is over, and counts until this is answered, so that those are limited, too, which are
    ///     over at once.
    private mutating func notify(_ id: DialogID, at now: Instant, wall: WallTime?, isLast: Bool = false) {
        guard var watcher = presenceWatchers[id] else { return }
        var request = watcher.dialog.request(.notify)
        request.contacts = [watcher.contact]
        request.set("User-Agent", configuration.software)
        watcher.subscription.stamp(&request, at: now)
        if let wall, let states = watcher.states ?? known(watcher) {
            let uri = SIPURI(watcher.link.watched)
            let document = PIDF.write(
                states, entity: "pres:" + uri.description.dropFirst(4), contact: uri.description, at: wall)
            request.setBody(Array(document.utf8), type: PIDF.mediaType)
        }
        // Told elsewhere than where it came from, a third party would get what it never asked for.
        let transaction = transactions.send(request, on: watcher.flow, at: now)
        if let transaction {
            purposes[transaction] = isLast ? .lastNotify(watcher.source) : .presenceNotify(id)
            watcher.isCounted = !isLast
        }
        watcher.isInFlight = transaction != nil
        watcher.isDirty = false
        watcher.mayTellAt = now + PresenceWatcher.interval
        presenceWatchers[id] = watcher
    }

    /// Who was granted to be watched and has said nothing is not there.
    private func known(_ watcher: PresenceWatcher) -> [PresenceState]? {
        watcher.subscription.state == .active ? [] : nil
    }

    mutating func presenceNotified(_ dialog: DialogID, status: Int, at now: Instant) {
        presenceWatchers[dialog]?.isInFlight = false
        guard presenceWatchers[dialog] != nil, status >= 300 else { return }
        note(.info, "a watcher answered NOTIFY with \(status) and is dropped")
        presenceWatchers[dialog]?.subscription.terminate(reason: "giveup")
        presenceWatchers[dialog]?.lookUntil = now
        presenceWatchers[dialog]?.hasGone = true
    }

    /// A watcher is over; who nobody watches any more need not be followed.
    private mutating func remove(_ dialog: DialogID) -> [Command] {
        guard let watcher = presenceWatchers.removeValue(forKey: dialog) else { return [] }
        if watcher.isCounted { forgetSubscription(of: watcher.source) }
        return presenceWatchers.isWatched(watcher.link) ? [] : [.presence(watcher.link, .forget)]
    }
}
