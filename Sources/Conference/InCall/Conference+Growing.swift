import MediaDescription
import Primitives

/// A bridged call becomes a room when a third is called in, and a bridged call again when two are left. The mix is the same
/// all the time, so nobody misses a word.
extension Conference {
    /// Both ends are participants from now on; who wanted it is a moderator.
    mutating func grow(
        _ bridge: Bridge, into name: RoomName, by asker: LegID, _ wall: WallTime
    ) -> [Effect] {
        guard let mix = bridge.mix else { return [] }
        makers.made(name, by: bridge.address(of: asker))
        states[name] = RoomState(
            room: Room(name: name, mix: mix, created: wall), policy: configuration.policy(of: name),
            isPermanent: false, isStored: true)
        bridgesByCaller[bridge.caller] = nil
        grown[name] = GrownCall(bridge: bridge)
        var effects: [Effect] = [.store(.roomCreated(name, at: wall))] + quiet(bridge)
        for leg in [bridge.caller, bridge.callee] {
            let address = bridge.address(of: leg)
            var endpoint = Endpoint(
                id: EndpointID(newNumber()), kind: .call(leg), address: address, status: .connected,
                joiningMethod: leg == bridge.caller ? .dialedIn : .dialedOut, joined: wall,
                source: bridge.inCall[leg].source, direction: bridge.wanted[leg] ?? .sendrecv,
                takesText: address.network == .xmpp)
            endpoint.status = endpoint.statusInRoom
            endpoint.isAuthenticated = bridge.inCall[leg].isProven
            endpoint.origin = bridge.inCall[leg].origin
            endpoint.account = bridge.inCall[leg].account
            let wish = ParticipantName.wish(of: address, displayName: bridge.inCall[leg].displayName)
            var participant = Participant(
                id: ParticipantID(newNumber()), address: address.bare,
                name: states[name]?.room.participants.freeName(like: wish) ?? wish,
                role: leg == asker ? .moderator : .speaker, endpoints: [endpoint])
            participant.affiliation = affiliation(of: address, in: name)
            states[name]?.room.participants.append(participant)
            legs[leg] = .inRoom(name, participant.id, endpoint.id)
            effects += [.setFocus(leg, name), .roomChanged(name, [.endpointJoined(participant.id, endpoint.id)])]
            if let told = bridge.told[leg], told != .sendrecv { effects.append(.setDirection(leg, .sendrecv)) }
        }
        return effects
    }

    /// Rooms that were calls, and in which there is nothing but two calls, or one, are calls again, or over.
    mutating func settleGrown() -> [Effect] {
        guard !grown.isEmpty else { return [] }
        var effects: [Effect] = []
        for name in grown.keys.sorted() {
            guard let state = states[name] else {
                grown[name] = nil
                continue
            }
            guard state.room.participants.count <= 2, state.entering.isEmpty, state.door.isEmpty, !state.isPermanent,
                !isInGroupCall(name),
                state.room.recording == nil, reservations[name] == nil
            else { continue }
            let endpoints = state.room.participants.flatMap(\.endpoints)
            let left = endpoints.compactMap(\.leg).filter { if case .inRoom = legs[$0] { true } else { false } }
            guard left.count == endpoints.count else { continue }
            switch left.count {
            case 2: effects += shrink(name, endpoints)
            case 1: effects += leaveAlone(name, left[0], endpoints[0].id)
            default: continue
            }
        }
        return effects
    }

    /// Two are left: the room is gone, and what is told to one is done to the other again.
    private mutating func shrink(_ name: RoomName, _ endpoints: [Endpoint]) -> [Effect] {
        guard var bridge = grown.removeValue(forKey: name)?.bridge else { return [] }
        let former = bridge.caller
        var effects: [Effect] = []
        let both = [bridge.caller, bridge.callee]
        var left = both.filter { old in !endpoints.contains { $0.leg == old } }
        for newcomer in endpoints {
            guard let leg = newcomer.leg, !both.contains(leg), let old = left.popLast() else { continue }
            seat(leg, newcomer, in: &bridge, insteadOf: old, room: name)
        }
        bridge.told = [:]
        bridge.inCall.music = [:]
        for endpoint in endpoints {
            guard let leg = endpoint.leg else { continue }
            forgetKeys(leg)
            bridge.wanted[leg] = endpoint.direction
            bridge.inCall[leg].source = endpoint.source
            if endpoint.isMuted || endpoint.isDeaf {
                effects.append(.setVoice(leg, isMuted: false, isDeaf: false))
            }
            effects.append(.roomChanged(name, remove(endpoint.id, from: name)))
        }
        keep(bridge, formerly: former)
        effects.append(.pair(bridge.caller, bridge.callee))
        effects += endRoomIfEmpty(name) + endpoints.compactMap(\.leg).map { .setFocus($0, nil) }
        effects += bridge.passOn(from: bridge.caller) + bridge.passOn(from: bridge.callee)
        bridgesByCaller[bridge.caller] = bridge
        return effects + tendMusic(bridge.caller)
    }

    /// Who was called into the room has the place of one of the two that it began with.
    private func seat(
        _ leg: LegID, _ newcomer: Endpoint, in bridge: inout Bridge, insteadOf old: LegID, room name: RoomName
    ) {
        let stays = bridge.other(than: old)
        bridge.replace(old, by: leg, at: newcomer.address, face: face(for: stays, in: bridge))
        bridge.inCall[leg].face = PeerAddress(
            newcomer.address.network, user: name.text, host: configuration.talkDomain)
        bridge.inCall[leg].origin = newcomer.origin
        bridge.inCall[leg].account = newcomer.account
        if newcomer.isAuthenticated { bridge.inCall[leg].isProven = true }
    }

    /// The last one hangs up with the one before.
    private mutating func leaveAlone(_ name: RoomName, _ leg: LegID, _ endpoint: EndpointID) -> [Effect] {
        grown[name] = nil
        legs[leg] = nil
        forgetKeys(leg)
        return [.disconnect(leg), .end(leg, .hangup), .roomChanged(name, remove(endpoint, from: name))]
            + endRoomIfEmpty(name)
    }
}
