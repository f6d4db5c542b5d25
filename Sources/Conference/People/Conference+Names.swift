import Primitives

/// Names that callers say themselves, or that are spoken for them: asked for at the door, heard when they come and go.
extension Conference {
    /// The longest name.
    static let nameTime = Duration.seconds(3)
    /// How long the words that ask for it, and the media side's answer, may take.
    static let namePromptTime = Duration.seconds(20)
    static let nameAnswerTime = Duration.seconds(2)
    /// Most names after the number of who is there.
    static let mostNames = 20

    // MARK: At the door

    /// One who may come in says the name first, where the room wants it.
    /// - Parameter mix: the one it is alone in at the door, if it was there.
    mutating func letIn(
        _ leg: LegID, _ entering: EnteringLeg, _ name: RoomName, asModerator: Bool, mix: MixID?, _ now: Instant,
        _ wall: WallTime
    ) -> [Effect] {
        guard let state = states[name], state.policy.names == .recorded, entering.call.replaces == nil,
            known(entering.call, in: name).flatMap({ state.names[$0.id] }) == nil
        else { return join(leg, entering, name, asModerator: asModerator, now, wall) }
        let door = DoorLeg(
            entering: entering, mix: mix ?? newMix(), stage: .naming(.asked, asModerator: asModerator),
            name: ParticipantName.wish(of: entering.call.caller, displayName: entering.call.displayName), since: wall)
        legs[leg] = .atDoor(name, door)
        states[name]?.door.append(leg)
        deadlines[leg] = now + Conference.namePromptTime
        return (mix == nil ? [.connect(leg, door.mix)] : []) + [play([.sayName, .beep], to: leg, in: name)]
    }

    /// Asked → speaking: the words that ask for the name are over.
    mutating func namePlayed(_ leg: LegID, _ name: RoomName, _ door: DoorLeg, _ now: Instant) -> [Effect] {
        guard case .naming(.asked, let asModerator) = door.stage else { return [] }
        become(.naming(.speaking, asModerator: asModerator), leg, name, door, until: now + Conference.nameTime)
        return [.recordName(leg)]
    }

    /// Speaking → ending: the name is said.
    mutating func nameKey(
        _ key: DTMFKey, _ leg: LegID, _ name: RoomName, _ door: DoorLeg, _ now: Instant
    ) -> [Effect] {
        // What still belongs to the PIN is no end of the name.
        guard key.character == "#", case .naming(.speaking, let asModerator) = door.stage else { return [] }
        become(.naming(.ending, asModerator: asModerator), leg, name, door, until: now + Conference.nameAnswerTime)
        return [.endNameRecording(leg)]
    }

    /// Time is up: for the words, for the name, or for the media side's answer.
    mutating func nameDue(
        _ leg: LegID, _ name: RoomName, _ door: DoorLeg, _ now: Instant, _ wall: WallTime
    ) -> [Effect] {
        guard case .naming(.speaking, let asModerator) = door.stage else {
            return nameDone(leg, name, door, hasName: false, now, wall)
        }
        become(.naming(.ending, asModerator: asModerator), leg, name, door, until: now + Conference.nameAnswerTime)
        return [.endNameRecording(leg)]
    }

    /// Speaking or ending → in the room: there is a name, or silence. One that nobody waits for is forgotten.
    mutating func named(_ leg: LegID, hasName: Bool, _ now: Instant, _ wall: WallTime) -> [Effect] {
        if case .atDoor(let name, let door) = legs[leg], case .naming(let naming, _) = door.stage, naming != .asked {
            return nameDone(leg, name, door, hasName: hasName, now, wall)
        }
        return hasName ? [.forgetName(leg)] : []
    }

    private mutating func nameDone(
        _ leg: LegID, _ name: RoomName, _ door: DoorLeg, hasName: Bool, _ now: Instant, _ wall: WallTime
    ) -> [Effect] {
        guard case .naming(_, let asModerator) = door.stage else { return [] }
        guard asModerator || !isFull(name, for: counted(door.entering.call, in: name)) else {
            return (hasName ? [.forgetName(leg)] : []) + turnAway(leg, name, .full, [.roomFull], mix: door.mix, now)
        }
        leaveDoor(leg, of: name)
        var entering = door.entering
        entering.hasName = hasName
        return join(leg, entering, name, asModerator: asModerator, now, wall)
    }

    private mutating func become(
        _ stage: DoorLeg.Stage, _ leg: LegID, _ name: RoomName, _ door: DoorLeg, until due: Instant
    ) {
        var door = door
        door.stage = stage
        legs[leg] = .atDoor(name, door)
        deadlines[leg] = due
    }

    // MARK: Comings and goings

    /// Somebody is in by one more call: the others hear who, or a tone.
    func announceArrival(
        of participant: ParticipantID, by leg: LegID, isFirstCall: Bool, in name: RoomName
    ) -> [Effect] {
        guard let state = states[name], announces(name) else { return [] }
        if state.room.participants.count == 1 { return [play([.youAreFirst], to: leg, in: name)] }
        guard isFirstCall, let who = state.room.participants[participant] else { return announce(.joinTone, in: name) }
        return announce(sound(of: who, in: name), .hasJoined, otherwise: .joinTone, in: name)
    }

    /// Calls left the room: the others hear whose, or a tone.
    func announceDeparture(_ changes: [RosterChange], in name: RoomName) -> [Effect] {
        var isTold = false
        var effects: [Effect] = []
        for case .endpointLeft(let who, let endpoint) in changes where !endpoint.isMUC {
            let isInCall = states[name]?.room.participants[who.id]?.isInCall == true
            let sound = isInCall ? nil : sound(of: who, in: name)
            // One tone for all who have no name.
            if sound == nil, isTold { continue }
            isTold = true
            effects += announce(sound, .hasLeft, otherwise: .leaveTone, in: name)
        }
        return effects
    }

    /// A tone to everybody in the call, if the operator wants it.
    func announce(_ tone: Sound, in name: RoomName) -> [Effect] { announce(nil, tone, otherwise: tone, in: name) }

    private func announce(_ who: Sound?, _ what: Sound, otherwise tone: Sound, in name: RoomName) -> [Effect] {
        guard let state = states[name], announces(name), state.room.participants.contains(where: \.hasCall) else {
            return []
        }
        guard let who else { return [.playToMix(state.room.mix, Announcement([tone]))] }
        let words = Announcement([who, what], language: state.policy.language, otherwise: [tone])
        return [.playToMix(state.room.mix, words)]
    }

    private func announces(_ name: RoomName) -> Bool {
        configuration.announcements == .tone || states[name]?.policy.names ?? .none != .none
    }

    /// What somebody is called by, as far as there is a sound.
    private func sound(of who: Participant, in name: RoomName) -> Sound? {
        switch states[name]?.policy.names ?? .none {
        case .none: nil
        case .recorded: states[name]?.names[who.id].map { .recordedName($0) }
        case .spoken: .spokenName(who.name)
        }
    }

    /// Who is there, by name, as many as are listened to.
    func names(in name: RoomName) -> [Sound] {
        Array(
            (states[name]?.room.participants.lazy.compactMap { sound(of: $0, in: name) } ?? []).prefix(Self.mostNames))
    }

    // MARK: Forgetting

    /// Who is in the call no more has no name in the room either.
    mutating func forgetNames(in name: RoomName) -> [Effect] {
        guard let state = states[name], !state.names.isEmpty else { return [] }
        let gone = state.names.filter { state.room.participants[$0.key]?.isInCall != true }
        for id in gone.keys { states[name]?.names[id] = nil }
        return gone.values.sorted().map { .forgetName($0) }
    }
}

extension Participant {
    /// Whether there is a call of theirs, be it that they are only being called.
    var hasCall: Bool { endpoints.contains { !$0.isMUC } }
    /// Whether they are in the call.
    var isInCall: Bool { endpoints.contains { !$0.isMUC && $0.isPresent } }
}
