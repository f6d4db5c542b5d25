import Primitives

/// What people are to rooms, whichever way they come: decided here for phones and clients alike (XEP-0045 section 5.2).
extension Conference {
    /// What somebody is to a room, by an address that is proven; named moderators own their rooms.
    public func affiliation(of address: PeerAddress, in name: RoomName) -> Affiliation {
        guard let state = states[name] else {
            return configuration.policy(of: name).isModerator(address) ? .owner : .none
        }
        return state.affiliation(of: address)
    }

    /// What a caller is to a room; that it is shut out is believed of everybody.
    func affiliation(of call: IncomingCall, in name: RoomName) -> Affiliation {
        let claimed = affiliation(of: call.caller, in: name)
        return isBelieved(call) || claimed == .outcast ? claimed : .none
    }

    /// The entries of one of a room's lists; nil for who may not read it: outcasts are for admins alone (sections 9.2
    /// and 9.5), the others for whoever is in or belongs to the room, as none is anonymous there.
    public func affiliates(_ affiliation: Affiliation, in name: RoomName, for asker: PeerAddress) -> [Affiliate]? {
        guard let state = states[name] else { return nil }
        let own = state.affiliation(of: asker)
        let belongs = own >= .member || own == .none && state.room.participants.person(asker) != nil
        guard own.moderates || affiliation != .outcast && belongs else { return nil }
        let configured =
            affiliation != .owner ? [] : state.policy.moderators.map { Affiliate(address: $0, affiliation: .owner) }
        return configured.sorted { $0.address.description < $1.address.description }
            + state.affiliations.with(affiliation).filter { !state.policy.isModerator($0.address) }
    }

    /// Most rooms that are kept for one owner, and in all.
    static let persistentRoomsOfOne = 100
    static let persistentRooms = 10_000

    /// Who makes a room is its owner, where the first to come moderates it.
    mutating func own(_ name: RoomName, _ maker: PeerAddress) -> [Effect] {
        guard let state = states[name], state.policy.firstIsModerator, !state.policy.isModerator(maker) else {
            return []
        }
        let owner = Affiliate(address: maker.bare, affiliation: .owner)
        states[name]?.affiliations.set(owner)
        return [.store(.affiliation(name, owner))]
    }

    /// Whether a members' room keeps that address out, as a lock does.
    func isForOthers(_ name: RoomName, _ address: PeerAddress) -> Bool {
        guard let state = states[name], state.settings.isMembersOnly else { return false }
        return state.affiliation(of: address) < .member
    }

    // MARK: Asking

    /// A wish from an adapter, by whoever has that proven address.
    mutating func govern(
        _ id: SubmissionID, _ name: RoomName, _ asker: PeerAddress, _ wish: Governance, _ now: Instant,
        _ wall: WallTime
    ) -> [Effect] {
        let governor = Governor(
            affiliation: affiliation(of: asker, in: name), address: asker.bare,
            name: states[name]?.room.participants.person(asker)?.name)
        let verdict = govern(wish, by: governor, in: name, now, wall)
        return verdict.effects + [.submitted(id, verdict.outcome)]
    }

    mutating func govern(
        _ wish: Governance, by governor: Governor, in name: RoomName, _ now: Instant, _ wall: WallTime
    ) -> Verdict {
        guard states[name] != nil else { return .refused(.noSuchRoom) }
        switch wish {
        case .affiliate(let changes):
            guard governor.affiliation.moderates else {
                return .refused(.notAllowed("Only admins and owners of the room may do that."))
            }
            return affiliate(changes, by: governor, in: name, now, wall)
        case .configure(let settings):
            guard governor.affiliation == .owner else { return .ownersOnly }
            return configure(settings, by: governor, in: name, now, wall)
        case .destroy(let destruction):
            guard governor.affiliation == .owner else { return .ownersOnly }
            return destroy(name, destruction, now)
        }
    }

    /// By chat command: somebody in the room, or an address as it is typed.
    mutating func affiliate(
        _ who: String, _ affiliation: Affiliation, _ reason: String?, _ actor: Participant?, _ name: RoomName,
        _ now: Instant, _ wall: WallTime
    ) -> Verdict {
        let target: AffiliationChange.Target
        if states[name]?.room.participants.named(who) != nil {
            target = .named(who)
        } else if who.contains("@") || who.contains(":"), let typed = dialPlan.typed(who) {
            target = .address(typed)
        } else {
            return .refused(.noSuchParticipant(who))
        }
        let governor = Governor(
            affiliation: actor?.affiliation ?? .owner, address: actor?.address.bare, name: actor?.name)
        let change = AffiliationChange(target, affiliation, reason: reason)
        return govern(.affiliate([change]), by: governor, in: name, now, wall)
    }

    // MARK: Affiliating

    private mutating func affiliate(
        _ changes: [AffiliationChange], by governor: Governor, in name: RoomName, _ now: Instant, _ wall: WallTime
    ) -> Verdict {
        guard let state = states[name] else { return .refused(.noSuchRoom) }
        var table = state.affiliations
        var changed: [Affiliate] = []
        for change in changes {
            let address: PeerAddress
            switch affiliate(change.target, in: state.room) {
            case .success(let found): address = found
            case .failure(let refusal): return .refused(refusal)
            }
            if state.policy.isModerator(address) {
                guard change.affiliation == .owner else {
                    return .refused(.outranked("\(address) is an owner by the server's settings."))
                }
                continue
            }
            let old = table[address]
            if governor.affiliation < .owner, max(old, change.affiliation) >= .admin {
                return .refused(.outranked("Only owners do that."))
            }
            if address.user.isEmpty, change.affiliation.moderates {
                return .refused(.malformed("A domain moderates nothing."))
            }
            if change.affiliation == .outcast, address == governor.address {
                return .refused(.conflict("Nobody bans himself."))
            }
            let affiliate = Affiliate(address: address, affiliation: change.affiliation, reason: change.reason)
            table.set(affiliate)
            changed.append(affiliate)
        }
        guard table.count <= max(Affiliations.limit, state.affiliations.count) else {
            return .refused(.exhausted("The room's lists are full."))
        }
        let hadOwner = !state.affiliations.with(.owner).isEmpty
        if hadOwner, table.with(.owner).isEmpty, state.policy.moderators.isEmpty {
            return .refused(.conflict("The last owner of a room stays that."))
        }
        states[name]?.affiliations = table
        var effects = changed.map { Effect.store(.affiliation(name, $0)) }
        let absent = changed.filter { affiliate in
            !state.room.participants.contains { $0.address == affiliate.address }
        }
        effects += absent.map { .affiliated(name, $0.address, $0.affiliation) }
        let reasons = Dictionary(changed.map { ($0.address, $0.reason) }) { $1 }
        effects += reconcile(name, by: governor, reasons, now, wall)
        let words = changed.map { "\($0.address) is \($0.affiliation.words)." }.joined(separator: " ")
        return .done(words.isEmpty ? "Nothing has changed." : words, effects)
    }

    /// The address that an entry is to be about.
    private func affiliate(
        _ target: AffiliationChange.Target, in room: Room
    ) -> Result<PeerAddress, SubmissionRefusal> {
        switch target {
        case .named(let wanted):
            guard let person = room.participants.named(wanted) else { return .failure(.noSuchParticipant(wanted)) }
            guard person.address.identifiesPerson else {
                return .failure(.notAllowed("\(person.name) does not say who it is."))
            }
            return .success(person.address.bare)
        case .address(let address):
            let meant = dialPlan.meant(by: address)
            guard meant.identifiesPerson, !meant.host.isEmpty, meant.network == .xmpp || !meant.user.isEmpty else {
                return .failure(.malformed("\(address) is nobody's address."))
            }
            return .success(meant)
        }
    }

    /// Those in the room get what their affiliation gives them, or have to go.
    private mutating func reconcile(
        _ name: RoomName, by governor: Governor, _ reasons: [PeerAddress: String?], _ now: Instant, _ wall: WallTime
    ) -> [Effect] {
        guard let state = states[name] else { return [] }
        var effects: [Effect] = []
        for person in state.room.participants {
            let affiliation = affiliation(of: person, in: state)
            guard affiliation != person.affiliation else { continue }
            states[name]?.room.participants.change(person.id) { $0.affiliation = affiliation }
            let reason = reasons[person.address] ?? nil
            let exit: MUCExit? =
                affiliation == .outcast
                ? .banned : state.settings.isMembersOnly && affiliation < .member ? .membershipLost : nil
            if let exit {
                effects += takeOut(
                    person, from: name, exit == .banned ? .expelled : .locked, wall, by: governor.name, words: reason,
                    exit: exit)
            } else if affiliation.moderates, person.role != .moderator {
                effects += setRole(.moderator, [person], name)
            } else if person.affiliation.moderates, !affiliation.moderates, person.role == .moderator {
                effects += setRole(role(asModerator: false, affiliation, name, isFirst: false), [person], name)
            } else if state.settings.isModerated, affiliation == .member, person.role == .listener {
                effects += setRole(.speaker, [person], name)
            }
        }
        effects.append(.roomChanged(name, []))
        for leg in state.door {
            guard case .atDoor(_, let door) = legs[leg],
                self.affiliation(of: door.entering.call, in: name) == .outcast
            else { continue }
            effects += turnAway(leg, name, .forbidden, [], mix: door.mix, now)
        }
        return effects + becameModerated(name, now, wall) + departed(from: name)
    }

    /// What somebody who is in is to the room, as far as its address is believed.
    func affiliation(of person: Participant, in state: RoomState) -> Affiliation {
        let claimed = state.affiliation(of: person.address)
        let isBelieved =
            person.address.network == .xmpp || !configuration.wantsProof
            || person.endpoints.allSatisfy(\.isAuthenticated)
        return isBelieved || claimed == .outcast ? claimed : .none
    }

    /// Takes out who is no member of a room that is for members now.
    mutating func takeOutOthers(
        from name: RoomName, by governor: Governor, _ now: Instant, _ wall: WallTime
    ) -> [Effect] {
        var effects: [Effect] = []
        for leg in states[name]?.door ?? [] {
            guard case .atDoor(_, let door) = legs[leg], case .naming(_, asModerator: false) = door.stage,
                isForOthers(name, counted(door.entering.call, in: name))
            else { continue }
            effects += turnAway(leg, name, .locked, [.roomLocked], mix: door.mix, now)
        }
        for person in states[name]?.room.participants ?? [] where person.affiliation < .member {
            effects += takeOut(person, from: name, .locked, wall, by: governor.name, exit: .membersOnly)
        }
        return effects.isEmpty ? [] : effects + departed(from: name)
    }
}

extension RoomState {
    /// What somebody is to the room, by address.
    func affiliation(of address: PeerAddress) -> Affiliation {
        guard address.identifiesPerson else { return .none }
        return policy.isModerator(address) ? .owner : affiliations.affiliation(of: address)
    }

    /// Whether somebody moderates the room wherever he comes from.
    func isModerator(_ address: PeerAddress) -> Bool { affiliation(of: address).moderates }
}

extension DialPlan {
    /// Who is meant by an address: behind one of the gateway's stands somebody on the SIP side.
    func meant(by address: PeerAddress) -> PeerAddress {
        guard address.network == .xmpp else { return address.bare }
        guard !address.user.isEmpty, isGateway(address.host) else {
            return PeerAddress(.xmpp, user: address.user.lowercased(), host: address.host.lowercased())
        }
        let text = JIDEscaping.unescape(address.user)
        if let at = text.lastIndex(of: "@"), at != text.startIndex {
            return PeerAddress(.sip, user: String(text[..<at]), host: text[text.index(after: at)...].lowercased())
        }
        if case .peer(let peer) = destination(of: address) { return peer.bare }
        return address.bare
    }
}

extension Affiliation {
    fileprivate var words: String {
        switch self {
        case .owner: "an owner of the room"
        case .admin: "an admin of the room"
        case .member: "a member of the room"
        case .none: "nothing to the room"
        case .outcast: "banned"
        }
    }
}

extension Verdict {
    static let ownersOnly = Verdict.refused(.notAllowed("Only owners of the room may do that."))
}
