import Primitives

/// The coming and going of rooms and of who is in them.
extension Conference {
    /// Whether a room is there or may be made.
    func mayUse(_ name: RoomName) -> Bool {
        name != configuration.factory && (configuration.createsRooms || states[name] != nil)
    }

    /// Whether one more person would be too many; who is in already may always come by another way too.
    func isFull(_ name: RoomName, for address: PeerAddress) -> Bool {
        guard let state = states[name] else { return configuration.maximumParticipants < 1 }
        let maximum = min(
            configuration.maximumParticipants, state.policy.maximumParticipants ?? configuration.maximumParticipants)
        if state.room.participants.person(address) != nil { return false }
        var newcomers: Set<PeerAddress> = []
        var nameless = 0
        for leg in state.entering {
            guard case .entering(_, let entering) = legs[leg] else { continue }
            let caller = entering.call.caller
            if !caller.identifiesPerson {
                nameless += 1
            } else if state.room.participants.person(caller) == nil {
                newcomers.insert(caller.bare)
            }
        }
        if address.identifiesPerson, newcomers.contains(address.bare) { return false }
        return state.room.participants.count + newcomers.count + nameless >= maximum
    }

    /// Whether a locked room, or one for members, keeps that caller out for good: not who is in it, and not where a moderator's PIN or a waiting
    /// room leaves a chance.
    func isShut(_ name: RoomName, to address: PeerAddress) -> Bool {
        guard let state = states[name], state.room.isLocked || isForOthers(name, address),
            state.room.participants.person(address) == nil
        else { return false }
        return !state.isModerator(address) && state.policy.moderatorPIN == nil
            && state.policy.waitingRoom == .none
    }

    /// Makes the room unless it is there.
    mutating func makeRoom(_ name: RoomName, by maker: PeerAddress, _ wall: WallTime) -> [Effect] {
        guard states[name] == nil else { return [] }
        makers.made(name, by: maker)
        states[name] = RoomState(
            room: Room(name: name, mix: newMix(), created: wall), policy: configuration.policy(of: name),
            isPermanent: false, isStored: true)
        return [.store(.roomCreated(name, at: wall))]
    }

    /// A room that is not configured goes with its last participant.
    mutating func endRoomIfEmpty(_ name: RoomName) -> [Effect] {
        let abandoned = abandon(name)
        guard let state = states[name], !state.isPermanent, state.room.participants.isEmpty, state.entering.isEmpty,
            state.door.isEmpty, reservations[name] == nil, !isInGroupCall(name)
        else { return abandoned }
        states[name] = nil
        makers.gone(name)
        return abandoned + state.names.values.sorted().map { .forgetName($0) } + [
            .store(.roomRemoved(name)), .roomEnded(name),
        ]
    }

    /// Changes an endpoint, and says so if it is another than before.
    mutating func change(
        _ endpoint: EndpointID, of participant: ParticipantID, in name: RoomName, _ body: (inout Endpoint) -> Void
    ) -> [Effect] {
        guard states[name]?.room.participants.change(endpoint, body) == true else { return [] }
        return [.roomChanged(name, [.endpointChanged(participant, endpoint)])]
    }

    /// Takes an endpoint out of the room, and its participant if that was the last one.
    mutating func remove(
        _ endpoint: EndpointID, from name: RoomName, last: (inout Endpoint) -> Void = { _ in }
    ) -> [RosterChange] {
        guard let found = states[name]?.room.participants.remove(endpoint) else { return [] }
        var gone = found.endpoint
        last(&gone)
        return [.endpointLeft(found.participant, gone)]
    }
}

extension Room {
    /// A participant by name, without regard to case.
    public func participant(named name: String) -> Participant? { participants.named(name) }

    /// A participant by its number.
    public func participant(_ id: ParticipantID) -> Participant? { participants[id] }

    /// An endpoint and whose it is, by its number.
    public func endpoint(_ id: EndpointID) -> (participant: Participant, endpoint: Endpoint)? { participants[id] }
}
