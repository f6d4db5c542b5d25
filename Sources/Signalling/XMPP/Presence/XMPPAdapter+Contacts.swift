import Conference
public import Primitives
public import XMPP

/// The presence of rooms and numbers as contacts (RFC 6121 section 4): a room's tells how many are in its call.
extension XMPPAdapter {
    /// The stream of a component domain is up, for the first time or again: its contacts' presence, to go out before
    /// anything that waits. While it was down calls and rooms stayed: media does not pass through it.
    public mutating func componentReady(_ domain: String, conference: Conference, now: Instant) -> [XMLElement] {
        down.remove(domain)
        if domain == configuration.conference.talkDomain {
            talk.forget()
            muji.serverIsBack()
        }
        if domain == configuration.conference.gatewayDomain { numbers.lookAgain() }
        var presences: [XMLElement] = []
        for ours in contacts.subscribed(in: domain) {
            for subscriber in contacts.subscribers(of: ours) {
                if let presence = available(ours, subscriber, conference) { presences.append(presence) }
            }
        }
        return presences
    }

    /// The stream is down. What its contacts' presence becomes meanwhile is told when it is back, not each step on the way.
    public mutating func componentLost(_ domain: String) { down.insert(domain) }

    /// A contact of ours as it is online: with the resource that takes calls.
    func full(_ ours: JID) -> JID? {
        ours.with(
            resource: ours.domain == configuration.conference.talkDomain
                ? configuration.roomResource : configuration.gatewayResource)
    }

    /// The available presence of a contact of ours (XEP-0115 section 4); nil for a room that is not there.
    mutating func available(_ ours: JID, _ peer: JID, _ conference: Conference) -> XMLElement? {
        switch addresses.target(of: ours) {
        case .contact(let room, _) where exists(room):
            return roomPresence(room, to: peer, talkers: talk.known(room) { conference.room(room)?.talkers ?? 0 })
        case .gateway:
            let user = PeerAddress(peer.bare)
            guard conference.account(of: user) != nil else { return nil }
            return gatewayPresence(for: peer, conference.lineState(of: user), conference)
        case .number: return numberPresence(ours, to: peer)
        default: return nil
        }
    }

    private func roomPresence(_ room: RoomName, to peer: JID, talkers: Int) -> XMLElement {
        .presence(from: addresses.focus(room), to: peer) {
            if talkers > 0 {
                XMLElement("show", Namespace.client, text: "chat")
                XMLElement("status", Namespace.client, text: "\(talkers) in the call")
            }
            discovery.roomCaps.element
            discovery.pictures.of(room).update
        }
    }

    /// A room changed: its contacts are told, in a while.
    mutating func tellContacts(of room: RoomName, at now: Instant) {
        guard let ours = addresses.contact(room), contacts.hasSubscribers(ours) else { return }
        talk.changed(room, at: now)
    }

    /// Tells contacts what they are to be told by now.
    mutating func publishTalk(_ conference: Conference, at now: Instant) {
        let isDown = down.contains(configuration.conference.talkDomain)
        for (room, talkers) in talk.takeDue(by: now, { conference.room($0)?.talkers ?? 0 })
        where !isDown && exists(room) {
            guard let ours = addresses.contact(room) else { continue }
            for subscriber in contacts.subscribers(of: ours) {
                outbox.append(roomPresence(room, to: subscriber, talkers: talkers))
            }
        }
    }
}
