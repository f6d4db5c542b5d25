import Primitives

/// The coming and going of rooms and of who is in them.
extension Conference {
    /// Whether a room is there or may be made.
    func mayUse(_ name: RoomName) -> Bool { configuration.createsRooms || states[name] != nil }

    /// Whether one more person would be too many; who is in already may always come by another way too.
    func isFull(_ name: RoomName, for address: PeerAddress) -> Bool {
        guard let state = states[name] else { return configuration.maximumParticipants < 1 }
        if state.index(ofPerson: address) != nil { return false }
        var newcomers: Set<PeerAddress> = []
        var nameless = 0
        for leg in state.entering {
            guard case .entering(_, let entering) = legs[leg] else { continue }
            let caller = entering.call.caller
            if !caller.identifiesPerson {
                nameless += 1
            } else if state.index(ofPerson: caller) == nil {
                newcomers.insert(caller.bare)
            }
        }
        if address.identifiesPerson, newcomers.contains(address.bare) { return false }
        return state.room.participants.count + newcomers.count + nameless >= configuration.maximumParticipants
    }

    /// Makes the room unless it is there.
    mutating func makeRoom(_ name: RoomName, _ wall: WallTime) -> [Effect] {
        guard states[name] == nil else { return [] }
        states[name] = RoomState(
            room: Room(name: name, mix: newMix(), created: wall), isPermanent: false, isStored: true)
        return [.store(.roomCreated(name, at: wall))]
    }

    /// A room that is not configured goes with its last participant.
    mutating func endRoomIfEmpty(_ name: RoomName) -> [Effect] {
        guard let state = states[name], !state.isPermanent, state.room.participants.isEmpty, state.entering.isEmpty
        else { return [] }
        states[name] = nil
        return [.store(.roomRemoved(name)), .roomEnded(name)]
    }

    /// Changes an endpoint, and says so if it is another than before.
    mutating func change(
        _ endpoint: EndpointID, of participant: ParticipantID, in name: RoomName, _ body: (inout Endpoint) -> Void
    ) -> [Effect] {
        guard let p = states[name]?.index(of: participant),
            let e = states[name]?.room.participants[p].endpoints.firstIndex(where: { $0.id == endpoint }),
            var changed = states[name]?.room.participants[p].endpoints[e]
        else { return [] }
        let before = changed
        body(&changed)
        guard changed != before else { return [] }
        states[name]?.room.participants[p].endpoints[e] = changed
        return [.roomChanged(name, [.endpointChanged(participant, endpoint)])]
    }

    /// Takes an endpoint out of the room, and its participant if that was the last one.
    mutating func remove(
        _ endpoint: EndpointID, of participant: ParticipantID, from name: RoomName,
        last: (inout Endpoint) -> Void = { _ in }
    ) -> [RosterChange] {
        guard let p = states[name]?.index(of: participant), let before = states[name]?.room.participants[p],
            let e = before.endpoints.firstIndex(where: { $0.id == endpoint })
        else { return [] }
        var gone = before.endpoints[e]
        last(&gone)
        states[name]?.room.participants[p].endpoints.remove(at: e)
        if before.endpoints.count == 1 { states[name]?.room.participants.remove(at: p) }
        return [.endpointLeft(before, gone)]
    }
}

extension Room {
    /// Names in use, in lower case, as two names may not differ by case alone.
    var takenNames: Set<String> { Set(participants.map { $0.name.lowercased() }) }

    /// A participant by name: as written if there is one, else without regard to case.
    public func participant(named name: String) -> Participant? {
        let lowered = name.lowercased()
        return participants.first { $0.name == name } ?? participants.first { $0.name.lowercased() == lowered }
    }

    /// A participant by its number.
    public func participant(_ id: ParticipantID) -> Participant? { participants.first { $0.id == id } }

    /// An endpoint and whose it is, by its number.
    public func endpoint(_ id: EndpointID) -> (participant: Participant, endpoint: Endpoint)? {
        for participant in participants {
            if let endpoint = participant.endpoints.first(where: { $0.id == id }) { return (participant, endpoint) }
        }
        return nil
    }
}
