import MediaDescription
import Primitives

/// What a focus does for its participants: it calls others in, and takes them out (RFC 4579 section 5).
extension Conference {
    /// How long somebody who could not be reached is shown as disconnected, so that slow watchers see it too.
    static let departureTime = Duration.seconds(5)

    // MARK: Calling in

    /// Calls somebody into a room: dialing-out → alerting → connected, or disconnected and gone.
    mutating func invite(_ invitation: Invitation, _ now: Instant, _ wall: WallTime) -> [Effect] {
        switch target(of: invitation) {
        case .failure(let refusal): tell(invitation, .refused(refusal.reason)) + noteFailure(of: invitation, refusal)
        case .success(nil): tell(invitation, .done)
        case .success(let target?): dial(target, for: invitation, now, wall)
        }
    }

    /// Whom an invitation leads to, if it may be; nil for who is in the call already.
    mutating func target(of invitation: Invitation) -> Result<PeerAddress?, Refusal> {
        let name = invitation.room
        guard let state = states[name] else { return .failure(Refusal(.notFound)) }
        guard mayDialOut(invitation.by, in: name) else { return .failure(Refusal(.forbidden)) }
        let target: PeerAddress
        switch dialPlan.outgoing(invitation.target) {
        case .success(let found): target = found
        case .failure(let refusal): return .failure(refusal)
        }
        let affiliation = state.affiliation(of: target)
        guard affiliation != .outcast,
            !state.settings.isMembersOnly || affiliation >= .member || role(of: invitation.by, in: name) == .moderator
        else { return .failure(Refusal(.forbidden)) }
        let known = state.room.participants.person(target)
        if known?.endpoints.contains(where: { !$0.isMUC && $0.status != .disconnected }) == true {
            return .success(nil)
        }
        let ringing = dialOuts.values.lazy.filter { $0.room == name }.count
        guard ringing < configuration.maximumInvitations, !isFull(name, for: target) else {
            return .failure(Refusal(.full))
        }
        if let refusal = refusal(of: invitation, calling: target) { return .failure(Refusal(.barred(refusal))) }
        return .success(target)
    }

    /// Calls somebody who may be called.
    mutating func dial(
        _ target: PeerAddress, for invitation: Invitation, group: GroupCallID? = nil, _ now: Instant, _ wall: WallTime
    ) -> [Effect] {
        let name = invitation.room
        let known = states[name]?.room.participants.person(target)
        let leg = legIDs.next()
        var endpoint = Endpoint(
            id: EndpointID(newNumber()), kind: .call(leg), address: target, status: .dialingOut,
            joiningMethod: .dialedOut, joined: wall, takesText: false)
        endpoint.isAuthenticated = configuration.accounts?.contains(target) == true
        endpoint.group = group
        let entry = group.map { _ in entryByGroup(of: target, in: name) }
        endpoint.isMuted = entry?.isMuted ?? false
        let inviter = participant(of: invitation.by, in: name)?.address
        endpoint.invited = Invited(by: inviter.flatMap { $0.identifiesPerson ? $0 : nil }, when: wall)
        let participant = known?.id ?? ParticipantID(newNumber())
        if known != nil {
            states[name]?.room.participants.add(endpoint, to: participant)
        } else {
            let ours = configuration.accounts?.contains(target) == true
            let shown = ours ? configuration.accounts?.displayNames[target.user] ?? nil : nil
            let wish = ParticipantName.wish(of: target, displayName: invitation.displayName ?? shown)
            let free = states[name]?.room.participants.freeName(like: wish) ?? wish
            var newcomer = Participant(
                id: participant, address: target.bare, name: free, role: entry?.role ?? .speaker, endpoints: [endpoint])
            newcomer.affiliation = affiliation(of: target, in: name)
            states[name]?.room.participants.append(newcomer)
        }
        legs[leg] = .dialled
        count(leg, to: target, for: payer(of: invitation.by, in: name))
        dialOuts[leg] = DialOut(
            invitation: invitation, target: target, room: name, participant: participant, endpoint: endpoint.id,
            deadline: now + configuration.ringTime)
        var call = OutgoingCall(
            target: target, caller: PeerAddress(target.network, user: name.text, host: configuration.talkDomain),
            displayName: ParticipantName.noNumber(name.text), isFocus: group == nil, referral: invitation.referral)
        call.group = group
        return [.roomChanged(name, [.endpointJoined(participant, endpoint.id)])] + tell(invitation, .trying)
            + place(call, on: leg, for: call.caller, now, wall)
    }

    /// Dialing-out → alerting.
    mutating func dialOutRinging(_ leg: LegID) -> [Effect] {
        guard let dialOut = dialOuts[leg] else { return [] }
        let changed = change(dialOut.endpoint, of: dialOut.participant, in: dialOut.room) { $0.status = .alerting }
        return changed.isEmpty ? [] : changed + tell(dialOut.invitation, .ringing)
    }

    /// Dialing-out or alerting → connected.
    mutating func dialOutAnswered(_ leg: LegID, _ wall: WallTime) -> [Effect] {
        guard let dialOut = dialOuts.removeValue(forKey: leg), let mix = states[dialOut.room]?.room.mix else {
            return []
        }
        legs[leg] = .inRoom(dialOut.room, dialOut.participant, dialOut.endpoint)
        let changed = change(dialOut.endpoint, of: dialOut.participant, in: dialOut.room) {
            $0.status = $0.statusInRoom
            $0.joined = wall
            if dialOut.target.network == .xmpp { $0.takesText = true }
        }
        let group = states[dialOut.room]?.room.endpoint(dialOut.endpoint)?.endpoint.group
        return [.connect(leg, mix)] + grouping(of: leg, group) + voice(of: dialOut.endpoint, in: dialOut.room) + changed
            + tell(dialOut.invitation, .done)
            + announceArrival(of: dialOut.participant, by: leg, isFirstCall: true, in: dialOut.room)
            + tellOfRecording(dialOut.endpoint, in: dialOut.room, wall)
    }

    /// Dialing-out or alerting → disconnected, with the reason, and gone some seconds later.
    mutating func dialOutEnded(_ leg: LegID, _ reason: EndReason, _ now: Instant, _ wall: WallTime) -> [Effect] {
        guard let dialOut = dialOuts.removeValue(forKey: leg) else { return [] }
        let changed = change(dialOut.endpoint, of: dialOut.participant, in: dialOut.room) {
            $0.status = .disconnected
            $0.disconnection = Disconnection(reason: reason, when: wall)
        }
        departures[dialOut.endpoint] = Departure(room: dialOut.room, due: now + Conference.departureTime)
        return changed + tell(dialOut.invitation, .failed(reason), wall)
    }

    /// When somebody is alone with what rings, that is cancelled, and who was not reached is no longer shown.
    mutating func abandon(_ name: RoomName) -> [Effect] {
        guard let state = states[name], state.entering.isEmpty, reservations[name] == nil, !isInGroupCall(name),
            !state.room.participants.isEmpty,
            !state.room.participants.contains(where: { $0.endpoints.contains(where: \.isPresent) })
        else { return [] }
        var effects: [Effect] = []
        var changes: [RosterChange] = []
        for endpoint in state.room.participants.flatMap(\.endpoints) {
            departures[endpoint.id] = nil
            if let leg = endpoint.leg, let dialOut = dialOuts.removeValue(forKey: leg) {
                legs[leg] = nil
                effects += [.end(leg, .cancelled)] + tell(dialOut.invitation, .failed(.cancelled))
            }
            changes += remove(endpoint.id, from: name)
        }
        return effects + [.roomChanged(name, changes)]
    }

    // MARK: Taking out

    /// Takes somebody out with all endpoints: a moderator anybody, others themselves.
    mutating func expel(_ expulsion: Expulsion, _ wall: WallTime) -> [Effect] {
        func told(_ progress: RequestProgress) -> [Effect] { expulsion.id.map { [.progress($0, progress)] } ?? [] }
        guard let room = states[expulsion.room]?.room else { return told(.refused(.notFound)) }
        guard let role = role(of: expulsion.by, in: expulsion.room) else { return told(.refused(.forbidden)) }
        guard let target = participant(expulsion.target, in: room) else {
            return told(.refused(role == .moderator ? .notFound : .forbidden))
        }
        guard role == .moderator || participant(of: expulsion.by, in: expulsion.room)?.id == target.id else {
            return told(.refused(.forbidden))
        }
        return told(.done) + takeOut(target, from: expulsion.room, .expelled, wall) + departed(from: expulsion.room)
    }

    /// Ends all that a participant is in a room by.
    mutating func takeOut(
        _ participant: Participant, from name: RoomName, _ reason: EndReason, _ wall: WallTime, by actor: String? = nil,
        words: String? = nil, exit: MUCExit = .kicked
    ) -> [Effect] {
        var effects: [Effect] = []
        var changes: [RosterChange] = []
        for endpoint in participant.endpoints {
            departures[endpoint.id] = nil
            if endpoint.isMUC {
                effects.append(.expelled(name, occupant: endpoint.address, by: actor, reason: words, exit))
            } else if let leg = endpoint.leg, legs.removeValue(forKey: leg) != nil {
                forgetKeys(leg)
                if let dialOut = dialOuts.removeValue(forKey: leg) {
                    effects += [.end(leg, .cancelled)] + tell(dialOut.invitation, .failed(.cancelled))
                } else {
                    effects += [.disconnect(leg), .end(leg, reason)]
                }
            }
            changes += remove(endpoint.id, from: name) {
                $0.status = .disconnected
                $0.disconnection = Disconnection(reason: reason, when: wall)
            }
        }
        return effects + [.roomChanged(name, changes)]
    }

    // MARK: Who asks

    /// The participant that somebody who asks is, in that room.
    func participant(of requester: Requester, in name: RoomName) -> Participant? {
        let roster = states[name]?.room.participants
        switch requester {
        case .leg(let leg):
            guard case .inRoom(name, let participant, _) = legs[leg] else { return nil }
            return roster?[participant]
        case .claimant(let claimant):
            guard let person = roster?.person(claimant.address) else { return nil }
            // Whose calls are proven to be its own is not whoever writes its address.
            let isProven = person.endpoints.contains { !$0.isMUC && $0.isAuthenticated }
            return claimant.isProven || !isProven ? person : nil
        }
    }

    /// What somebody who asks may do in a room; nil for who is not in it, nor on the way in.
    func role(of requester: Requester, in name: RoomName) -> Role? {
        if case .leg(let leg) = requester, case .entering(name, let entering) = legs[leg] {
            return role(of: entering.call, in: name)
        }
        return participant(of: requester, in: name)?.role
    }

    private func participant(_ target: Expulsion.Target, in room: Room) -> Participant? {
        switch target {
        case .participant(let id): return room.participants[id]
        case .address(let address):
            if address.identifiesRoom(room.name, configuration), let name = address.resource {
                return room.participants.named(name)
            }
            if address.host == "anonymous.invalid", address.user.hasPrefix("anonymous"),
                let number = UInt64(address.user.dropFirst(9))
            {
                return room.participants[ParticipantID(number)]
            }
            if let person = room.participants.first(where: { $0.has(address.bare) }) { return person }
            guard case .success(let dialled) = dialPlan.outgoing(address) else { return nil }
            return room.participants.person(dialled)
        }
    }

    // MARK: Telling

    /// Tells whoever asked: by the request it made, else, of what went wrong, as text.
    func tell(_ invitation: Invitation, _ progress: RequestProgress, _ wall: WallTime? = nil) -> [Effect] {
        if let id = invitation.id { return [.progress(id, progress)] }
        guard case .failed(let reason) = progress, let wall,
            let asker = participant(of: invitation.by, in: invitation.room)
        else { return [] }
        let message = ChatMessage(
            id: entropy.uuid(),
            sender: PeerAddress(.sip, user: invitation.room.text, host: configuration.talkDomain),
            senderName: invitation.room.text, audience: .one(asker.name),
            body: "\(invitation.target.words): \(reason.words).", clientID: nil, time: wall)
        return asker.readers.map { .deliver(message, invitation.room, $0.id) }
    }
}

extension Endpoint {
    /// Whether somebody is there by it, or on the way in, rather than being called.
    var isPresent: Bool {
        switch status {
        case .dialingOut, .alerting, .disconnected, .disconnecting: false
        case .pending, .dialingIn, .onHold, .connected, .mutedViaFocus: true
        }
    }
}
