import Conference
import Primitives
import XMPP

/// Presence of numbers, and of users for phones (RFC 8048). Nothing here decides who is called: a number of which nothing is
/// known is there, as it always was.
extension XMPPAdapter {
    /// What presence to a number means for who watches and who is watched, after the subscription itself has been seen to.
    mutating func numberPresence(
        _ presence: XMLElement, _ from: JID, _ number: JID, _ conference: Conference
    ) -> [Command] {
        var commands: [Command] = []
        if contacts.state(number, from).hasFrom {
            commands += begin(number, from.bare, conference)
        } else if let watch = numbers[watch: number, by: from] {
            numbers[watch: number, by: from] = nil
            commands.append(.presence(watch.link, .forget))
        }
        guard var watched = numbers[watched: from, by: number] else { return commands }
        switch presence.type {
        case nil, "unavailable":
            guard let device = from.resource else { break }
            watched.devices[device] = presence.type == nil ? PresenceState(presence, device) : nil
            guard watched.devices.count <= NumberPresence.Watched.mostDevices else { break }
            watched.isGranted = true
            numbers[watched: from, by: number] = watched
            commands.append(.presence(watched.link, .states(watched.states)))
        case "subscribed":
            contacts.accepted(number, from)
            watched.isGranted = true
            numbers[watched: from, by: number] = watched
            commands.append(.presence(watched.link, .granted))
        case "unsubscribed":
            numbers[watched: from, by: number] = nil
            commands.append(.presence(watched.link, .refused))
        default: break
        }
        return commands
    }

    /// The SIP side is asked how a number is there for a user, where that can be.
    private mutating func begin(_ number: JID, _ user: JID, _ conference: Conference) -> [Command] {
        guard numbers[watch: number, by: user] == nil,
            case .success(let link) = conference.presenceLink(from: PeerAddress(user), to: PeerAddress(number))
        else { return [] }
        numbers[watch: number, by: user] = NumberPresence.Watch(link: link)
        return [.presence(link, .watch)]
    }

    /// Who had numbers as contacts before the start.
    mutating func watchStored(_ conference: Conference, at now: Instant) -> [Command] {
        numbers.takeDue(by: now).flatMap { begin($0.number, $0.user, conference) }
    }

    /// What the SIP side says, or asks for.
    mutating func presence(_ link: PresenceLink, _ event: PresenceEvent) -> [Command] {
        switch event {
        case .watch where link.presentity.network == .xmpp: return watch(link)
        case .forget where link.presentity.network == .xmpp:
            if let user = link.presentity.jid, let number = link.watcherThere.jid {
                numbers[watched: user, by: number] = nil
            }
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
    private mutating func watch(_ link: PresenceLink) -> [Command] {
        guard let user = link.presentity.jid, let number = link.watcherThere.jid, !gate.limits.isBlocked(user) else {
            return [.presence(link, .refused)]
        }
        if let known = numbers[watched: user, by: number] {
            return known.isGranted ? [.presence(link, .granted), .presence(link, .states(known.states))] : []
        }
        guard numbers.watchedCount < NumberPresence.limit else { return [.presence(link, .refused)] }
        let isGranted = contacts.state(number, user).hasTo
        numbers[watched: user, by: number] = NumberPresence.Watched(link: link, isGranted: isGranted)
        outbox.append(.presence(from: number, to: user, type: isGranted ? "probe" : "subscribe"))
        return isGranted ? [.presence(link, .granted)] : []
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
