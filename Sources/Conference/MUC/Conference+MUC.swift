import MediaDescription
import Primitives

/// The MUC side of rooms (XEP-0045).
extension Conference {
    /// Presence to `room/nick`: to come in, to say that one is still in, to take another nick, or to change one's
    /// status (XEP-0045 sections 7.2, 7.6, 7.7).
    mutating func enter(_ entry: MUCEntry, _ now: Instant, _ wall: WallTime) -> [Effect] {
        if let known = states[entry.room]?.room.participants.occupant(entry.occupant) {
            return update(entry, known.participant, known.endpoint)
        }
        guard entry.isJoin else { return [.refuseEntry(entry, .notJoined)] }
        guard mayUse(entry.room) else { return [.refuseEntry(entry, .noSuchRoom)] }
        guard affiliation(of: entry.occupant, in: entry.room) != .outcast else {
            return [.refuseEntry(entry, .banned)]
        }
        guard mayMake(entry.room, by: entry.occupant) else { return [.refuseEntry(entry, .tooManyRooms)] }
        if let refusal = refusal(of: entry.nick, for: entry) { return [.refuseEntry(entry, refusal)] }
        guard !isFull(entry.room, for: entry.occupant) else { return [.refuseEntry(entry, .full)] }
        let key =
            entry.password.map { judgePIN($0, for: entry.room, from: entry.occupant.bare.description, now) } ?? .nothing
        if let refusal = closedDoor(for: entry, key) { return [.refuseEntry(entry, refusal)] }
        let isNew = states[entry.room] == nil
        var effects = makeRoom(entry.room, by: entry.occupant, wall)
        if isNew { effects += own(entry.room, entry.occupant) }
        let endpoint = Endpoint(
            id: EndpointID(newNumber()), kind: .muc(show: entry.show, status: entry.status), address: entry.occupant,
            status: .connected, joiningMethod: .dialedIn, joined: wall, direction: .inactive, takesText: true)
        var changes: [RosterChange] = []
        let participant: ParticipantID
        let affiliation = affiliation(of: entry.occupant, in: entry.room)
        let role = role(asModerator: isModerator(entry, key), affiliation, entry.room)
        if let known = states[entry.room]?.room.participants.person(entry.occupant) {
            participant = known.id
            if known.name != entry.nick {
                states[entry.room]?.room.participants.rename(participant, to: entry.nick)
                changes.append(.renamed(participant, from: known.name))
            }
            states[entry.room]?.room.participants.add(endpoint, to: participant)
            if role == .moderator { states[entry.room]?.room.participants.change(participant) { $0.role = role } }
        } else {
            participant = ParticipantID(newNumber())
            var newcomer = Participant(
                id: participant, address: entry.occupant.bare, name: entry.nick, role: role, endpoints: [endpoint])
            newcomer.affiliation = affiliation
            states[entry.room]?.room.participants.append(newcomer)
        }
        changes.append(.endpointJoined(participant, endpoint.id))
        effects.append(.roomChanged(entry.room, changes))
        effects.append(welcome(entry, endpoint.id, created: isNew))
        effects += tellOfRecording(endpoint.id, in: entry.room, wall)
        return effects + (role == .moderator ? becameModerated(entry.room, now, wall) : [])
    }

    /// Whether who enters shows himself to be a moderator, by address or password.
    private func isModerator(_ entry: MUCEntry, _ key: RoomPolicy.Key) -> Bool {
        affiliation(of: entry.occupant, in: entry.room).moderates || key == .moderation
    }

    /// What keeps somebody out who has another way of the call's callers: the PIN as a password, the lock, the waiting
    /// room. Who is in may come by another client too.
    private func closedDoor(for entry: MUCEntry, _ key: RoomPolicy.Key) -> MUCRefusal? {
        let state = states[entry.room]
        let policy = state?.policy ?? configuration.policy(of: entry.room)
        if isModerator(entry, key) || state?.room.participants.person(entry.occupant) != nil { return nil }
        if isForOthers(entry.room, entry.occupant) { return .membersOnly }
        if policy.pin != nil, key != .door { return .wrongPassword }
        if state?.room.isLocked == true { return .locked }
        switch policy.waitingRoom {
        case .none: return nil
        case .moderator: return state?.room.participants.contains { $0.role == .moderator } == true ? nil : .waiting
        case .admission: return .waiting
        }
    }

    /// Presence from an occupant who is in.
    private mutating func update(
        _ entry: MUCEntry, _ participant: Participant, _ endpoint: Endpoint
    ) -> [Effect] {
        if participant.name != entry.nick, let refusal = refusal(of: entry.nick, for: entry) {
            return [.refuseEntry(entry, refusal)]
        }
        var changes: [RosterChange] = []
        if participant.name != entry.nick {
            changes.append(.renamed(participant.id, from: participant.name))
            states[entry.room]?.room.participants.rename(participant.id, to: entry.nick)
        }
        let kind = Endpoint.Kind.muc(show: entry.show, status: entry.status)
        if endpoint.kind != kind || !changes.isEmpty {
            _ = states[entry.room]?.room.participants.change(endpoint.id) { $0.kind = kind }
            changes.append(.endpointChanged(participant.id, endpoint.id))
        }
        var effects: [Effect] = changes.isEmpty ? [] : [.roomChanged(entry.room, changes)]
        if entry.isJoin { effects.append(welcome(entry, endpoint.id, created: false)) }
        return effects
    }

    private func welcome(_ entry: MUCEntry, _ endpoint: EndpointID, created: Bool) -> Effect {
        let room = states[entry.room]?.room
        let limit = min(configuration.historyLength, entry.maxHistoryMessages ?? .max)
        return .welcome(
            entry.room, endpoint, history: Array((room?.history ?? []).suffix(max(0, limit))),
            subject: room?.subject, created: created)
    }

    /// Why a nick cannot be had: not a name, or somebody else's.
    private func refusal(of nick: String, for entry: MUCEntry) -> MUCRefusal? {
        guard ParticipantName.isValid(nick), !Roster.isReserved(nick) else { return .badNick }
        let holder = states[entry.room]?.room.participants.named(nick)
        guard let holder, holder.address != entry.occupant.bare else { return nil }
        return .nickTaken
    }

    /// An occupant leaves, or is gone; a bare JID means all of its clients (XEP-0045 section 7.14).
    mutating func leave(_ name: RoomName, _ occupant: PeerAddress, _ status: String?) -> [Effect] {
        guard let room = states[name]?.room else { return [] }
        var changes: [RosterChange] = []
        for participant in room.participants {
            for endpoint in participant.endpoints
            where endpoint.isMUC
                && (endpoint.address == occupant
                    || occupant.resource == nil && endpoint.address.bare == occupant)
            {
                changes += remove(endpoint.id, from: name) {
                    $0.kind = .muc(show: nil, status: status)
                }
            }
        }
        return changes.isEmpty ? [] : [.roomChanged(name, changes)] + departed(from: name, changes)
    }

    /// Listeners do not set the subject, nor speakers where the owner has it so.
    func maySetSubject(_ person: Participant, _ name: RoomName) -> Bool {
        person.role == .moderator || person.role == .speaker && states[name]?.settings.othersSetSubject != false
    }

    /// A new subject (XEP-0045 section 8.1); an empty one takes the old away.
    mutating func setSubject(
        _ id: SubmissionID, _ name: RoomName, _ occupant: PeerAddress, _ text: String
    ) -> [Effect] {
        guard let state = states[name] else { return [.submitted(id, .refused(.noSuchRoom))] }
        guard let known = state.room.participants.occupant(occupant) else {
            return [.submitted(id, .refused(.notInRoom))]
        }
        guard maySetSubject(known.participant, name) else {
            return [.submitted(id, .refused(.notAllowed("You may not set the subject here.")))]
        }
        guard text.utf8.count <= ChatText.maximumSubjectBytes else {
            return [.submitted(id, .refused(.malformed("The subject is too long.")))]
        }
        let subject = Subject(text: ChatText.clean(text), setBy: known.participant.name)
        states[name]?.room.subject = subject
        return [
            .store(.subject(name, subject)), .subjectChanged(name, subject), .roomChanged(name, []),
            .submitted(id, .accepted(id: entropy.uuid())),
        ]
    }
}
