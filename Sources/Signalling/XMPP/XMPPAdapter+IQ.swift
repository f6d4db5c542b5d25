import Conference
import ConferenceInfo
import Primitives
import XMPP

extension XMPPAdapter {
    /// An IQ that is not about a call: an answer to a question of ours, or a question (RFC 6120 section 8.2.3).
    mutating func receiveIQ(
        _ iq: XMLElement, _ from: JID, _ target: XMPPTarget, _ conference: Conference, _ now: Instant,
        _ wall: WallTime
    ) {
        if iq.isIQReply {
            _ = coin.receive(iq, conference, now: now, into: &outbox)
            return
        }
        guard iq.isIQRequest, iq.id != nil, let payload = iq.payload else {
            return refuse(iq, StanzaError(.badRequest, "A request has a type, an id and one child."))
        }
        switch answer(payload, iq, from, target, conference, wall) {
        case .success(let children):
            outbox.append(iq.result { children })
        case .failure(let error):
            let name = "<\(payload.name)/> in \(payload.namespace.debugDescription)"
            note(.debug, "\(error.condition.rawValue) for \(name) from \(from)")
            refuse(iq, error)
        }
    }

    /// What a request is answered with.
    private func answer(
        _ payload: XMLElement, _ iq: XMLElement, _ from: JID, _ target: XMPPTarget, _ conference: Conference,
        _ wall: WallTime
    ) -> Result<[XMLElement], StanzaError> {
        guard (payload["node"] ?? "").utf8.count <= 1024 else { return .failure(StanzaError(.itemNotFound)) }
        if case .nothing = target { return .failure(StanzaError(.itemNotFound)) }
        if case .contact(_, let resource?) = target, resource != configuration.roomResource {
            return .failure(StanzaError(.serviceUnavailable))
        }
        if case .number(let jid) = target, let resource = jid.resource, resource != configuration.gatewayResource {
            return .failure(StanzaError(.serviceUnavailable))
        }
        if case .occupant(let room, let nick) = target { return occupantAnswer(payload, iq, from, room, nick) }
        switch (payload.name, payload.namespace, iq.type) {
        case ("query", Namespace.discoInfo, "get"): return discoInfo(payload, target, conference)
        case ("query", Namespace.discoItems, "get"):
            return items(target, for: from, conference).map { [DiscoItem.element($0, node: payload["node"])] }
        case ("ping", Namespace.ping, "get"): return .success([])
        // A client that is a conference itself tells who is in; it takes an error for the end of the call.
        case ("conference-info", ConferenceInfoDocument.namespace, "set"): return .success([])
        case ("query", Namespace.version, "get"): return .success([version])
        case ("time", Namespace.time, "get"): return .success([time(wall)])
        case ("query", Namespace.mucOwner, "get"):
            guard case .room(let room) = target else { return .failure(StanzaError(.serviceUnavailable)) }
            return configurationForm(from, room, conference)
        case ("query", Namespace.mucAdmin, "get"):
            guard case .room(let room) = target else { return .failure(StanzaError(.serviceUnavailable)) }
            return list(payload, from, room, conference)
        default: return profileAnswer(payload, iq.type, target) ?? .failure(StanzaError(.serviceUnavailable))
        }
    }

    private func discoInfo(
        _ query: XMLElement, _ target: XMPPTarget, _ conference: Conference
    ) -> Result<[XMLElement], StanzaError> {
        let node = query["node"]
        let room: RoomName? =
            switch target {
            case .contact(let room, _), .room(let room): room
            default: nil
            }
        let info = discovery.info(
            target, profile: room.map { conference.profile(of: $0) }, exists: room.map(exists) ?? true)
        guard let info, isKnown(node, target) else { return .failure(StanzaError(.itemNotFound)) }
        return .success([info.element(node: node)])
    }

    /// The caps node (XEP-0115 section 6.2), or none.
    private func isKnown(_ node: String?, _ target: XMPPTarget) -> Bool {
        guard let node else { return true }
        switch target {
        case .contact: return node == discovery.roomCaps.discoNode
        case .number: return node == discovery.caps.discoNode
        default: return false
        }
    }

    /// The rooms of a domain, or the occupants of a room (XEP-0045 sections 6.3 and 6.5).
    private func items(
        _ target: XMPPTarget, for from: JID, _ conference: Conference
    ) -> Result<[DiscoItem], StanzaError> {
        let all = rooms.filter { conference.profile(of: $0).settings.isPublic }.sorted()
        switch target {
        case .rooms:
            return .success(all.compactMap { room in addresses.muc(room).map { DiscoItem($0, name: room.text) } })
        case .talk:
            return .success(all.compactMap { room in addresses.contact(room).map { DiscoItem($0, name: room.text) } })
        case .room(let room):
            guard exists(room) else { return .failure(StanzaError(.itemNotFound)) }
            // XEP-0045 section 6.5: who is in may be kept from those who are not.
            guard conference.mayWatch(room, PeerAddress(from), isProven: true, origin: nil) else {
                return .success([])
            }
            let nicks = MUCView.faces(of: conference.room(room)?.participants ?? []).map(\.name)
            return .success(nicks.compactMap { addresses.occupant(room, $0).map { DiscoItem($0) } })
        default: return .success([])
        }
    }

    /// Requests to an occupant are not passed on; a ping to oneself tells whether one is in (XEP-0410).
    private func occupantAnswer(
        _ payload: XMLElement, _ iq: XMLElement, _ from: JID, _ room: RoomName, _ nick: String
    ) -> Result<[XMLElement], StanzaError> {
        guard let own = muc.nick(of: from, in: room) else {
            return .failure(StanzaError(.notAcceptable, "You are not in the room.", type: .cancel))
        }
        if own == nick, payload.matches("ping", Namespace.ping), iq.type == "get" { return .success([]) }
        guard muc.nicks(in: room).contains(nick) else { return .failure(StanzaError(.itemNotFound)) }
        return .failure(StanzaError(.serviceUnavailable))
    }

    /// XEP-0092.
    private var version: XMLElement {
        XMLElement("query", Namespace.version) {
            XMLElement("name", Namespace.version, text: configuration.softwareName)
            XMLElement("version", Namespace.version, text: configuration.softwareVersion)
        }
    }

    /// XEP-0202, always in UTC.
    private func time(_ wall: WallTime) -> XMLElement {
        XMLElement("time", Namespace.time) {
            XMLElement("tzo", Namespace.time, text: "+00:00")
            XMLElement("utc", Namespace.time, text: wall.iso8601)
        }
    }
}
