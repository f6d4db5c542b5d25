import Primitives

/// What a room's owner decides about it, and its end (XEP-0045 section 10).
extension Conference {
    /// New settings: kept, shown, and obeyed by those who are in.
    mutating func configure(
        _ settings: RoomSettings, by governor: Governor, in name: RoomName, _ now: Instant, _ wall: WallTime
    ) -> Verdict {
        guard let state = states[name] else { return .refused(.noSuchRoom) }
        let operators = configuration.policy(of: name)
        let old = state.settings
        if let problem = settings.problem(after: old, under: operators, configuration) {
            return .refused(.unacceptable(problem))
        }
        guard settings != old else { return .done("Nothing has changed.") }
        if settings.isPersistent, !state.isPermanent, let owner = governor.address {
            let kept = states.values.filter(\.settings.isPersistent)
            guard kept.count < Conference.persistentRooms,
                kept.count(where: { $0.affiliation(of: owner) == .owner }) < Conference.persistentRoomsOfOne
            else { return .refused(.exhausted("No more rooms are kept.")) }
        }
        states[name]?.settings = settings
        states[name]?.policy = operators.under(settings)
        states[name]?.isPermanent = configuration.rooms.contains(name) || settings.isPersistent
        var effects: [Effect] = [
            .store(.settings(name, settings)),
            .configured(name, isArchived: settings.isArchived == old.isArchived ? nil : settings.isArchived),
        ]
        if settings.isMembersOnly, !old.isMembersOnly { effects += takeOutOthers(from: name, by: governor, now, wall) }
        return .done("The room is configured.", effects + [.roomChanged(name, [])] + endRoomIfEmpty(name))
    }

    /// Everybody is told where it goes on, calls hear the end, and nothing is kept.
    mutating func destroy(_ name: RoomName, _ destruction: RoomDestruction, _ now: Instant) -> Verdict {
        guard let state = states[name] else { return .refused(.noSuchRoom) }
        guard !configuration.rooms.contains(name) else {
            return .refused(.outranked("This room is in the server's settings and stays."))
        }
        var effects: [Effect] = [.destroyed(name, destruction)]
        if let recording = state.room.recording { effects.append(.stopRecording(recording.id)) }
        var changes: [RosterChange] = []
        for endpoint in state.room.participants.flatMap(\.endpoints) {
            departures[endpoint.id] = nil
            changes += remove(endpoint.id, from: name)
            guard let leg = endpoint.leg, let known = legs[leg] else { continue }
            if let dialOut = dialOuts.removeValue(forKey: leg) {
                legs[leg] = nil
                effects += [.end(leg, .cancelled)] + tell(dialOut.invitation, .failed(.cancelled))
            } else if case .inRoom = known {
                effects += lastWord(leg, name, mix: nil, now)
            }
        }
        for leg in state.door {
            guard case .atDoor(_, let door) = legs[leg] else { continue }
            effects += lastWord(leg, name, mix: door.mix, now)
        }
        for leg in state.entering.sorted() {
            legs[leg] = nil
            effects.append(.end(leg, .notFound))
        }
        effects += state.names.values.sorted().map { .forgetName($0) }
        states[name] = nil
        makers.gone(name)
        reservations[name] = nil
        effects += [.store(.roomRemoved(name)), .roomChanged(name, changes), .roomEnded(name)]
        return .done("The room is gone.", effects)
    }

    /// A call hears that it is over, and ends.
    private mutating func lastWord(_ leg: LegID, _ name: RoomName, mix: MixID?, _ now: Instant) -> [Effect] {
        let connecting = mix == nil ? [Effect.connect(leg, newMix())] : []
        forgetKeys(leg)
        legs[leg] = .leaving(.expelled)
        deadlines[leg] = now + Conference.lastWordTime
        return connecting + [play([.goodbye], to: leg, in: name)]
    }
}
