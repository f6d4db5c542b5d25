import Conference
import Primitives
import XMPP

/// Presence of numbers, and of users for phones (RFC 8048). Nothing here decides who is called: a number of which nothing is
/// known is there, as it always was.
extension XMPPAdapter {
    /// What presence to a number means for who watches and who is watched, after the subscription itself has been seen to.
    /// - Parameter answersProbe: whether it is awaited as the answer to whether there is such a user; that the user has
    ///   not agreed yet is no refusal then.
    mutating func numberPresence(
        _ presence: XMLElement, _ from: JID, _ number: JID, _ conference: Conference, answersProbe: Bool,
        at now: Instant
    ) -> [Command] {
        var commands: [Command] = []
        if contacts.state(number, from).hasFrom {
            commands += begin(number, from.bare, conference)
        } else if let watch = numbers[watch: number, by: from] {
            numbers[watch: number, by: from] = nil
            commands.append(.presence(watch.link, .forget))
        }
        let watched = numbers[watched: from, by: number]
        switch presence.type {
        case nil, "unavailable":
            guard let watched else { break }
            commands += there(presence, from, number, watched)
        case "subscribed":
            // Also when the phone has gone meanwhile: it is kept.
            let wasAsked = numbers.asked.agreed(from, by: number)
            guard wasAsked || watched != nil else { break }
            contacts.accepted(number, from)
            numbers[watched: from, by: number]?.isGranted = true
            commands += watched?.tell(.granted) ?? []
        case "unsubscribed":
            if answersProbe, watched?.isGranted != true { break }
            numbers.asked.refused(from, by: number, at: now)
            numbers[watched: from, by: number] = nil
            commands += watched?.tell(.refused) ?? []
        case "error":
            guard let watched, !watched.isGranted else { break }
            numbers.asked.refused(from, by: number, isError: true, at: now)
            numbers[watched: from, by: number] = nil
            commands += watched.tell(.refused)
        default: break
        }
        return commands
    }

    /// A user is there on a device or no longer, or on none at all where its server speaks for it (RFC 6121 section 4.3.2).
    private mutating func there(
        _ presence: XMLElement, _ from: JID, _ number: JID, _ known: NumberPresence.Watched
    ) -> [Command] {
        var watched = known
        if let device = from.resource {
            watched.devices[device] = presence.type == nil ? PresenceState(presence, device) : nil
            guard watched.devices.count <= NumberPresence.Watched.mostDevices else { return [] }
            watched.isGranted = true
        } else {
            guard presence.type == "unavailable", watched.isGranted else { return [] }
            watched.devices = [:]
        }
        numbers[watched: from, by: number] = watched
        return watched.tell(.states(watched.states))
    }

    /// The SIP side is asked how a number is there for a user, where that can be.
    private mutating func begin(_ number: JID, _ user: JID, _ conference: Conference) -> [Command] {
        guard numbers[watch: number, by: user] == nil,
            case .success(let link) = conference.presenceLink(from: PeerAddress(user), to: PeerAddress(number))
        else { return [] }
        numbers[watch: number, by: user] = NumberPresence.Watch(link: link)
        return [.presence(link, .watch)]
    }

    /// Who had numbers as contacts before the start; and users whom phones watch, after the stream was away.
    mutating func watchStored(_ conference: Conference, at now: Instant) -> [Command] {
        let (watches, lookups) = numbers.takeDue(by: now)
        for (number, user) in lookups where numbers[watched: user, by: number]?.isGranted == true {
            numbers[watched: user, by: number]?.devices = [:]
            outbox.append(.presence(from: number, to: user, type: "probe"))
        }
        return watches.flatMap { begin($0.number, $0.user, conference) }
    }

    /// What the SIP side says, or asks for.
    mutating func presence(_ link: PresenceLink, _ event: PresenceEvent, at now: Instant) -> [Command] {
        switch event {
        case .watch where link.presentity.network == .xmpp: return watch(link, at: now)
        case .forget where link.presentity.network == .xmpp: forget(link)
        case .states(let states) where link.watcher.network == .xmpp: told(link, states)
        case .refused where link.watcher.network == .xmpp: told(link, nil)
        default: break
        }
        return []
    }

    // MARK: Numbers

    private mutating func told(_ link: PresenceLink, _ states: [PresenceState]?) {
        guard let user = link.watcher.jid, let number = link.watched.jid, var watch = numbers[watch: number, by: user],
            watch.states != states
        else { return }
        watch.states = states
        numbers[watch: number, by: user] = watch
        guard contacts.state(number, user).hasFrom, !down.contains(number.domain) else { return }
        outbox.append(numberPresence(number, to: user))
    }

    /// A number's presence for a user: under the one resource that takes calls, whatever devices stand behind it.
    func numberPresence(_ number: JID, to peer: JID) -> XMLElement {
        let state = numbers[watch: number, by: peer]?.states.flatMap { PresenceState.best(of: $0) }
        guard let state else { return .presence(from: full(number), to: peer) { discovery.caps.element } }
        guard state.isOpen else {
            return .presence(from: full(number), to: peer, type: "unavailable") {
                state.status.map { XMLElement("status", Namespace.client, text: $0) }
            }
        }
        return .presence(from: full(number), to: peer) {
            state.show.map { XMLElement("show", Namespace.client, text: $0.rawValue) }
            state.status.map { XMLElement("status", Namespace.client, text: $0) }
            state.priority == 0 ? nil : XMLElement("priority", Namespace.client, text: String(state.priority))
            discovery.caps.element
        }
    }

    // MARK: Users

    /// A phone wants to see how a user is there: the user is asked, or its server, where the user agreed before.
    private mutating func watch(_ link: PresenceLink, at now: Instant) -> [Command] {
        guard let user = link.presentity.jid, let number = link.watcherThere.jid, !gate.limits.isBlocked(user) else {
            return [.presence(link, .refused)]
        }
        if var known = numbers[watched: user, by: number] {
            if !known.links.contains(link) {
                guard known.links.count < NumberPresence.Watched.mostLinks else { return [.presence(link, .refused)] }
                known.links.append(link)
                numbers[watched: user, by: number] = known
            }
            return known.isGranted ? [.presence(link, .granted), .presence(link, .states(known.states))] : []
        }
        guard numbers.watchedCount < NumberPresence.limit else { return [.presence(link, .refused)] }
        let isGranted = contacts.state(number, user).hasTo
        let verdict = isGranted ? nil : numbers.asked.ask(user, by: number, at: now)
        if verdict == .refused { return [.presence(link, .refused)] }
        numbers[watched: user, by: number] = NumberPresence.Watched(links: [link], isGranted: isGranted)
        if verdict != .pending {
            outbox.append(.presence(from: number, to: user, type: isGranted ? "probe" : "subscribe"))
        }
        return isGranted ? [.presence(link, .granted)] : []
    }

    private mutating func forget(_ link: PresenceLink) {
        guard let user = link.presentity.jid, let number = link.watcherThere.jid,
            var watched = numbers[watched: user, by: number]
        else { return }
        watched.links.removeAll { $0 == link }
        numbers[watched: user, by: number] = watched.links.isEmpty ? nil : watched
    }
}

extension PresenceState {
    /// Of an available presence (RFC 6121 section 4.7).
    init(_ presence: XMLElement, _ device: String) {
        let status = presence.child("status", Namespace.client)?.text.clipped(to: 1024) ?? ""
        self.init(
            device: device, isOpen: true,
            show: presence.child("show", Namespace.client).flatMap { Show(rawValue: $0.text) },
            status: status.isEmpty ? nil : status,
            priority: presence.child("priority", Namespace.client).flatMap { Int($0.text) } ?? 0)
    }
}
