import MediaDescription
import Primitives

/// The door of a room: PIN, waiting room, lock, and the last word to whom it stays shut.
extension Conference {
    /// How long one PIN is waited for, and how long after its last digit it counts as given without `#`.
    static let pinTime = Duration.seconds(15)
    static let digitTime = Duration.seconds(4)
    /// How often the PIN may be wrong, or be asked for in vain.
    static let pinTries = 3
    /// How long the last word may take.
    static let lastWordTime = Duration.seconds(8)

    /// A call was answered: into the room, or to its door.
    mutating func arrive(
        _ leg: LegID, _ entering: EnteringLeg, _ name: RoomName, _ now: Instant, _ wall: WallTime
    ) -> [Effect] {
        guard let state = states[name] else { return [] }
        states[name]?.entering.remove(leg)
        let caller = entering.call.caller
        guard affiliation(of: entering.call, in: name) != .outcast else {
            return turnAway(leg, name, .forbidden, [], mix: nil, now)
        }
        // Whose place it takes was let in.
        if let old = entering.call.replaces, place(of: old) != nil {
            return join(leg, entering, name, asModerator: false, now, wall)
        }
        if entering.call.group != nil {
            return join(leg, entering, name, asModerator: isModerator(entering.call, of: name), now, wall)
        }
        if isModerator(entering.call, of: name) {
            return letIn(leg, entering, name, asModerator: true, mix: nil, now, wall)
        }
        let isKnown = caller.network == .xmpp && state.room.participants.person(caller) != nil
        if state.policy.pin != nil, !isKnown {
            if isBarred(source(of: entering.call), from: name, now) {
                return turnAway(leg, name, .forbidden, [.wrongPIN], mix: nil, now)
            }
            let door = door(
                entering, .asking(digits: "", wrong: 0, asked: 1), name, wall)
            legs[leg] = .atDoor(name, door)
            states[name]?.door.append(leg)
            deadlines[leg] = now + Conference.pinTime
            return [.connect(leg, door.mix), play([.enterPIN], to: leg, in: name)]
        }
        return pass(leg, entering, name, mix: nil, now, wall)
    }

    private mutating func door(
        _ entering: EnteringLeg, _ stage: DoorLeg.Stage, _ name: RoomName, _ wall: WallTime
    ) -> DoorLeg {
        let call = entering.call
        return DoorLeg(
            entering: entering, mix: newMix(), stage: stage,
            name: ParticipantName.wish(of: call.caller, displayName: call.displayName), since: wall)
    }

    /// One who may come in as far as the PIN goes: into the room, to wait, or away.
    private mutating func pass(
        _ leg: LegID, _ entering: EnteringLeg, _ name: RoomName, mix: MixID?, _ now: Instant, _ wall: WallTime
    ) -> [Effect] {
        guard let state = states[name] else { return [] }
        let known = known(entering.call, in: name)
        if let known, isVouchedFor(entering.call, by: known, in: name) {
            return letIn(leg, entering, name, asModerator: false, mix: mix, now, wall)
        }
        if isFull(name, for: counted(entering.call, in: name)) {
            return turnAway(leg, name, .full, [.roomFull], mix: mix, now)
        }
        let isShut = state.room.isLocked || isForOthers(name, counted(entering.call, in: name))
        let hasModerator = state.room.participants.contains { $0.role == .moderator }
        let waits =
            switch state.policy.waitingRoom {
            case .none: false
            case .moderator: !hasModerator || isShut
            case .admission: true
            }
        guard waits else {
            if isShut { return turnAway(leg, name, .locked, [.roomLocked], mix: mix, now) }
            return letIn(leg, entering, name, asModerator: false, mix: mix, now, wall)
        }
        let wish = ParticipantName.wish(of: entering.call.caller, displayName: entering.call.displayName)
        let door = DoorLeg(
            entering: entering, mix: mix ?? newMix(), stage: .waiting, name: doorName(like: wish, in: name), since: wall
        )
        states[name]?.door.append(leg)
        legs[leg] = .atDoor(name, door)
        deadlines[leg] = nil
        states[name]?.room.pending.append(
            PendingCaller(leg: leg, name: door.name, address: entering.call.caller.bare, since: wall))
        return (mix == nil ? [.connect(leg, door.mix)] : [])
            + [play([.waitForModerator], to: leg, in: name)]
            + notice("\(door.name) waits to be let in: /admit \(door.name)", to: .moderators, of: name, wall)
    }

    /// A name that nobody has who waits or is in.
    private func doorName(like wish: String, in name: RoomName) -> String {
        guard let room = states[name]?.room else { return wish }
        let waiting = Set(room.pending.map { $0.name.lowercased() })
        var numbers = NameNumbers()
        return numbers.free(like: wish) {
            Roster.isReserved($0) || waiting.contains($0.lowercased()) || room.participants.named($0) != nil
        }
    }

    /// Tells a caller why he cannot come in, and ends the call when that has been said.
    mutating func turnAway(
        _ leg: LegID, _ name: RoomName, _ reason: EndReason, _ words: [Sound], mix: MixID?, _ now: Instant
    ) -> [Effect] {
        let connecting = mix == nil ? [Effect.connect(leg, newMix())] : []
        let word = play(words + [.goodbye], to: leg, in: name)
        leaveDoor(leg, of: name)
        forgetKeys(leg)
        legs[leg] = .leaving(reason)
        deadlines[leg] = now + Conference.lastWordTime
        return connecting + [word] + endRoomIfEmpty(name)
    }

    func play(_ sounds: [Sound], to leg: LegID, in name: RoomName) -> Effect {
        .play(leg, Announcement(sounds, language: states[name]?.policy.language))
    }

    mutating func leaveDoor(_ leg: LegID, of name: RoomName) {
        states[name]?.door.removeAll { $0 == leg }
        states[name]?.room.pending.removeAll { $0.leg == leg }
        keyDigits[leg] = nil
        deadlines[leg] = nil
    }

    // MARK: PIN

    /// A key from somebody at the door: a digit of the PIN, `#` after the last, `*` to begin again.
    mutating func doorKey(
        _ key: DTMFKey, _ leg: LegID, _ name: RoomName, _ door: DoorLeg, _ now: Instant, _ wall: WallTime
    ) -> [Effect] {
        if case .naming = door.stage { return nameKey(key, leg, name, door, now) }
        // Who waits can still give a moderator's PIN.
        var (digits, wrong, asked) = ("", 0, 1)
        if case .asking(let given, let before, let times) = door.stage {
            (digits, wrong, asked) = (given, before, times)
        }
        if case .waiting = door.stage {
            digits = keyDigits[leg] ?? ""
        }
        switch key.character {
        case "#": return digits.isEmpty ? [] : judge(digits, leg, name, door, now, wall)
        case "*": digits = ""
        default: if key.isDigit, digits.count < 64 { digits.append(key.character) }
        }
        guard let longest = states[name]?.policy.longestPIN, longest > 0 else { return [] }
        if !digits.isEmpty, digits.count >= longest { return judge(digits, leg, name, door, now, wall) }
        switch door.stage {
        case .waiting: keyDigits[leg] = digits
        case .asking:
            var door = door
            door.stage = .asking(digits: digits, wrong: wrong, asked: asked)
            legs[leg] = .atDoor(name, door)
            deadlines[leg] = now + (digits.isEmpty ? Conference.pinTime : Conference.digitTime)
        case .naming: break
        }
        return []
    }

    /// A PIN was given.
    mutating func judge(
        _ digits: String, _ leg: LegID, _ name: RoomName, _ door: DoorLeg, _ now: Instant, _ wall: WallTime
    ) -> [Effect] {
        keyDigits[leg] = nil
        switch (judgePIN(digits, for: name, from: source(of: door.entering.call), now), door.stage) {
        case (_, .naming): return []
        case (.moderation, _):
            leaveDoor(leg, of: name)
            return letIn(leg, door.entering, name, asModerator: true, mix: door.mix, now, wall)
        case (.door, .asking):
            leaveDoor(leg, of: name)
            return pass(leg, door.entering, name, mix: door.mix, now, wall)
        case (.door, .waiting): return [play([.waitForModerator], to: leg, in: name)]
        case (.nothing, .waiting):
            var door = door
            door.wrong += 1
            guard door.wrong < Conference.pinTries else {
                return turnAway(leg, name, .forbidden, [.wrongPIN], mix: door.mix, now)
            }
            legs[leg] = .atDoor(name, door)
            return [play([.wrongPIN], to: leg, in: name)]
        case (.nothing, .asking(_, let wrong, _)):
            guard wrong + 1 < Conference.pinTries else {
                return turnAway(leg, name, .forbidden, [.wrongPIN], mix: door.mix, now)
            }
            var door = door
            door.stage = .asking(digits: "", wrong: wrong + 1, asked: 1)
            legs[leg] = .atDoor(name, door)
            deadlines[leg] = now + Conference.pinTime
            return [play([.wrongPIN, .enterPIN], to: leg, in: name)]
        }
    }

    /// A text from somebody at the door is a PIN, with or without `/pin`.
    mutating func doorText(
        _ text: String, _ leg: LegID, _ name: RoomName, _ door: DoorLeg, _ now: Instant, _ wall: WallTime
    ) -> (reply: String, effects: [Effect]) {
        if case .naming = door.stage { return ("Say your name after the tone, then press #.", []) }
        let words = text.split(whereSeparator: \.isWhitespace)
        let given = words.count == 2 && words[0].lowercased() == "/pin" ? words[1] : words.count == 1 ? words[0] : ""
        guard !given.isEmpty, given.allSatisfy({ DTMFKey($0)?.isDigit == true }) else {
            if case .waiting = door.stage { return ("You wait to be let in.", []) }
            return ("Write the PIN of the room: /pin 1234", [])
        }
        let effects = judge(String(given), leg, name, door, now, wall)
        let reply =
            switch legs[leg] {
            case .inRoom: "You are in."
            case .atDoor(_, let now) where now.stage.isNaming: "Say your name after the tone, then press #."
            case .atDoor(_, let now) where now.stage == .waiting && now.wrong == door.wrong: "You wait to be let in."
            default: "That PIN is wrong."
            }
        return (reply, effects)
    }

    /// The call at a door that a text came from: by its leg, else by its full address.
    func doorLeg(of submission: Submission) -> (LegID, DoorLeg)? {
        guard submission.via != .muc, let waiting = states[submission.room]?.door else { return nil }
        for leg in waiting {
            guard case .atDoor(_, let door) = legs[leg] else { continue }
            let caller = door.entering.call.caller
            let isSame = submission.leg.map { $0 == leg } ?? (caller.identifiesPerson && caller == submission.sender)
            if isSame { return (leg, door) }
        }
        return nil
    }

    // MARK: Opening

    /// Lets in who waits, as far as there is room.
    mutating func admit(_ waiting: [LegID], to name: RoomName, _ now: Instant, _ wall: WallTime) -> [Effect] {
        var effects: [Effect] = []
        for leg in waiting {
            guard case .atDoor(_, let door) = legs[leg], door.stage == .waiting else { continue }
            guard !isFull(name, for: door.entering.call.caller) else {
                effects += turnAway(leg, name, .full, [.roomFull], mix: door.mix, now)
                continue
            }
            leaveDoor(leg, of: name)
            effects += letIn(leg, door.entering, name, asModerator: false, mix: door.mix, now, wall)
        }
        return effects
    }

    // MARK: Time

    /// Asks again for PINs that did not come, takes those that came without `#`, and ends whom the last word was said to.
    mutating func wakeDoors(_ now: Instant, _ wall: WallTime) -> [Effect] {
        var effects: [Effect] = []
        for leg in deadlines.filter({ $0.value <= now }).keys.sorted() {
            deadlines[leg] = nil
            switch legs[leg] {
            case .leaving(let reason): effects += goodbye(leg, reason)
            case .atDoor(let name, var door):
                guard case .asking(let digits, let wrong, let asked) = door.stage else {
                    if door.stage.isNaming { effects += nameDue(leg, name, door, now, wall) }
                    continue
                }
                if !digits.isEmpty {
                    effects += judge(digits, leg, name, door, now, wall)
                } else if asked >= Conference.pinTries {
                    effects += turnAway(leg, name, .forbidden, [], mix: door.mix, now)
                } else {
                    door.stage = .asking(digits: "", wrong: wrong, asked: asked + 1)
                    legs[leg] = .atDoor(name, door)
                    deadlines[leg] = now + Conference.pinTime
                    effects.append(play([.enterPIN], to: leg, in: name))
                }
            case .entering, .dialled, .inRoom, .bridged, nil: break
            }
        }
        return effects
    }

    /// The last word was said, or the one that asks for a name.
    mutating func played(_ leg: LegID, _ now: Instant) -> [Effect] {
        if case .atDoor(let name, let door) = legs[leg] { return namePlayed(leg, name, door, now) }
        if case .bridged(let caller) = legs[leg] { return musicPlayed(leg, caller, now) }
        guard case .leaving(let reason) = legs[leg] else { return [] }
        deadlines[leg] = nil
        return goodbye(leg, reason)
    }

    private mutating func goodbye(_ leg: LegID, _ reason: EndReason) -> [Effect] {
        forgetKeys(leg)
        legs[leg] = nil
        return (parted.remove(leg) == nil ? [.disconnect(leg)] : []) + [.end(leg, reason)]
    }
}

extension Conference {
    /// Whether that caller is a moderator by name, or made the room.
    func isModerator(_ call: IncomingCall, of name: RoomName) -> Bool {
        isMaker(call, of: name) || isBelieved(call) && affiliation(of: call.caller, in: name).moderates
    }
}

extension RoomPolicy {
    /// Whether that caller is a moderator by name.
    func isModerator(_ caller: PeerAddress) -> Bool {
        caller.identifiesPerson && moderators.contains(caller.bare)
    }
}
