import Conference
import ConferenceInfo
import Primitives
import SIP

/// Who watches rooms: the conference package (RFC 4575) over SUBSCRIBE and NOTIFY (RFC 6665).
extension SIPAdapter {
    // MARK: SUBSCRIBE

    /// SUBSCRIBE outside a dialog: makes one.
    mutating func subscribe(
        _ request: SIPMessage, _ id: ServerTransactionID, _ flow: SIPFlow, _ destination: DialPlan.Destination,
        from identity: Identity, _ conference: Conference, at now: Instant
    ) {
        guard case .room(let name) = destination, let room = conference.room(name), let uri = request.requestURI else {
            return reply(request, id, 404, at: now)
        }
        let origin = flow.remote.ip.unmapped.description
        guard
            isTrusted(flow)
                || conference.mayWatch(name, identity.address, isProven: identity.isAuthenticated, origin: origin)
        else { return reply(request, id, 403, "Only who is in the room may watch it", at: now) }
        guard isAcceptable(request, id, flow, at: now), let tag = transactions.tag(of: id) else { return }
        guard let dialog = Dialog(answering: request, tag: tag, state: .confirmed) else {
            return reply(request, id, 400, "No Contact", at: now)
        }
        dialogs[dialog.id] = SIPDialogEntry(
            dialog: dialog, flow: flow, contact: contact(user: uri.user, on: flow, isFocus: true, scheme: uri.scheme))
        begin(request, id, dialog.id, room, conference, at: now)
    }

    /// SUBSCRIBE inside a dialog: of a call, or of a subscription that is refreshed or ended.
    mutating func subscribe(
        _ request: SIPMessage, _ id: ServerTransactionID, in dialog: DialogID, _ conference: Conference,
        at now: Instant
    ) {
        guard let entry = dialogs[dialog] else { return reply(request, id, 481, at: now) }
        let key = request.event?.parameters["id"] ?? ""
        if var known = entry.subscriptions[key], request.event?.value.lowercased() == "conference" {
            dialogs[dialog]?.dialog.refreshTarget(from: request)
            let seconds = granted(request)
            known.subscription.refresh(seconds: seconds, at: now)
            dialogs[dialog]?.subscriptions[key] = known
            let watcher = Watcher(dialog: dialog, key: key)
            publishers[known.room]?.setInterval(request.minimumInterval(within: seconds), of: watcher)
            accept(request, id, entry.contact, seconds: seconds, at: now)
            guard let room = conference.room(known.room) else {
                endSubscriptions(in: dialog, at: now)
                return release(dialog)
            }
            return notifyFull(room, dialog, key, at: now)
        }
        guard isAcceptable(request, id, entry.flow, at: now) else { return }
        let watched = entry.subscriptions.values.first?.room ?? entry.leg.flatMap { conference.room(of: $0) }
        guard let room = watched.flatMap({ conference.room($0) }) else { return reply(request, id, 404, at: now) }
        guard entry.leg.map({ conference.mayWatch(from: $0) }) ?? true else {
            return reply(request, id, 403, "Only who is in the room may watch it", at: now)
        }
        dialogs[dialog]?.dialog.refreshTarget(from: request)
        begin(request, id, dialog, room, conference, at: now)
    }

    /// Whether a new subscription can be had; answers if not.
    private mutating func isAcceptable(
        _ request: SIPMessage, _ id: ServerTransactionID, _ flow: SIPFlow, at now: Instant
    ) -> Bool {
        guard request.event?.value.lowercased() == "conference" else {
            reply(request, id, 489, headers: [SIPHeader("Allow-Events", "conference")], at: now)
            return false
        }
        let type = ConferenceInfoDocument.mediaType
        if let accepted = request.accept, !accepted.contains(where: { [type, "application/*", "*/*"].contains($0) }) {
            reply(request, id, 406, headers: [SIPHeader("Accept", type)], at: now)
            return false
        }
        guard hasRoom(subscriptionCount, of: configuration.maximumSubscriptions, watchers, on: flow) else {
            reply(request, id, 503, headers: [SIPHeader("Retry-After", "60")], at: now)
            return false
        }
        return true
    }

    private func granted(_ request: SIPMessage) -> UInt32 {
        min(request.expires ?? configuration.subscriptionTime, configuration.subscriptionTime)
    }

    private mutating func accept(
        _ request: SIPMessage, _ id: ServerTransactionID, _ contact: NameAddress, seconds: UInt32, at now: Instant
    ) {
        var response = request.response(200, tag: transactions.tag(of: id))
        response.contacts = [contact]
        response.set("Expires", String(seconds))
        response.headers += abilities(isRoom: true)
        response.set("Server", configuration.software)
        transactions.respond(response, to: id, at: now)
    }

    private mutating func begin(
        _ request: SIPMessage, _ id: ServerTransactionID, _ dialog: DialogID, _ room: Room, _ conference: Conference,
        at now: Instant
    ) {
        guard let entry = dialogs[dialog], let event = request.event, let uri = request.requestURI else { return }
        let seconds = granted(request)
        let key = event.parameters["id"] ?? ""
        var told = event
        for name in SIPMessage.rateParameters { told.parameters.remove(name) }
        dialogs[dialog]?.subscriptions[key] = ConferenceSubscription(
            room: room.name, source: entry.flow.remote.ip.unmapped,
            subscription: Subscription(event: told, seconds: seconds, at: now))
        let watcher = Watcher(dialog: dialog, key: key)
        if publishers[room.name] == nil {
            publishers[room.name] = ConferenceInfoPublisher(
                context: ConferenceInfoContext(of: room.name, conference.configuration),
                interval: configuration.updateInterval,
                awaitsAnswers: true)
        }
        publishers[room.name]?.add(
            watcher, entity: SIPAdapter.entity(uri), interval: request.minimumInterval(within: seconds))
        subscriptionCount += 1
        watchers.take(entry.flow.remote.ip.unmapped)
        note(.info, "\(PeerAddress(request.from.uri)) watches \(room.name) for \(seconds) s")
        accept(request, id, entry.contact, seconds: seconds, at: now)
        notifyFull(room, dialog, key, at: now)
    }

    /// The conference URI as the subscriber knows it: what it subscribed to, which for who was told by `isfocus` is
    /// the Contact of the focus; without `gr`, by which clients strip it too.
    private static func entity(_ uri: SIPURI) -> String {
        var entity = uri.withoutParameters
        if let transport = uri.transport { entity.parameters["transport"] = transport }
        return entity.description
    }

    // MARK: NOTIFY

    mutating func roomChanged(_ name: RoomName, _ conference: Conference, at now: Instant) -> [Command] {
        guard publishers[name] != nil, let room = conference.room(name) else { return [] }
        publishers[name]?.changed(at: now)
        publish(room, at: now)
        return []
    }

    /// Tells those watchers of a room who are to be told something now.
    private mutating func publish(_ room: Room, at now: Instant) {
        for (watcher, notice) in publishers[room.name]?.due(room, at: now) ?? [] { notify(watcher, notice, at: now) }
    }

    /// Tells watchers what has waited for its time.
    mutating func publishDue(_ conference: Conference, at now: Instant) {
        for name in publishers.takeDue(by: now) {
            if let room = conference.room(name) { publish(room, at: now) }
            publishers.arm(name)
        }
    }

    mutating func roomEnded(_ name: RoomName, at now: Instant) -> [Command] {
        for watcher in publishers[name]?.all ?? [] {
            dialogs[watcher.dialog]?.subscriptions[watcher.key]?.subscription.terminate(reason: "noresource")
            notifyLast(watcher, publishers[name]?.deleted(for: watcher), at: now)
            release(watcher.dialog)
        }
        return []
    }

    mutating func expireSubscriptions(_ conference: Conference, at now: Instant) {
        for dialog in dialogs.takeDue(by: now) {
            for key in (dialogs[dialog]?.subscriptions).map({ Array($0.keys) }) ?? [] {
                guard dialogs[dialog]?.subscriptions[key]?.subscription.wake(at: now) == true,
                    let name = dialogs[dialog]?.subscriptions[key]?.room
                else { continue }
                let watcher = Watcher(dialog: dialog, key: key)
                let last = conference.room(name).flatMap { publishers[name]?.full(for: watcher, $0, at: now) }
                notifyLast(watcher, last, at: now)
            }
            release(dialog)
            dialogs.arm(dialog)
        }
    }

    /// The subscriptions of a dialog whose call is over end with it.
    mutating func endSubscriptions(in dialog: DialogID, at now: Instant) {
        for key in (dialogs[dialog]?.subscriptions).map({ Array($0.keys) }) ?? [] {
            dialogs[dialog]?.subscriptions[key]?.subscription.terminate(reason: "noresource")
            notifyLast(Watcher(dialog: dialog, key: key), nil, at: now)
        }
    }

    private mutating func remove(_ watcher: Watcher) -> ConferenceSubscription? {
        guard let removed = dialogs[watcher.dialog]?.subscriptions.removeValue(forKey: watcher.key) else { return nil }
        forgetSubscription(of: removed.source)
        publishers[removed.room]?.remove(watcher)
        if publishers[removed.room]?.isEmpty == true { publishers[removed.room] = nil }
        return removed
    }

    /// A full document, for a subscription that is new, refreshed, or over.
    private mutating func notifyFull(_ room: Room, _ dialog: DialogID, _ key: String, at now: Instant) {
        let watcher = Watcher(dialog: dialog, key: key)
        guard let notice = publishers[room.name]?.full(for: watcher, room, at: now) else { return }
        if dialogs[dialog]?.subscriptions[key]?.subscription.isTerminated == true {
            notifyLast(watcher, notice, at: now)
            release(dialog)
        } else {
            notify(watcher, notice, at: now)
        }
    }

    /// A document, as soon as the NOTIFY before it is answered.
    private mutating func notify(_ watcher: Watcher, _ notice: ConferenceInfoNotice, at now: Instant) {
        guard let subscription = dialogs[watcher.dialog]?.subscriptions[watcher.key] else { return }
        guard subscription.inFlight == nil else {
            dialogs[watcher.dialog]?.subscriptions[watcher.key]?.waiting = notice
            return
        }
        let transaction = sendNotify(
            subscription, notice, watcher, for: .notify(watcher.dialog, watcher.key), at: now)
        dialogs[watcher.dialog]?.subscriptions[watcher.key]?.inFlight = transaction
        guard transaction == nil else { return }
        note(.warning, "a NOTIFY could not be sent; its subscriber is dropped")
        _ = remove(watcher)
        release(watcher.dialog)
    }

    /// The last NOTIFY of a subscription that is over; it waits for none. The subscription counts until it is answered,
    /// so that those which are over at once are limited too.
    private mutating func notifyLast(_ watcher: Watcher, _ notice: ConferenceInfoNotice?, at now: Instant) {
        guard let subscription = remove(watcher) else { return }
        if let last = subscription.inFlight { purposes[last] = .nothing }
        let source = subscription.source
        guard sendNotify(subscription, notice, watcher, for: .lastNotify(source), at: now) != nil else { return }
        subscriptionCount += 1
        watchers.take(source)
    }

    private mutating func sendNotify(
        _ subscription: ConferenceSubscription, _ notice: ConferenceInfoNotice?, _ watcher: Watcher,
        for purpose: Purpose, at now: Instant
    ) -> ClientTransactionID? {
        let interval = publishers[subscription.room]?.interval(of: watcher)
        let flow = dialogs[watcher.dialog].flatMap { provenFlow($0) }
        return send(.notify, in: watcher.dialog, for: purpose, on: flow, at: now) { request in
            subscription.subscription.stamp(&request, at: now)
            if let interval, interval >= .seconds(1), let state = request.header("Subscription-State"),
                !subscription.subscription.isTerminated
            {
                request.set("Subscription-State", "\(state);min-interval=\(interval.components.seconds)")
            }
            guard let notice else { return }
            request.setBody(Array(notice.xml.utf8), type: ConferenceInfoDocument.mediaType)
        }
    }

    /// Who subscribes outside of a call has shown that it is where its SUBSCRIBE came from, and nothing of where its Contact
    /// or Record-Route point to: told elsewhere, a third party would get what it never asked for. Nil for the usual way.
    func provenFlow(_ entry: SIPDialogEntry) -> SIPFlow? {
        guard entry.leg == nil else { return nil }
        let isThere = IPAddress(entry.dialog.nextHop.host)?.unmapped == entry.flow.remote.ip.unmapped
        return isThere ? nil : entry.flow
    }

    /// Whether the subscription is over for a subscriber that answers so (RFC 6665 section 4.2.2, RFC 5057 section 5.1).
    private static func endsSubscription(_ status: Int, mayComeAgain: Bool) -> Bool {
        switch status {
        case 408, 481: true
        case 404, 405, 410, 416, 480, 482...485, 489, 501, 604: !mayComeAgain
        default: false
        }
    }

    /// The answer to a NOTIFY: the next one follows, or the subscriber is gone (RFC 6665 section 4.2.2). Who could not take
    /// one gets everything with the next change.
    /// - Parameter mayComeAgain: whether it says when to try again.
    mutating func notifyAnswered(
        _ dialog: DialogID, _ key: String, _ id: ClientTransactionID, status: Int, mayComeAgain: Bool = false,
        at now: Instant
    ) {
        guard var subscription = dialogs[dialog]?.subscriptions[key], subscription.inFlight == id else { return }
        let watcher = Watcher(dialog: dialog, key: key)
        guard !SIPAdapter.endsSubscription(status, mayComeAgain: mayComeAgain) else {
            note(.info, "a subscriber answered NOTIFY with \(status) and is dropped")
            _ = remove(watcher)
            return release(dialog)
        }
        let waiting = subscription.waiting
        subscription.inFlight = nil
        subscription.waiting = nil
        dialogs[dialog]?.subscriptions[key] = subscription
        if !(200..<300).contains(status), waiting == nil { publishers[subscription.room]?.missed(watcher) }
        if let next = waiting ?? publishers[subscription.room]?.answered(watcher, at: now) {
            notify(watcher, next, at: now)
        }
    }
}

extension SIPMessage {
    /// Parameters of Event by which a subscriber limits its notifications (RFC 6446 section 4, and the name of its drafts).
    static let rateParameters = ["min-interval", "throttle"]

    /// The least time between two NOTIFYs that a SUBSCRIBE asks for, at most the time granted; nil when it does not.
    fileprivate func minimumInterval(within seconds: UInt32) -> Duration? {
        let wanted = SIPMessage.rateParameters.compactMap { event?.parameters[$0] }.first.flatMap { UInt32($0) }
        return wanted.map { .seconds(Int64(min($0, seconds))) }
    }
}
