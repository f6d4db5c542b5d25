import MediaDescription
import Primitives

/// Group calls of clients that rooms take part in (XEP-0272): each of their people is a leg of its own, and those of one
/// group are not given each other's voices, as they have them already.
extension Conference {
    mutating func group(_ event: GroupCallEvent, _ now: Instant, _ wall: WallTime) -> [Effect] {
        switch event {
        case .invited(let invitation): invited(invitation, now, wall)
        case .found(let id, let peer, let name): found(peer, name: name, in: id, now, wall)
        case .left(let id, let peer): ended(in: id) { $0 == peer }
        case .ended(let id): groups[id] == nil ? [] : ended(id)
        }
    }

    // MARK: Coming in

    /// A room is invited: nobody waits at doors for it, so a closed room stays away.
    private mutating func invited(
        _ invitation: GroupCallInvitation, _ now: Instant, _ wall: WallTime
    ) -> [Effect] {
        guard groups[invitation.id] == nil else { return [] }
        if let reason = refusal(of: invitation) { return [.group(invitation.id, .refuse(reason))] }
        let name = invitation.room
        let taken = Set(groups.values.lazy.filter { $0.invitation.room == name }.map(\.number))
        let most = UInt8(min(max(configuration.groupCalls.ofRoom, 0), GroupCallLimits.mostOfRoom))
        guard most > 0, let number = (1...most).first(where: { !taken.contains($0) }) else {
            return [.group(invitation.id, .refuse(.full))]
        }
        let effects = makeRoom(name, by: invitation.inviter, wall)
        reservations[name] = nil
        groups[invitation.id] = GroupCall(invitation: invitation, number: number)
        return effects + [.group(invitation.id, .join)]
    }

    private func refusal(of invitation: GroupCallInvitation) -> EndReason? {
        let (name, inviter) = (invitation.room, invitation.inviter)
        guard mayUse(name) else { return .notFound }
        guard affiliation(of: inviter, in: name) != .outcast else { return .forbidden }
        let policy = states[name]?.policy ?? configuration.policy(of: name)
        if policy.pin != nil || policy.waitingRoom != .none || isClosed(name, to: inviter) { return .locked }
        if groups.values.contains(where: { $0.invitation.room == name && $0.invitation.place == invitation.place }) {
            return .busy
        }
        let limits = configuration.groupCalls
        let ofInviter = groups.values.count { $0.invitation.inviter.bare == inviter.bare }
        guard groups.count < limits.overall, ofInviter < limits.ofInviter, mayMake(name, by: inviter),
            !isFull(name, for: inviter)
        else { return .full }
        return nil
    }

    /// Whether that address may not come in by a group call now.
    private func isClosed(_ name: RoomName, to address: PeerAddress) -> Bool {
        guard let state = states[name] else { return false }
        return isForOthers(name, address)
            || state.room.isLocked && state.room.participants.person(address) == nil
    }

    /// Whether one more may come from a group call.
    private func refusal(of peer: PeerAddress, in group: GroupCall, _ id: GroupCallID) -> EndReason? {
        let name = group.invitation.room
        if affiliation(of: peer, in: name) == .outcast { return .forbidden }
        if isClosed(name, to: peer) { return .locked }
        guard legs(of: id).count < configuration.groupCalls.peers, !isFull(name, for: peer) else { return .full }
        return nil
    }

    /// One who is in the group is called: dialing-out → connected, or disconnected and gone.
    private mutating func found(
        _ peer: PeerAddress, name wanted: String?, in id: GroupCallID, _ now: Instant, _ wall: WallTime
    ) -> [Effect] {
        guard let group = groups[id], refusal(of: peer, in: group, id) == nil,
            !legs(of: id).contains(where: { $0.address == peer })
        else { return [] }
        let invitation = Invitation(
            id: nil, room: group.invitation.room, target: peer, displayName: wanted,
            by: .claimant(Claimant(group.invitation.inviter)))
        return dial(peer, for: invitation, group: id, now, wall)
    }

    /// One who is in the group calls the room.
    mutating func admit(_ leg: LegID, _ call: IncomingCall, from id: GroupCallID) -> [Effect] {
        guard let group = groups[id], dialPlan.destination(of: call.callee) == .room(group.invitation.room) else {
            return [.end(leg, .notFound)]
        }
        if let reason = refusal(of: call.caller, in: group, id) { return [.end(leg, reason)] }
        let name = group.invitation.room
        states[name]?.entering.insert(leg)
        legs[leg] = .entering(name, EnteringLeg(call))
        return [.accept(leg)]
    }

    /// What one of a group may do whom the room calls: what it might if it called itself.
    func entryByGroup(of peer: PeerAddress, in name: RoomName) -> (role: Role, isMuted: Bool) {
        let affiliation = affiliation(of: peer, in: name)
        let known = states[name]?.room.participants.person(peer)
        let role = known?.role ?? role(asModerator: affiliation.moderates, affiliation, name)
        let calls = known?.endpoints.filter { !$0.isMUC } ?? []
        let mutes = states[name]?.policy.mutesOnEntry ?? false
        return (
            role, role == .listener || calls.contains(where: \.isMuted) || calls.isEmpty && mutes && role != .moderator
        )
    }

    /// What the media side has to know of a leg that belongs to a group.
    func grouping(of leg: LegID, _ id: GroupCallID?) -> [Effect] {
        id.flatMap { groups[$0] }.map { [.setGroup(leg, $0.number)] } ?? []
    }

    // MARK: Going

    /// The room leaves a group call.
    private mutating func leave(_ id: GroupCallID) -> [Effect] { [.group(id, .leave)] + ended(id) }

    /// The group call is over for the room, and so are its legs.
    private mutating func ended(_ id: GroupCallID) -> [Effect] {
        guard let name = groups[id]?.invitation.room else { return [] }
        let effects = ended(in: id) { _ in true }
        groups[id] = nil
        return effects + endRoomIfEmpty(name)
    }

    private mutating func ended(
        in id: GroupCallID, _ isMeant: (PeerAddress) -> Bool
    ) -> [Effect] {
        guard let name = groups[id]?.invitation.room else { return [] }
        var effects: [Effect] = []
        var changes: [RosterChange] = []
        for (address, leg) in legs(of: id) where isMeant(address) {
            let known = legs.removeValue(forKey: leg)
            forgetKeys(leg)
            switch known {
            case .entering:
                states[name]?.entering.remove(leg)
                effects.append(.end(leg, .cancelled))
            case .dialled:
                guard let dialOut = dialOuts.removeValue(forKey: leg) else { continue }
                effects.append(.end(leg, .cancelled))
                changes += remove(dialOut.endpoint, from: name)
            case .inRoom(_, _, let endpoint):
                effects += [.disconnect(leg), .end(leg, .hangup)]
                changes += remove(endpoint, from: name)
            case .atDoor, .leaving, .bridged, nil: break
            }
        }
        guard !effects.isEmpty else { return [] }
        return effects + [.roomChanged(name, changes)] + departed(from: name, changes)
    }

    /// The legs of a group call with their full addresses, in the order they came.
    private func legs(of id: GroupCallID) -> [(address: PeerAddress, leg: LegID)] {
        guard let name = groups[id]?.invitation.room, let state = states[name] else { return [] }
        var found: [(address: PeerAddress, leg: LegID)] = []
        for person in state.room.participants {
            for endpoint in person.endpoints where endpoint.group == id && endpoint.status != .disconnected {
                if let leg = endpoint.leg { found.append((endpoint.address, leg)) }
            }
        }
        for leg in state.entering.sorted() {
            guard case .entering(_, let entering) = legs[leg], entering.call.group == id else { continue }
            found.append((entering.call.caller, leg))
        }
        return found
    }

    // MARK: Time

    /// Whether a room is in a group call, and so in use.
    func isInGroupCall(_ name: RoomName) -> Bool { groups.values.contains { $0.invitation.room == name } }

    /// After each command: a group call whose room is gone is left, and a room that has nothing to give to one waits for
    /// a while.
    mutating func watchGroups(_ now: Instant) -> [Effect] {
        var effects: [Effect] = []
        for (id, group) in groups.sorted(by: { $0.key < $1.key }) {
            guard let room = states[group.invitation.room]?.room else {
                groups[id] = nil
                effects.append(.group(id, .leave))
                continue
            }
            let isLonely = !room.participants.contains { person in
                person.endpoints.contains { !$0.isMUC && $0.isPresent && $0.group != id }
            }
            groups[id]?.lonelySince = isLonely ? group.lonelySince ?? now : nil
        }
        return effects
    }

    var nextGroupWake: Instant? {
        groups.values.lazy.compactMap(\.lonelySince).min().map { $0 + configuration.groupCalls.patience }
    }

    mutating func wakeGroups(_ now: Instant) -> [Effect] {
        guard !groups.isEmpty else { return [] }
        let due = groups.filter { group in
            group.value.lonelySince.map { $0 + configuration.groupCalls.patience <= now } ?? false
        }
        return due.keys.sorted().flatMap { leave($0) } + watchGroups(now)
    }
}
