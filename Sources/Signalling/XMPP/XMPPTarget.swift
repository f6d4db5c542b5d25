import Conference
import XMPP

/// What a JID in one of our domains stands for.
enum XMPPTarget: Hashable {
    /// One of the three domains themselves.
    case talk, rooms, gateway
    /// A room as a contact to call and write to, with the resource it was addressed by.
    case contact(RoomName, resource: String?)
    /// An address behind the gateway.
    case number(JID)
    /// The same room as a MUC.
    case room(RoomName)
    /// An occupant of it, by nick.
    case occupant(RoomName, nick: String)
    /// A JID of ours that names nothing.
    case nothing
}

/// Our JIDs: from a room to its addresses, and back.
struct XMPPAddresses: Sendable {
    let configuration: XMPPAdapterConfiguration

    /// Nil for a JID in a domain that is not ours.
    func target(of jid: JID) -> XMPPTarget? {
        switch jid.domain {
        case configuration.conference.talkDomain:
            guard let local = jid.local else { return .talk }
            guard let room = RoomName(local) else { return .nothing }
            return .contact(room, resource: jid.resource)
        case configuration.conference.roomsDomain:
            guard let local = jid.local else { return .rooms }
            guard let room = RoomName(local) else { return .nothing }
            return jid.resource.map { .occupant(room, nick: $0) } ?? .room(room)
        case configuration.conference.gatewayDomain:
            return jid.local == nil ? .gateway : .number(jid)
        default: return nil
        }
    }

    /// `demo@talk.example.org`.
    func contact(_ room: RoomName) -> JID? { JID(local: room.text, domain: configuration.conference.talkDomain) }

    /// `demo@talk.example.org/focus`.
    func focus(_ room: RoomName) -> JID? { contact(room)?.with(resource: configuration.roomResource) }

    /// `demo@rooms.example.org`.
    func muc(_ room: RoomName) -> JID? { JID(local: room.text, domain: configuration.conference.roomsDomain) }

    /// `demo@rooms.example.org/Alice`; the room itself where the nick cannot be a resource.
    func occupant(_ room: RoomName, _ nick: String) -> JID? {
        guard let muc = muc(room) else { return nil }
        return muc.with(resource: nick) ?? muc
    }
}
