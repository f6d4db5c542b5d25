import Conference
import Primitives
import XMPP

/// Rooms as XMPP clients see them (XEP-0045): presence of everyone, whichever way they are there, text, subject.
///
/// Who is told what follows from comparing a room with what its occupants were told before, so that each change is told
/// once, however the domain cut it into effects.
struct MUCService: Sendable {
    let addresses: XMPPAddresses
    var ids: OccupantIDs
    var payloads = Payloads()
    var views: [RoomName: MUCView] = [:]
    /// What those who are entering asked for, until the domain has decided.
    private var entering: [JID: Wish] = [:]
    /// Who is being taken out because of a technical problem, until that is done.
    private var expelled: JID?
    /// Who is being put out by somebody (section 8.2).
    private var kicked: [JID: Kick] = [:]

    private struct Kick: Sendable {
        let room: RoomName
        let out: MUCView.Face.Out
    }

    private struct Wish: Sendable {
        let nick: String
        let join: MUCJoin?
    }

    init(addresses: XMPPAddresses, ids: OccupantIDs) {
        self.addresses = addresses
        self.ids = ids
    }

    func isOccupant(_ jid: JID, of room: RoomName) -> Bool {
        views[room]?.occupants.contains { $0.jid == jid } ?? false
    }

    /// The nick under which a full JID is in a room.
    func nick(of jid: JID, in room: RoomName) -> String? {
        guard let view = views[room], let occupant = view.occupants.first(where: { $0.jid == jid }) else { return nil }
        return view.faces.first { $0.participant == occupant.participant }?.name
    }

    /// The occupant id of who is to be seen under a nick.
    func occupantID(of nick: String, in room: RoomName) -> String? {
        views[room]?.faces.first { $0.name == nick }?.occupantID
    }

    /// The nicks to be seen in a room.
    func nicks(in room: RoomName) -> [String] { views[room]?.faces.map(\.name) ?? [] }

    /// Available presence to `room/nick` (sections 7.2, 7.6 and 7.7).
    mutating func enter(_ presence: XMLElement, from: JID, room: RoomName, nick: String) -> Command {
        let join = presence.child("x", Namespace.muc).flatMap(MUCJoin.init)
        if entering.count >= 1000 { entering.removeAll() }
        entering[from] = Wish(nick: nick, join: join)
        return .mucEnter(
            MUCEntry(
                room: room, occupant: PeerAddress(from), nick: nick,
                show: presence.child("show", Namespace.client).map(\.text).flatMap {
                    ["away", "chat", "dnd", "xa"].contains($0) ? $0 : nil
                }, status: status(of: presence),
                isJoin: join != nil, maxHistoryMessages: join?.maximumHistory, password: join?.password))
    }

    /// The words in a presence, as far as they are passed on.
    func status(of presence: XMLElement) -> String? {
        presence.child("status", Namespace.client)?.text.clipped(to: 1024)
    }

    /// One who cannot be reached any more is about to be taken out of a room, and the others are told why (status 333);
    /// a bare JID means all of its clients.
    mutating func expel(_ jid: JID) { expelled = jid }

    /// Somebody is about to be put out of a room, which everybody is told (sections 8.2, 9.1, 9.4 and 10.2.1).
    mutating func expel(_ jid: JID, from room: RoomName, by actor: String?, reason: String?, _ exit: MUCExit) {
        let (status, affiliation): (MUCStatus, MUCUser.Affiliation?) =
            switch exit {
            case .kicked: (.kicked, nil)
            case .banned: (.banned, .outcast)
            case .membershipLost: (.affiliationChanged, MUCUser.Affiliation.none)
            case .membersOnly: (.membersOnly, MUCUser.Affiliation.none)
            }
        kicked[jid] = Kick(
            room: room, out: .init(statuses: [status], affiliation: affiliation, actor: actor, reason: reason))
    }

    /// Whether there is anybody to be told.
    func hasOccupants(_ name: RoomName) -> Bool { views[name]?.occupants.isEmpty == false }

    /// Tells the occupants what changed since they were last told.
    /// - Parameter room: as it stands now; nil when it is gone.
    mutating func changed(
        _ name: RoomName, _ room: Room?, _ changes: [RosterChange] = [], into outbox: inout [XMLElement]
    ) {
        guard var view = views[name] ?? room.map({ _ in MUCView() }) else { return }
        var faces: [MUCView.Face] = []
        for participant in room?.participants ?? [] {
            guard var face = MUCView.face(participant) else { continue }
            face.occupantID = ids.id(of: participant.address, named: participant.name, in: name)
            faces.append(face)
        }
        let byParticipant = Dictionary(faces.map { ($0.participant, $0) }) { first, _ in first }
        let before = Set(view.faces)
        let parting = MUCService.parting(changes)
        let expelled = expelled
        self.expelled = nil
        let kicked = kicked.filter { $0.value.room == name }
        for jid in kicked.keys { self.kicked[jid] = nil }
        func out(_ gone: MUCView.Occupant?) -> MUCView.Face.Out? {
            if let gone, let kick = kicked[gone.jid] { return kick.out }
            guard let gone, gone.jid == expelled || gone.jid.bare == expelled else { return nil }
            return .init(statuses: [.technicalProblem])
        }
        var departed: [MUCView.Occupant] = []
        for index in view.occupants.indices {
            if let (participant, _) = room?.endpoint(view.occupants[index].endpoint) {
                view.occupants[index].participant = participant.id
            } else {
                departed.append(view.occupants[index])
            }
        }
        for old in view.faces {
            let from = addresses.occupant(name, old.name)
            if let new = byParticipant[old.participant] {
                for occupant in departed where occupant.participant == old.participant {
                    outbox.append(
                        old.unavailable(
                            from: from, to: occupant, status: parting[occupant.endpoint], out: out(occupant)))
                }
                guard new.name != old.name else { continue }
                for occupant in view.occupants where !departed.contains(where: { $0.endpoint == occupant.endpoint }) {
                    outbox.append(old.unavailable(from: from, to: occupant, newNick: new.name))
                }
            } else {
                let own = departed.first { $0.participant == old.participant }
                for occupant in view.occupants {
                    outbox.append(
                        old.unavailable(
                            from: from, to: occupant, status: own.flatMap { parting[$0.endpoint] }, out: out(own)))
                }
            }
        }
        view.occupants.removeAll { occupant in departed.contains { $0.endpoint == occupant.endpoint } }
        for face in faces where !before.contains(face) {
            let from = addresses.occupant(name, face.name)
            for occupant in view.occupants { outbox.append(face.presence(from: from, to: occupant)) }
        }
        view.faces = faces
        views[name] = room == nil ? nil : view
    }

    /// The parting words of MUC endpoints that left.
    private static func parting(_ changes: [RosterChange]) -> [EndpointID: String] {
        changes.reduce(into: [:]) { words, change in
            if case .endpointLeft(_, let endpoint) = change, case .muc(_, let status?) = endpoint.kind {
                words[endpoint.id] = status
            }
        }
    }

    /// Everyone's presence, its own, history, subject: to one who is in now (sections 7.2.2 to 7.2.15).
    mutating func welcome(
        _ endpointID: EndpointID, to room: Room, history: [ChatMessage], subject: Subject?, created: Bool,
        isArchived: Bool, wall: WallTime, into outbox: inout [XMLElement]
    ) {
        changed(room.name, room, into: &outbox)
        guard var view = views[room.name], let (participant, endpoint) = room.endpoint(endpointID),
            let jid = endpoint.address.jid
        else { return }
        let occupant = MUCView.Occupant(endpoint: endpointID, jid: jid, participant: participant.id)
        let wish = entering.removeValue(forKey: jid)
        for face in view.faces where face.participant != participant.id {
            outbox.append(face.presence(from: addresses.occupant(room.name, face.name), to: occupant))
        }
        if let own = view.faces.first(where: { $0.participant == participant.id }) {
            var statuses = [MUCStatus.nonAnonymous]
            if created { statuses.append(.created) }
            if let wish, wish.nick != own.name { statuses.append(.nickModified) }
            if isArchived { statuses.append(.archived) }
            outbox.append(
                own.presence(from: addresses.occupant(room.name, own.name), to: occupant, statuses: statuses))
        }
        let since = [
            wish?.join?.historySince,
            wish?.join?.historyAge.map { WallTime(milliseconds: wall.milliseconds &- $0.nanoseconds / 1_000_000) },
        ].compactMap { $0 }.max()
        for message in history where since.map({ message.time >= $0 }) ?? true {
            outbox.append(groupchat(message, room.name, to: jid, isHistory: true))
        }
        outbox.append(subjectMessage(subject, room.name, to: jid))
        view.occupants.removeAll { $0.endpoint == endpointID }
        view.occupants.append(occupant)
        views[room.name] = view
    }

    /// Error presence to one who may not enter, or may not have the nick (sections 7.2.5 to 7.2.9); one who only believes
    /// to be in is put out (section 7.2, Groupchat 1.0 Protocol).
    mutating func refuse(_ entry: MUCEntry, _ refusal: MUCRefusal, into outbox: inout [XMLElement]) {
        guard let jid = entry.occupant.jid else { return }
        entering[jid] = nil
        let from = addresses.muc(entry.room)?.with(resource: entry.nick)
        let error: StanzaError
        switch refusal {
        case .nickTaken: error = StanzaError(.conflict, "That nick is taken.")
        case .badNick: error = StanzaError(.jidMalformed, "That nick cannot be used.")
        case .noSuchRoom: error = StanzaError(.itemNotFound, "There is no such room.")
        case .tooManyRooms: error = StanzaError(.resourceConstraint, "No more rooms may be made now.")
        case .full: error = StanzaError(.serviceUnavailable, "The room is full.", type: .wait)
        case .wrongPassword: error = StanzaError(.notAuthorized, "The room has a PIN; give it as the password.")
        case .membersOnly: error = StanzaError(.registrationRequired, "Only members may come in.")
        case .banned: error = StanzaError(.forbidden, "You are banned from the room.")
        case .locked: error = StanzaError(.registrationRequired, "The room is locked.")
        case .waiting:
            error = StanzaError(.registrationRequired, "Nobody is let in yet; call, or come back later.")
        case .notJoined:
            let kick = MUCUser(
                item: .init(role: .none, reason: "You are not in the room."),
                statuses: [.selfPresence, .kicked, .technicalProblem])
            return outbox.append(.presence(from: from, to: jid, type: "unavailable") { kick.element })
        }
        outbox.append(
            .presence(from: from, to: jid, type: "error") {
                if entry.isJoin { XMLElement("x", Namespace.muc) }
                error.element
            })
    }

    /// A new subject, to everybody in the MUC (section 8.1).
    func subjectChanged(_ room: RoomName, _ subject: Subject, into outbox: inout [XMLElement]) {
        for occupant in views[room]?.occupants ?? [] {
            outbox.append(subjectMessage(subject, room, to: occupant.jid))
        }
    }

    /// A message to one occupant: to everyone (section 7.4), or private (section 7.5).
    mutating func deliver(_ message: ChatMessage, _ room: RoomName, to jid: JID, into outbox: inout [XMLElement]) {
        switch message.audience {
        case .everyone: outbox.append(groupchat(message, room, to: jid, isHistory: false))
        case .one:
            let carried = payloads.elements(message.payload)
            let occupantID = ids.element(of: message, in: room)
            outbox.append(
                .message(
                    from: addresses.occupant(room, message.senderName), to: jid, type: "chat",
                    id: message.clientID ?? message.id
                ) {
                    if !message.body.isEmpty { XMLElement("body", Namespace.client, text: message.body) }
                    carried
                    XMLElement("x", Namespace.mucUser)
                    occupantID
                    message.requests
                })
        }
    }

    /// Everyone is told that the service goes down (status 332), and the rooms' occupants are forgotten.
    mutating func shutdown(into outbox: inout [XMLElement]) {
        for (room, view) in views.sorted(by: { $0.key < $1.key }) {
            for occupant in view.occupants {
                guard let own = view.faces.first(where: { $0.participant == occupant.participant }) else { continue }
                outbox.append(
                    own.unavailable(
                        from: addresses.occupant(room, own.name), to: occupant, out: .init(statuses: [.init(332)])))
            }
        }
        views.removeAll()
    }

    private mutating func groupchat(
        _ message: ChatMessage, _ room: RoomName, to jid: JID, isHistory: Bool
    ) -> XMLElement {
        let muc = addresses.muc(room)
        let carried = payloads.elements(message.payload)
        let occupantID = ids.element(of: message, in: room)
        return .message(
            from: message.senderName.isEmpty ? muc : addresses.occupant(room, message.senderName), to: jid,
            type: "groupchat",
            id: message.clientID ?? message.id
        ) {
            if !message.body.isEmpty { XMLElement("body", Namespace.client, text: message.body) }
            carried
            occupantID
            muc.map { StanzaID.element(message.id, by: $0) }
            if isHistory { Delay(stamp: message.time, from: muc).element }
        }
    }

    private func subjectMessage(_ subject: Subject?, _ room: RoomName, to jid: JID) -> XMLElement {
        .message(
            from: subject.flatMap { $0.setBy.isEmpty ? nil : addresses.occupant(room, $0.setBy) }
                ?? addresses.muc(room),
            to: jid, type: "groupchat"
        ) { XMLElement("subject", Namespace.client, text: subject?.text ?? "") }
    }
}
