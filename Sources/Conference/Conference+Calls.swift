import MediaDescription
import Primitives

/// Calls into rooms: offered → entering (accepted, being answered) → in the room → ended.
extension Conference {
    /// A call arrives: into a room, across the gateway, or nowhere. A leg that is known already is not offered twice.
    mutating func offered(_ leg: LegID, _ call: IncomingCall, _ wall: WallTime) -> [Effect] {
        guard legs[leg] == nil else { return [] }
        if let old = call.replaces { return admitReplacement(leg, call, of: old) }
        switch dialPlan.destination(of: call.callee) {
        case .room(let name): return admit(leg, call, to: name, wall)
        case .peer(let target): return dial(target, for: leg, call)
        case .refused(let reason): return [.end(leg, reason)]
        }
    }

    private mutating func admit(
        _ leg: LegID, _ call: IncomingCall, to name: RoomName, _ wall: WallTime
    ) -> [Effect] {
        guard mayUse(name) || call.isMaker else { return [.end(leg, .notFound)] }
        guard !isFull(name, for: call.caller) else { return [.end(leg, .full)] }
        let effects = makeRoom(name, wall)
        reservations[name] = nil
        states[name]?.entering.insert(leg)
        legs[leg] = .entering(name, EnteringLeg(call))
        return effects + [.accept(leg)]
    }

    mutating func ringing(_ leg: LegID) -> [Effect] {
        switch legs[leg] {
        case .bridged(let caller): bridgeRinging(leg, caller)
        case .dialled: dialOutRinging(leg)
        case .entering, .inRoom, nil: []
        }
    }

    mutating func answered(_ leg: LegID, _ wall: WallTime) -> [Effect] {
        switch legs[leg] {
        case .entering(let name, let entering): join(leg, entering, name, wall)
        case .bridged(let caller): bridgeAnswered(leg, caller)
        case .dialled: dialOutAnswered(leg, wall)
        case .inRoom, nil: []
        }
    }

    private mutating func join(
        _ leg: LegID, _ entering: EnteringLeg, _ name: RoomName, _ wall: WallTime
    ) -> [Effect] {
        if let old = entering.call.replaces, let taken = takeOver(leg, entering, old) { return taken }
        guard let mix = states[name]?.room.mix else { return [] }
        states[name]?.entering.remove(leg)
        let call = entering.call
        var endpoint = Endpoint(
            id: EndpointID(newNumber()), kind: .call(leg), address: call.caller,
            status: Conference.status(entering.direction),
            joiningMethod: .dialedIn, joined: wall, source: entering.source, direction: entering.direction,
            takesText: call.takesText)
        endpoint.languages = call.languages
        let participant: ParticipantID
        if let known = states[name]?.room.participants.person(call.caller) {
            participant = known.id
            states[name]?.room.participants.add(endpoint, to: participant)
        } else {
            participant = ParticipantID(newNumber())
            let role = role(of: call, in: name)
            let wish = ParticipantName.wish(of: call.caller, displayName: call.displayName)
            let free = states[name]?.room.participants.freeName(like: wish) ?? wish
            states[name]?.room.participants.append(
                Participant(
                    id: participant, address: call.caller.bare, name: free, role: role, endpoints: [endpoint]))
        }
        legs[leg] = .inRoom(name, participant, endpoint.id)
        return [.connect(leg, mix), .roomChanged(name, [.endpointJoined(participant, endpoint.id)])]
            + (entering.call.replaces.map { giveUp($0) } ?? [])
    }

    /// What a caller may do in a room.
    func role(of call: IncomingCall, in name: RoomName) -> Role {
        isMaker(call, of: name) ? .moderator : .speaker
    }

    mutating func directionChanged(_ leg: LegID, _ direction: StreamDirection) -> [Effect] {
        switch legs[leg] {
        case .entering(let name, var entering):
            entering.direction = direction
            legs[leg] = .entering(name, entering)
            return []
        case .inRoom(let name, let participant, let endpoint):
            let status = Conference.status(direction)
            return change(endpoint, of: participant, in: name) {
                $0.direction = direction
                $0.status = status
            }
        case .bridged(let caller): return bridgeDirection(leg, caller, direction)
        case .dialled:
            guard let dialOut = dialOuts[leg] else { return [] }
            return change(dialOut.endpoint, of: dialOut.participant, in: dialOut.room) { $0.direction = direction }
        case nil: return []
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
        case .dialled:
            guard let dialOut = dialOuts[leg] else { return [] }
            return change(dialOut.endpoint, of: dialOut.participant, in: dialOut.room) { $0.source = source }
        case .bridged, nil: return []
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
        case .entering, .bridged, nil: return []
        }
    }

    mutating func ended(_ leg: LegID, _ reason: EndReason, _ now: Instant, _ wall: WallTime) -> [Effect] {
        switch legs.removeValue(forKey: leg) {
        case .entering(let name, _):
            states[name]?.entering.remove(leg)
            return endRoomIfEmpty(name)
        case .inRoom(let name, _, let endpoint):
            let left = remove(endpoint, from: name)
            return [.disconnect(leg), .roomChanged(name, left)] + endRoomIfEmpty(name)
        case .dialled: return dialOutEnded(leg, reason, now, wall)
        case .bridged(let caller): return bridgeEnded(leg, caller, reason)
        case nil: return []
        }
    }

    /// What a peer that does not receive has done is hold us (RFC 3264 section 8.4).
    static func status(_ direction: StreamDirection) -> EndpointStatus {
        direction.receives ? .connected : .onHold
    }
}
