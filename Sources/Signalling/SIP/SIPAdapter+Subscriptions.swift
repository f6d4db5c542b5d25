import Conference
import ConferenceInfo
import Primitives
import SIP

/// Who watches rooms: the conference package (RFC 4575) over SUBSCRIBE and NOTIFY (RFC 6665).
extension SIPAdapter {
    /// Most documents that wait for a slow subscriber; beyond it one full document takes their place.
    private static let backlog = 32

    // MARK: SUBSCRIBE

    /// SUBSCRIBE outside a dialog: makes one.
    mutating func subscribe(
        _ request: SIPMessage, _ id: ServerTransactionID, _ flow: SIPFlow, _ destination: DialPlan.Destination,
        _ conference: Conference, at now: Instant
    ) {
        guard case .room(let name) = destination, let room = conference.room(name), let uri = request.requestURI else {
            return reply(request, id, 404, at: now)
        }
        guard isAcceptable(request, id, at: now), let tag = transactions.tag(of: id) else { return }
        guard let dialog = Dialog(answering: request, tag: tag, state: .confirmed) else {
            return reply(request, id, 400, "No Contact", at: now)
        }
        dialogs[dialog.id] = SIPDialogEntry(
            dialog: dialog, flow: flow, contact: contact(user: uri.user, on: flow, isFocus: true))
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
            accept(request, id, entry.contact, seconds: seconds, at: now)
            guard let room = conference.room(known.room) else {
                endSubscriptions(in: dialog, at: now)
                return release(dialog)
            }
            return notifyFull(room, dialog, key, at: now)
        }
        guard isAcceptable(request, id, at: now) else { return }
        let watched = entry.subscriptions.values.first?.room ?? entry.leg.flatMap { conference.room(of: $0) }
        guard let room = watched.flatMap({ conference.room($0) }) else { return reply(request, id, 404, at: now) }
        dialogs[dialog]?.dialog.refreshTarget(from: request)
        begin(request, id, dialog, room, conference, at: now)
    }

    /// Whether a new subscription can be had; answers if not.
    private mutating func isAcceptable(_ request: SIPMessage, _ id: ServerTransactionID, at now: Instant) -> Bool {
        guard request.event?.value.lowercased() == "conference" else {
            reply(request, id, 489, headers: [SIPHeader("Allow-Events", "conference")], at: now)
            return false
        }
        let type = ConferenceInfoDocument.mediaType
        if let accepted = request.accept, !accepted.contains(where: { [type, "application/*", "*/*"].contains($0) }) {
            reply(request, id, 406, headers: [SIPHeader("Accept", type)], at: now)
            return false
        }
        guard subscriptionCount < configuration.maximumSubscriptions else {
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
        let domain = conference.configuration.talkDomain
        let publisher = ConferenceInfoPublisher(
            entity: SIPAdapter.entity(uri),
            uris: [
                AddressURI.user(PeerAddress(.sip, user: room.name.text, host: domain)),
                AddressURI.user(PeerAddress(.xmpp, user: room.name.text, host: domain)),
            ])
        dialogs[dialog]?.subscriptions[key] = ConferenceSubscription(
            room: room.name, subscription: Subscription(event: event, seconds: seconds, at: now), publisher: publisher)
        subscriptionCount += 1
        watchers[room.name, default: []].insert(Watcher(dialog: dialog, key: key))
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
        guard let watchers = watchers[name], let room = conference.room(name) else { return [] }
        let snapshot = snapshot(of: room)
        for entry in watchers {
            let (dialog, key) = (entry.dialog, entry.key)
            guard var watcher = dialogs[dialog]?.subscriptions[key] else { continue }
            if watcher.waiting.count >= SIPAdapter.backlog {
                watcher.waiting = [watcher.publisher.full(snapshot)]
            } else if let document = watcher.publisher.update(snapshot) {
                watcher.waiting.append(document)
            }
            dialogs[dialog]?.subscriptions[key] = watcher
            notifyNext(dialog, key, at: now)
        }
        return []
    }

    /// The room as it stands, made once for all its watchers.
    private mutating func snapshot(of room: Room) -> ConferenceInfoSnapshot {
        let snapshot = ConferenceInfoSnapshot(room, after: snapshots[room.name])
        snapshots[room.name] = snapshot
        return snapshot
    }

    mutating func roomEnded(_ name: RoomName, at now: Instant) -> [Command] {
        for entry in watchers[name] ?? [] {
            let (dialog, key) = (entry.dialog, entry.key)
            guard var watcher = dialogs[dialog]?.subscriptions[key] else { continue }
            watcher.subscription.terminate(reason: "noresource")
            watcher.waiting = [watcher.publisher.deleted()]
            dialogs[dialog]?.subscriptions[key] = watcher
            notifyLast(dialog, key, at: now)
            release(dialog)
        }
        return []
    }

    mutating func expireSubscriptions(_ conference: Conference, at now: Instant) {
        for dialog in dialogs.takeDue(by: now) {
            for (key, watcher) in dialogs[dialog]?.subscriptions ?? [:] {
                var watcher = watcher
                guard watcher.subscription.wake(at: now) else { continue }
                watcher.waiting =
                    conference.room(watcher.room).map { [watcher.publisher.full(snapshot(of: $0))] } ?? []
                dialogs[dialog]?.subscriptions[key] = watcher
                notifyLast(dialog, key, at: now)
            }
            release(dialog)
            dialogs.arm(dialog)
        }
    }

    /// The subscriptions of a dialog whose call is over end with it.
    mutating func endSubscriptions(in dialog: DialogID, at now: Instant) {
        for key in (dialogs[dialog]?.subscriptions).map({ Array($0.keys) }) ?? [] {
            dialogs[dialog]?.subscriptions[key]?.subscription.terminate(reason: "noresource")
            dialogs[dialog]?.subscriptions[key]?.waiting = []
            notifyLast(dialog, key, at: now)
        }
    }

    private mutating func remove(_ key: String, of dialog: DialogID) -> ConferenceSubscription? {
        guard let removed = dialogs[dialog]?.subscriptions.removeValue(forKey: key) else { return nil }
        subscriptionCount -= 1
        watchers[removed.room]?.remove(Watcher(dialog: dialog, key: key))
        if watchers[removed.room]?.isEmpty == true {
            watchers[removed.room] = nil
            snapshots[removed.room] = nil
        }
        return removed
    }

    /// A full document, for a subscription that is new, refreshed, or over.
    private mutating func notifyFull(_ room: Room, _ dialog: DialogID, _ key: String, at now: Instant) {
        guard var watcher = dialogs[dialog]?.subscriptions[key] else { return }
        watcher.waiting = [watcher.publisher.full(snapshot(of: room))]
        dialogs[dialog]?.subscriptions[key] = watcher
        if watcher.subscription.isTerminated {
            notifyLast(dialog, key, at: now)
            release(dialog)
        } else {
            notifyNext(dialog, key, at: now)
        }
    }

    /// The next document, once the NOTIFY before it is answered.
    private mutating func notifyNext(_ dialog: DialogID, _ key: String, at now: Instant) {
        guard var watcher = dialogs[dialog]?.subscriptions[key], watcher.inFlight == nil, !watcher.waiting.isEmpty
        else {
            return
        }
        let document = watcher.waiting.removeFirst()
        watcher.inFlight = sendNotify(watcher, document, dialog, for: .notify(dialog, key), at: now)
        dialogs[dialog]?.subscriptions[key] = watcher
    }

    /// The last NOTIFY of a subscription that is over; it waits for none.
    private mutating func notifyLast(_ dialog: DialogID, _ key: String, at now: Instant) {
        guard let watcher = remove(key, of: dialog) else { return }
        if let last = watcher.inFlight { purposes[last] = .nothing }
        _ = sendNotify(watcher, watcher.waiting.last, dialog, for: .nothing, at: now)
    }

    private mutating func sendNotify(
        _ watcher: ConferenceSubscription, _ document: ConferenceInfoDocument?, _ dialog: DialogID,
        for purpose: Purpose,
        at now: Instant
    ) -> ClientTransactionID? {
        send(.notify, in: dialog, for: purpose, at: now) { request in
            watcher.subscription.stamp(&request, at: now)
            guard let document else { return }
            request.setBody(Array(document.xml().utf8), type: ConferenceInfoDocument.mediaType)
        }
    }

    /// The answer to a NOTIFY: the next one follows, or the subscriber is gone (RFC 6665 section 4.2.2).
    mutating func notifyAnswered(
        _ dialog: DialogID, _ key: String, _ id: ClientTransactionID, status: Int, at now: Instant
    ) {
        guard dialogs[dialog]?.subscriptions[key]?.inFlight == id else { return }
        if (200..<300).contains(status) {
            dialogs[dialog]?.subscriptions[key]?.inFlight = nil
            notifyNext(dialog, key, at: now)
        } else {
            note(.info, "a subscriber answered NOTIFY with \(status) and is dropped")
            _ = remove(key, of: dialog)
            release(dialog)
        }
    }
}
