import Conference
import Primitives
import XMPP

extension XMPPAdapter {
    /// Presence: to contacts (RFC 6121 section 3), or to rooms (XEP-0045 section 7).
    mutating func receivePresence(
        _ presence: XMLElement, _ from: JID, _ to: JID, _ target: XMPPTarget, _ conference: Conference,
        answersProbe: Bool, at now: Instant
    ) -> [Command] {
        switch target {
        case .gateway where isKnownToGateway(from, to, conference): fallthrough
        case .contact, .number:
            let ours = to.bare
            let isNumber = ours.domain == configuration.conference.gatewayDomain
            // Presence of contacts that tells of themselves means nothing to us, but to phones that watch them.
            guard presence.type != nil, presence.type != "unavailable" else {
                guard isNumber else { return [] }
                return numberPresence(presence, from, ours, conference, answersProbe: answersProbe, at: now)
            }
            let own = available(ours, from, conference)
            contacts.receive(
                presence, from: from, ours: ours, full: full(ours),
                available: own.map { own in
                    { peer in
                        var presence = own
                        presence.to = peer
                        return presence
                    }
                }, into: &outbox)
            guard isNumber else { return [] }
            return numberPresence(presence, from, ours, conference, answersProbe: answersProbe, at: now)
        case .occupant(let room, let nick): return occupantPresence(presence, from, room, nick)
        case .room(let room):
            switch presence.type {
            case nil:
                refuse(presence, StanzaError(.jidMalformed, "A nick is needed to enter a room."))
                return []
            case "unavailable", "error": return occupantPresence(presence, from, room, nil)
            default: return refuseSubscription(presence, from, to)
            }
        case .talk, .rooms, .gateway, .nothing: return refuseSubscription(presence, from, to)
        }
    }

    private mutating func refuseSubscription(_ presence: XMLElement, _ from: JID, _ to: JID) -> [Command] {
        if presence.type == "subscribe" || presence.type == "probe" {
            outbox.append(.presence(from: to.bare, to: from.bare, type: "unsubscribed"))
        }
        return []
    }

    private mutating func occupantPresence(
        _ presence: XMLElement, _ from: JID, _ room: RoomName, _ nick: String?
    ) -> [Command] {
        switch (presence.type, nick) {
        case (nil, let nick?):
            guard from.isFull else {
                refuse(presence, StanzaError(.jidMalformed, "Only a client can enter a room."))
                return []
            }
            return [muc.enter(presence, from: from, room: room, nick: nick)]
        case ("unavailable", _):
            return leave(room, from, status: muc.status(of: presence))
        case ("error", _): return bounced(presence, from, room)
        default: return []
        }
    }

    /// A stanza of ours to an occupant came back: one that cannot be reached any more is out (XEP-0045 section 17.3).
    mutating func bounced(_ stanza: XMLElement, _ from: JID, _ room: RoomName) -> [Command] {
        switch stanza.stanzaError?.condition {
        case .gone, .itemNotFound, .jidMalformed, .recipientUnavailable, .redirect, .remoteServerNotFound,
            .remoteServerTimeout, .serviceUnavailable:
            muc.expel(from)
            return leave(room, from, status: nil)
        default: return []
        }
    }

    private func leave(_ room: RoomName, _ from: JID, status: String?) -> [Command] {
        guard muc.isOccupant(from, of: room) || from.isBare else { return [] }
        return [.mucLeave(room, occupant: PeerAddress(from), status: status)]
    }
}
