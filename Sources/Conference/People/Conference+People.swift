import MediaDescription
import Primitives

/// Who may do what to whom in a room: decided here once, whether by key, chat command, MUC request or from outside.
extension Conference {
    /// A wish from an adapter.
    mutating func moderate(
        _ id: SubmissionID, _ name: RoomName, _ moderator: Moderator, _ wish: Moderation, _ now: Instant,
        _ wall: WallTime
    ) -> [Effect] {
        guard let room = states[name]?.room else { return [.submitted(id, .refused(.noSuchRoom))] }
        let actor: Participant?
        switch moderator {
        case .administrator: actor = nil
        case .occupant(let jid):
            guard let known = room.participants.occupant(jid) else { return [.submitted(id, .refused(.notInRoom))] }
            actor = known.participant
        case .leg(let leg):
            guard let known = room.participants.endpoint(of: leg) else {
                return [.submitted(id, .refused(.notInRoom))]
            }
            actor = known.participant
        }
        let verdict = moderate(wish, by: actor, in: name, now, wall)
        return verdict.effects + [.submitted(id, verdict.outcome)]
    }

    /// - Parameter actor: nil for the operator.
    mutating func moderate(
        _ wish: Moderation, by actor: Participant?, in name: RoomName, _ now: Instant, _ wall: WallTime
    ) -> Verdict {
        guard states[name] != nil else { return .refused(.noSuchRoom) }
        let isModerator = actor.map { $0.role == .moderator } ?? true
        switch wish {
        case .mute(let target): return voice(target, actor, isModerator, name, "muted") { $0.isMuted = true }
        case .unmute(let target): return unmute(target, actor, isModerator, name)
        case .deafen(let target):
            return voice(target, actor, isModerator, name, "deaf and muted") { ($0.isMuted, $0.isDeaf) = (true, true) }
        case .undeafen(let target):
            return voice(target, actor, isModerator, name, "hearing again") { $0.isDeaf = false }
        case .hand(let isUp, let target): return hand(isUp, target, actor, isModerator, name, wall)
        case .topic(let text):
            guard let actor else { return topic(text, by: "", name) }
            guard maySetSubject(actor, name) else { return .refused(.notAllowed("You may not set the topic here.")) }
            return topic(text, by: actor.name, name)
        case .pin(let digits):
            guard let actor else { return .done("") }
            let source = source(of: actor)
            guard !isBarred(source, from: name, now) else {
                return .refused(.notAllowed("Too many PINs were wrong; try again later."))
            }
            guard judgePIN(digits, for: name, from: source, now) == .moderation else {
                return .refused(.notAllowed("That PIN is wrong."))
            }
            return .done("You are a moderator.", setRole(.moderator, [actor], name) + becameModerated(name, now, wall))
        case .affiliate(let affiliation, let who, let reason):
            return affiliate(who, affiliation, reason, actor, name, now, wall)
        case .expel, .lock, .admit, .role, .record:
            guard isModerator else { return .moderatorsOnly }
        }
        switch wish {
        case .expel(let target, let reason): return expel(target, reason, actor, name, now, wall)
        case .lock(let isLocked): return lock(isLocked, name)
        case .record(let isOn): return record(isOn, by: actor, name, wall)
        case .admit(let target):
            switch waiting(target, name) {
            case .success(let waiting):
                return .done(
                    waiting.isEmpty ? "Nobody waits." : "\(waiting.count) let in.",
                    admit(waiting.map(\.leg), to: name, now, wall))
            case .failure(let refusal): return .refused(refusal)
            }
        case .role(let role, let target):
            switch people(target, actor, name) {
            case .success(let people):
                if role != .moderator, let above = people.first(where: { actor != nil && $0.affiliation.moderates }) {
                    return .refused(.outranked("\(above.name) moderates by affiliation."))
                }
                let effects = setRole(role, people, name) + becameModerated(name, now, wall)
                return .done(say(people, "a \(role.rawValue)", "\(role.rawValue)s"), effects)
            case .failure(let refusal): return .refused(refusal)
            }
        default: return .moderatorsOnly
        }
    }

    // MARK: Whom

    private func people(
        _ target: Moderation.Target, _ actor: Participant?, _ name: RoomName
    ) -> Result<[Participant], SubmissionRefusal> {
        guard let room = states[name]?.room else { return .failure(.noSuchRoom) }
        switch target {
        case .oneself: return .success(actor.flatMap { room.participant($0.id) }.map { [$0] } ?? [])
        case .all: return .success(room.participants.filter { $0.role != .moderator })
        case .named(let wanted):
            return room.participant(named: wanted).map { .success([$0]) } ?? .failure(.noSuchParticipant(wanted))
        }
    }

    private func waiting(
        _ target: Moderation.Target, _ name: RoomName
    ) -> Result<[PendingCaller], SubmissionRefusal> {
        let pending = states[name]?.room.pending ?? []
        guard case .named(let wanted) = target else { return .success(pending) }
        let found = pending.filter { $0.name.lowercased() == wanted.lowercased() }
        return found.isEmpty ? .failure(.noSuchParticipant(wanted)) : .success(found)
    }

    private func say(_ people: [Participant], _ one: String, _ many: String? = nil) -> String {
        people.count == 1 ? "\(people[0].name) is \(one)." : "\(people.count) are \(many ?? one)."
    }

    // MARK: Voice

    private mutating func voice(
        _ target: Moderation.Target, _ actor: Participant?, _ isModerator: Bool, _ name: RoomName, _ what: String,
        _ change: (inout Endpoint) -> Void
    ) -> Verdict {
        let people: [Participant]
        switch self.people(target, actor, name) {
        case .success(let found): people = found
        case .failure(let refusal): return .refused(refusal)
        }
        let isOneself = people.count == 1 && people[0].id == actor?.id && target != .all
        guard isModerator || isOneself else { return .moderatorsOnly }
        guard target == .all || people.contains(where: { $0.endpoints.contains { !$0.isMUC } }) else {
            return .refused(.notAllowed("\(people.first?.name ?? "Nobody") is not in the call."))
        }
        var effects = setVoice(people, name, change)
        guard !effects.isEmpty else { return .done(say(people, what)) }
        if target == .all {
            if let mix = states[name]?.room.mix, what == "muted" {
                effects.append(.playToMix(mix, Announcement([.allMuted], language: states[name]?.policy.language)))
            }
        } else if !isOneself, what == "muted" || what == "unmuted" {
            for leg in people.flatMap({ $0.endpoints.compactMap(\.leg) }) {
                effects.append(play([what == "muted" ? .muted : .unmuted], to: leg, in: name))
            }
        }
        return .done(say(people, what), effects)
    }

    private mutating func unmute(
        _ target: Moderation.Target, _ actor: Participant?, _ isModerator: Bool, _ name: RoomName
    ) -> Verdict {
        if !isModerator, actor?.role == .listener {
            return .refused(.notAllowed("You are a listener here; a moderator can let you speak."))
        }
        var verdict = voice(target, actor, isModerator, name, "unmuted") { ($0.isMuted, $0.isDeaf) = (false, false) }
        // Who is given the word has what it raised its hand for.
        if isModerator, case .reply = verdict.outcome, case .success(let people) = people(target, actor, name) {
            let lifted = people.filter { $0.role == .listener && $0.id != actor?.id }
            if case .named = target, !lifted.isEmpty { verdict.effects = setRole(.speaker, lifted, name) }
            var hasChanged = false
            for person in people where person.hasHandUp {
                states[name]?.room.participants.change(person.id) { $0.hasHandUp = false }
                hasChanged = true
            }
            if hasChanged { verdict.effects.append(.roomChanged(name, [])) }
        }
        return verdict
    }

    /// Changes calls, tells the media side and everybody who watches.
    private mutating func setVoice(
        _ people: [Participant], _ name: RoomName, _ change: (inout Endpoint) -> Void
    ) -> [Effect] {
        var effects: [Effect] = []
        var changes: [RosterChange] = []
        for person in people {
            for endpoint in person.endpoints {
                guard let leg = endpoint.leg,
                    states[name]?.room.participants.change(
                        endpoint.id,
                        {
                            change(&$0)
                            if person.role == .listener { $0.isMuted = true }
                            if $0.isPresent { $0.status = $0.statusInRoom }
                        }) == true,
                    let now = states[name]?.room.endpoint(endpoint.id)?.endpoint
                else { continue }
                if now.isPresent { effects.append(.setVoice(leg, isMuted: now.isMuted, isDeaf: now.isDeaf)) }
                changes.append(.endpointChanged(person.id, endpoint.id))
            }
        }
        return changes.isEmpty ? [] : effects + [.roomChanged(name, changes)]
    }

    // MARK: Hands and roles

    private mutating func hand(
        _ isUp: Bool, _ target: Moderation.Target, _ actor: Participant?, _ isModerator: Bool, _ name: RoomName,
        _ wall: WallTime
    ) -> Verdict {
        let people: [Participant]
        switch self.people(target, actor, name) {
        case .success(let found): people = found
        case .failure(let refusal): return .refused(refusal)
        }
        let isOneself = people.allSatisfy { $0.id == actor?.id }
        guard isOneself || isModerator && !isUp else { return .moderatorsOnly }
        var effects: [Effect] = []
        for person in people
        where states[name]?.room.participants.change(person.id, { $0.hasHandUp = isUp }) == true {
            if isUp { effects += notice("\(person.name) raises a hand.", to: .moderators, of: name, wall) }
        }
        let isChanged = people.contains { $0.hasHandUp != isUp }
        if isChanged { effects.insert(.roomChanged(name, []), at: 0) }
        return .done(isUp ? "Your hand is up." : isOneself ? "Your hand is down." : "Hands are down.", effects)
    }

    /// Gives people a role. Who becomes a listener is muted, and who was one is not any more.
    mutating func setRole(_ role: Role, _ people: [Participant], _ name: RoomName) -> [Effect] {
        var effects: [Effect] = []
        var isChanged = false
        for person in people {
            guard states[name]?.room.participants.change(person.id, { $0.role = role }) == true else { continue }
            isChanged = true
            guard role == .listener || person.role == .listener,
                let now = states[name]?.room.participant(person.id)
            else { continue }
            effects += setVoice([now], name) { $0.isMuted = role == .listener }
        }
        return effects + (isChanged ? [.roomChanged(name, [])] : [])
    }

    /// There may be a moderator now for whom somebody waits.
    mutating func becameModerated(_ name: RoomName, _ now: Instant, _ wall: WallTime) -> [Effect] {
        guard let state = states[name], state.policy.waitingRoom == .moderator, !state.room.isLocked,
            state.room.participants.contains(where: { $0.role == .moderator })
        else { return [] }
        return admit(state.room.pending.map(\.leg), to: name, now, wall)
    }

    // MARK: The room

    private mutating func lock(_ isLocked: Bool, _ name: RoomName) -> Verdict {
        guard let room = states[name]?.room else { return .refused(.noSuchRoom) }
        let text = isLocked ? "The room is locked." : "The room is open."
        guard room.isLocked != isLocked else { return .done(text) }
        states[name]?.room.isLocked = isLocked
        let word = Announcement([isLocked ? .roomLocked : .roomUnlocked], language: states[name]?.policy.language)
        return .done(text, [.roomChanged(name, []), .playToMix(room.mix, word)])
    }

    private mutating func topic(_ text: String, by setter: String, _ name: RoomName) -> Verdict {
        guard text.utf8.count <= ChatText.maximumSubjectBytes else {
            return .refused(.malformed("The topic is too long."))
        }
        let subject = Subject(text: ChatText.clean(text), setBy: setter)
        states[name]?.room.subject = subject
        return .done(
            subject.text.isEmpty ? "The topic is gone." : "The topic is: \(subject.text)",
            [.store(.subject(name, subject)), .subjectChanged(name, subject), .roomChanged(name, [])])
    }

    /// Puts people out, by whichever ways they are in; those too who wait at the door.
    private mutating func expel(
        _ target: Moderation.Target, _ reason: String?, _ actor: Participant?, _ name: RoomName, _ now: Instant,
        _ wall: WallTime
    ) -> Verdict {
        if target == .oneself { return .refused(.malformed("Say whom.")) }
        var people: [Participant] = []
        var refusal: SubmissionRefusal?
        switch self.people(target, actor, name) {
        case .success(let found): people = found
        case .failure(let why): refusal = why
        }
        var effects: [Effect] = []
        if let refusal {
            guard case .success(let waiting) = waiting(target, name) else { return .refused(refusal) }
            for caller in waiting {
                guard case .atDoor(_, let door) = legs[caller.leg] else { continue }
                effects += turnAway(caller.leg, name, .expelled, [], mix: door.mix, now)
            }
            return .done("\(waiting.first?.name ?? "") is turned away.", effects)
        }
        if let actor, case .named = target,
            let above = people.first(where: { $0.affiliation.moderates && $0.affiliation > actor.affiliation })
        {
            return .refused(.outranked("\(above.name) is an \(above.affiliation.rawValue) of the room."))
        }
        for person in people {
            effects += takeOut(person, from: name, .expelled, wall, by: actor?.name, words: reason)
        }
        return .done(say(people, "out"), effects + departed(from: name))
    }

    // MARK: Comings and goings

    /// The role of somebody new.
    /// - Parameter isFirst: whether nobody is there yet; nil to look.
    func role(asModerator: Bool, _ affiliation: Affiliation, _ name: RoomName, isFirst: Bool? = nil) -> Role {
        guard let state = states[name] else { return .speaker }
        if asModerator { return .moderator }
        let isFirst = isFirst ?? !state.room.participants.contains { $0.endpoints.contains(where: \.isPresent) }
        if state.policy.firstIsModerator, state.maker == nil, isFirst { return .moderator }
        return state.settings.isModerated && affiliation < .member ? .listener : .speaker
    }

    /// What the media side has to know of somebody who was muted before being heard.
    func voice(of id: EndpointID, in name: RoomName) -> [Effect] {
        guard let endpoint = states[name]?.room.endpoint(id)?.endpoint, let leg = endpoint.leg,
            endpoint.isMuted || endpoint.isDeaf
        else { return [] }
        return [.setVoice(leg, isMuted: endpoint.isMuted, isDeaf: endpoint.isDeaf)]
    }

    /// Somebody left: the others hear it, the next in order is a moderator where the first is one, and an empty room is
    /// open again, or gone.
    mutating func departed(from name: RoomName, _ changes: [RosterChange] = []) -> [Effect] {
        var effects = abandon(name) + endRecordingIfNobodyCalls(name)
        guard let state = states[name] else { return effects }
        if state.room.participants.isEmpty {
            if state.room.isLocked {
                states[name]?.room.isLocked = false
                effects.append(.roomChanged(name, []))
            }
            return effects + forgetNames(in: name) + endRoomIfEmpty(name)
        }
        if state.policy.firstIsModerator, !state.room.participants.contains(where: { $0.role == .moderator }),
            let next = state.room.participants.first(where: { $0.endpoints.contains(where: \.isPresent) })
        {
            effects += setRole(.moderator, [next], name)
        }
        return effects + announceDeparture(changes, in: name) + forgetNames(in: name)
    }

    mutating func forgetKeys(_ leg: LegID) {
        keyBuffers[leg] = nil
        keyDigits[leg] = nil
        deadlines[leg] = nil
    }
}

extension Endpoint {
    /// RFC 4575 section 5.7.4: what a peer that does not receive has done is hold us (RFC 3264 section 8.4).
    var statusInRoom: EndpointStatus {
        if isMUC { return .connected }
        return direction.receives ? isMuted ? .mutedViaFocus : .connected : .onHold
    }
}
