import MediaDescription
import Primitives

/// Calls into rooms: offered → entering (accepted, being answered) → in the room → ended.
extension Conference {
    /// A call arrives: into a room, across the gateway, or nowhere. A leg that is known already is not offered twice.
    mutating func offered(_ leg: LegID, _ call: IncomingCall, _ now: Instant, _ wall: WallTime) -> [Effect] {
        guard legs[leg] == nil else { return [] }
        if let group = call.group { return admit(leg, call, from: group) }
        if let old = call.replaces { return admitReplacement(leg, call, of: old) }
        let route = route(of: call)
        if case .peer(let target) = route.destination, call.isSpent(towards: target.network) {
            return refuse(leg, call, .tooManyHops)
        }
        switch route.destination {
        case .room(let name): return admit(leg, call, to: name, wall)
        case .peer(let target) where call.line != nil || route.line != nil:
            return dial(target, for: leg, call, by: route.line, now, wall)
        case .peer(let target):
            if let refusal = refusal(of: call, to: target) { return refuse(leg, call, refusal) }
            return dial(target, for: leg, call, now, wall)
        case .refused(let reason): return refuse(leg, call, reason)
        }
    }

    private mutating func admit(
        _ leg: LegID, _ call: IncomingCall, to name: RoomName, _ wall: WallTime
    ) -> [Effect] {
        guard mayUse(name) || call.isMaker else { return [.end(leg, .notFound)] }
        guard affiliation(of: call, in: name) != .outcast else { return [.end(leg, .forbidden)] }
        guard mayMake(name, by: call.caller), !isFull(name, for: counted(call, in: name)) else {
            return [.end(leg, .full)]
        }
        guard !isShut(name, to: counted(call, in: name)) else { return [.end(leg, .locked)] }
        let effects = makeRoom(name, by: call.caller, wall)
        reservations[name] = nil
        states[name]?.entering.insert(leg)
        legs[leg] = .entering(name, EnteringLeg(call))
        return effects + [.accept(leg)]
    }

    mutating func ringing(_ leg: LegID) -> [Effect] {
        trunks.works(leg)
        return switch legs[leg] {
        case .bridged(let caller): pendingRinging(leg, caller) ?? bridgeRinging(leg, caller)
        case .dialled: dialOutRinging(leg)
        case .entering, .atDoor, .leaving, .inRoom, nil: []
        }
    }

    mutating func answered(_ leg: LegID, _ now: Instant, _ wall: WallTime) -> [Effect] {
        trunks.works(leg)
        return switch legs[leg] {
        case .entering(let name, let entering): arrive(leg, entering, name, now, wall)
        case .bridged(let caller): takePlace(leg, caller, now) ?? bridgeAnswered(leg, caller, wall)
        case .dialled: dialOutAnswered(leg, wall)
        case .atDoor, .leaving, .inRoom, nil: []
        }
    }

    /// Into the room, whoever it is.
    mutating func join(
        _ leg: LegID, _ entering: EnteringLeg, _ name: RoomName, asModerator: Bool, _ now: Instant, _ wall: WallTime
    ) -> [Effect] {
        if let old = entering.call.replaces, let taken = takeOver(leg, entering, old) {
            guard case .inRoom(_, _, let endpoint) = legs[leg] else { return taken }
            return taken + tellOfRecording(endpoint, in: name, wall)
        }
        guard let state = states[name] else { return [] }
        let (mix, call) = (state.room.mix, entering.call)
        let known = known(call, in: name)
        let affiliation = affiliation(of: call, in: name)
        let role =
            known.map { asModerator ? .moderator : $0.role } ?? role(asModerator: asModerator, affiliation, name)
        var endpoint = Endpoint(
            id: EndpointID(newNumber()), kind: .call(leg), address: call.caller, status: .connected,
            joiningMethod: .dialedIn, joined: wall, source: entering.source, direction: entering.direction,
            takesText: call.takesText)
        endpoint.languages = call.languages
        endpoint.group = call.group
        endpoint.isAuthenticated = call.isAuthenticated
        endpoint.origin = call.origin
        endpoint.account = call.account
        let calls = known?.endpoints.filter { !$0.isMUC } ?? []
        endpoint.isMuted =
            role == .listener || calls.contains(where: \.isMuted)
            || calls.isEmpty && state.policy.mutesOnEntry && role != .moderator
        endpoint.isDeaf = calls.contains(where: \.isDeaf)
        endpoint.status = endpoint.statusInRoom
        let participant: ParticipantID
        var effects: [Effect] = [.connect(leg, mix)] + grouping(of: leg, call.group)
        if endpoint.isMuted || endpoint.isDeaf {
            effects.append(.setVoice(leg, isMuted: endpoint.isMuted, isDeaf: endpoint.isDeaf))
        }
        if let known {
            participant = known.id
            states[name]?.room.participants.add(endpoint, to: participant)
            states[name]?.room.participants.change(participant) { $0.role = role }
        } else {
            participant = ParticipantID(newNumber())
            let wish = ParticipantName.wish(of: call.caller, displayName: call.displayName)
            let free = states[name]?.room.participants.freeName(like: wish) ?? wish
            var newcomer = Participant(
                id: participant, address: call.caller.bare, name: free, role: role, endpoints: [endpoint])
            newcomer.affiliation = affiliation
            states[name]?.room.participants.append(newcomer)
        }
        legs[leg] = .inRoom(name, participant, endpoint.id)
        effects.append(.roomChanged(name, [.endpointJoined(participant, endpoint.id)]))
        if entering.hasName { states[name]?.names[participant] = leg }
        effects += announceArrival(of: participant, by: leg, isFirstCall: calls.isEmpty, in: name)
        let words = (endpoint.isMuted && calls.isEmpty ? [Sound.muted] : [])
        effects += tellOfRecording(endpoint.id, in: name, wall, after: words)
        effects += call.replaces.map { giveUp($0) } ?? []
        return effects + (role == .moderator ? becameModerated(name, now, wall) : [])
    }

    /// What a caller on the way in may do in a room: nothing before the door is open.
    func role(of call: IncomingCall, in name: RoomName) -> Role {
        guard let state = states[name] else { return .listener }
        if isModerator(call, of: name) { return .moderator }
        let isShut =
            state.policy.pin != nil || state.policy.waitingRoom != .none || state.room.isLocked
            || isForOthers(name, counted(call, in: name))
        return isShut ? .listener : role(asModerator: false, affiliation(of: call, in: name), name)
    }

    mutating func directionChanged(_ leg: LegID, _ direction: StreamDirection) -> [Effect] {
        switch legs[leg] {
        case .entering(let name, var entering):
            entering.direction = direction
            legs[leg] = .entering(name, entering)
            return []
        case .inRoom(let name, let participant, let endpoint):
            return change(endpoint, of: participant, in: name) {
                $0.direction = direction
                $0.status = $0.statusInRoom
            }
        case .atDoor(let name, var door):
            door.entering.direction = direction
            legs[leg] = .atDoor(name, door)
            return []
        case .bridged(let caller): return bridgeDirection(leg, caller, direction)
        case .dialled:
            guard let dialOut = dialOuts[leg] else { return [] }
            return change(dialOut.endpoint, of: dialOut.participant, in: dialOut.room) { $0.direction = direction }
        case .leaving, nil: return []
        }
    }

    mutating func sourceKnown(_ leg: LegID, _ source: UInt32) -> [Effect] {
        switch legs[leg] {
        case .entering(let name, var entering):
            entering.source = source
            legs[leg] = .entering(name, entering)
            return []
        case .inRoom(let name, let participant, let endpoint):
            return change(endpoint, of: participant, in: name) { $0.source = source }
        case .atDoor(let name, var door):
            door.entering.source = source
            legs[leg] = .atDoor(name, door)
            return []
        case .dialled:
            guard let dialOut = dialOuts[leg] else { return [] }
            return change(dialOut.endpoint, of: dialOut.participant, in: dialOut.room) { $0.source = source }
        case .bridged(let caller):
            bridgesByCaller[caller]?.inCall[leg].source = source
            return []
        case .leaving, nil: return []
        }
    }

    /// A phone that we called takes text, as its answer says.
    mutating func takesText(_ leg: LegID) -> [Effect] {
        switch legs[leg] {
        case .dialled:
            guard let dialOut = dialOuts[leg] else { return [] }
            return change(dialOut.endpoint, of: dialOut.participant, in: dialOut.room) { $0.takesText = true }
        case .inRoom(let name, let participant, let endpoint):
            return change(endpoint, of: participant, in: name) { $0.takesText = true }
        case .entering, .atDoor, .leaving, .bridged, nil: return []
        }
    }

    mutating func ended(_ leg: LegID, _ reason: EndReason, _ now: Instant, _ wall: WallTime) -> [Effect] {
        forgetKeys(leg)
        if reason.isOfCallee { trunks.works(leg) }
        switch legs.removeValue(forKey: leg) {
        case .entering(let name, _):
            states[name]?.entering.remove(leg)
            return endRoomIfEmpty(name)
        case .atDoor(let name, _):
            states[name]?.door.removeAll { $0 == leg }
            states[name]?.room.pending.removeAll { $0.leg == leg }
            return [.disconnect(leg)] + endRoomIfEmpty(name)
        case .leaving: return parted.remove(leg) == nil ? [.disconnect(leg)] : []
        case .inRoom(let name, _, let endpoint):
            let left = remove(endpoint, from: name)
            return [.disconnect(leg), .roomChanged(name, left)] + departed(from: name, left)
        case .dialled: return dialOutEnded(leg, reason, now, wall)
        case .bridged(let caller):
            return forward(leg, caller, reason, now, wall) ?? bridgeEnded(leg, caller, reason)
        case nil: return []
        }
    }
}

extension EndReason {
    /// Whether it is the word of who was called, so that the way there works.
    fileprivate var isOfCallee: Bool {
        switch self {
        case .busy, .declined, .notFound: true
        default: false
        }
    }
}
