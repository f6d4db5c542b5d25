import Conference
import Jingle
import Primitives
import XMPP

/// Group calls of clients: invitations (XEP-0482), and the MUCs in which they are coordinated (XEP-0272).
extension XMPPAdapter {
    // MARK: From MUCs

    /// A stanza from a MUC in which one of our rooms is in a group call; nil for any other. What is said there is of no
    /// concern, and never answered.
    mutating func fromGroupCall(_ stanza: XMLElement, _ from: JID, _ target: XMPPTarget, _ now: Instant) -> [Command]? {
        guard case .contact(let room, _) = target, !stanza.isIQ, let id = muji.session(room, from) else { return nil }
        guard stanza.isPresence else { return [] }
        let events = muji.change(id) { $0.receive(stanza, now: now) } ?? []
        return follow(events, of: id)
    }

    /// What a session has to say: stanzas go out before the domain hears of it.
    private mutating func follow(_ events: [MujiSession.Event], of id: GroupCallID) -> [Command] {
        outbox += muji.change(id) { $0.drain() } ?? []
        var commands: [Command] = []
        for event in events {
            switch event {
            case .found(let jid, let name): commands.append(.group(.found(id, PeerAddress(jid), name: name)))
            case .left(let jid): commands.append(.group(.left(id, PeerAddress(jid))))
            case .ended(let why):
                if let session = muji.remove(id) {
                    note(.info, "\(session.room) leaves the group call \(session.place): \(why)")
                    answer(session.answers, "left", session.room)
                }
                return commands + [.group(.ended(id))]
            }
        }
        return commands
    }

    /// The group of a session-initiate that is for one, if its sender is in it: what it says is not believed otherwise.
    mutating func receiveGrouped(
        _ stanza: XMLElement, _ from: JID, _ target: XMPPTarget, _ now: Instant
    ) -> [Command]? {
        guard case .contact(let room, _) = target, let jingle = stanza.child("jingle", Namespace.jingle),
            jingle["action"] == JingleAction.sessionInitiate.rawValue,
            let claimed = jingle.child("muji", Namespace.muji)
        else { return nil }
        guard let place = claimed["room"].flatMap({ JID($0) }), let id = muji.session(room, place),
            let session = muji.sessions[id], let nick = session.nick(of: from)
        else {
            refuse(stanza, StanzaError(.itemNotFound, "The room is not in that group call with you."))
            return []
        }
        return receive(stanza, of: session.jingle(with: nick), now: now)
    }

    private mutating func receive(_ stanza: XMLElement, of group: JingleGroup, now: Instant) -> [Command] {
        let commands = jingle.receive(stanza, of: group, now: now)
        outbox += jingle.drain()
        for notice in jingle.drainNotices() { note(notice.level, notice.text) }
        return commands
    }

    // MARK: Invitations

    /// What is said about an invitation, to the room as a contact; nil for a message that says nothing of the kind.
    mutating func callInvite(
        _ message: XMLElement, _ from: JID, _ target: XMPPTarget, _ conference: Conference, _ now: Instant
    ) -> [Command]? {
        guard case .contact(let room, _) = target, message.type != "error", message.type != "groupchat",
            let invite = CallInvite(message)
        else { return nil }
        // One that was kept for us while we were away is over by now.
        guard message.child("delay", Namespace.delay) == nil else { return [] }
        return take(invite, from, room, conference, now, isGroupchat: false)
    }

    /// Likewise in the room's own MUC, where all get the message as well.
    mutating func noteCallInvite(
        _ message: XMLElement, _ from: JID, _ room: RoomName, _ conference: Conference, _ now: Instant,
        submitted commands: [Command]
    ) -> [Command] {
        guard case .submit(let submission)? = commands.first, let invite = CallInvite(message) else { return commands }
        if case .invite = invite.kind {
            muji.wait(submission.id, invite, from: from, room: room)
            return commands
        }
        return commands + take(invite, from, room, conference, now, isGroupchat: true)
    }

    /// A message to a MUC of ours is out: an invitation in it is looked at now that it has an id.
    mutating func submitted(
        _ id: SubmissionID, _ outcome: SubmissionOutcome, _ conference: Conference, _ now: Instant
    ) -> [Command] {
        guard let waiting = muji.submitted(id), case .accepted(let message) = outcome else { return [] }
        return take(
            waiting.invite, waiting.from, waiting.room, conference, now, isGroupchat: true, messageID: message)
    }

    private mutating func take(
        _ invite: CallInvite, _ from: JID, _ room: RoomName, _ conference: Conference, _ now: Instant,
        isGroupchat: Bool, messageID: String? = nil
    ) -> [Command] {
        guard let id = invite.id ?? messageID else { return [] }
        switch invite.kind {
        case .accept, .reject: return []
        case .retract:
            guard let session = muji.session(invitedBy: from, id, to: room) else { return [] }
            return leave(session, "the invitation was taken back")
        case .left:
            guard let session = muji.session(invitedBy: from, id, to: room) else { return [] }
            muji.change(session) { $0.inviterLeft(now: now) }
            return []
        case .invite(let ways):
            let answers = CallInviteAnswers(
                inviter: from, id: id, namespace: invite.namespace, isGroupchat: isGroupchat)
            return invited(ways, answers, room, conference)
        }
    }

    /// A room is invited: into a group call that it is in already, one that the domain decides about, or a call that the
    /// inviter places once we accept.
    private mutating func invited(
        _ ways: [CallInvite.Way], _ answers: CallInviteAnswers, _ room: RoomName, _ conference: Conference
    ) -> [Command] {
        for case .muji(let place) in ways {
            if muji.session(room, place) != nil {
                answer(answers, "accept", room, way: XMPPAdapter.way(place))
                return []
            }
            guard !isOwn(place.domain), !gate.limits.isBlocked(place) else { continue }
            let id = muji.decide(MujiCalls.Invited(room: room, place: place, answers: answers))
            let invitation = GroupCallInvitation(
                id: id, room: room, inviter: PeerAddress(answers.inviter), place: PeerAddress(place))
            return [.group(.invited(invitation))]
        }
        for case .jingle(let way) in ways where !answers.isGroupchat && exists(room) {
            answer(answers, "accept", room, way: way)
            return []
        }
        answer(answers, "reject", room)
        return []
    }

    private func isOwn(_ domain: String) -> Bool {
        let conference = configuration.conference
        return [conference.talkDomain, conference.roomsDomain, conference.gatewayDomain].contains(domain)
    }

    private static func way(_ place: JID) -> XMLElement {
        XMLElement("muji", Namespace.muji, ["room": place.description])
    }

    /// Answers an invitation where it came from.
    private mutating func answer(
        _ answers: CallInviteAnswers, _ name: String, _ room: RoomName, way: XMLElement? = nil
    ) {
        let element = answers.element(name, way: way)
        guard answers.isGroupchat else {
            outbox.append(
                .message(from: addresses.focus(room), to: answers.inviter, type: "chat", id: entropy.token(12)) {
                    element
                    ProcessingHint.store.element
                })
            return
        }
        let id = entropy.token(12)
        for occupant in muc.views[room]?.occupants ?? [] {
            outbox.append(
                .message(from: addresses.muc(room), to: occupant.jid, type: "groupchat", id: id) {
                    element
                    ProcessingHint.noStore.element
                })
        }
    }

    // MARK: The domain's word

    mutating func perform(_ order: GroupCallOrder, _ id: GroupCallID, _ now: Instant) -> [Command] {
        switch order {
        case .join:
            let most = configuration.conference.groupCalls.peers
            let room = muji.room(of: id)
            guard let own = room.flatMap({ addresses.focus($0) }),
                let invited = muji.join(id, own: own, most: most, caps: discovery.roomCaps.element, now: now)
            else { return [.group(.ended(id))] }
            answer(invited.answers, "accept", invited.room, way: XMPPAdapter.way(invited.place))
            return follow([], of: id)
        case .refuse(let reason):
            guard let invited = muji.refuse(id) else { return [] }
            note(.info, "\(invited.room) stays away from the group call \(invited.place): \(reason.words)")
            answer(invited.answers, "reject", invited.room)
            return []
        case .leave:
            _ = leave(id, "it is over for the room")
            return []
        }
    }

    /// Out of the MUC first, then sessions end (section 4).
    private mutating func leave(_ id: GroupCallID, _ why: String) -> [Command] {
        muji.change(id) { $0.leave() }
        return follow([.ended(why)], of: id)
    }

    /// The group of a call that we place.
    func group(of call: OutgoingCall) -> JingleGroup? {
        guard let session = call.group.flatMap({ muji.sessions[$0] }) else { return nil }
        return session.jingle(with: call.target.jid.flatMap { session.nick(of: $0) })
    }

    // MARK: Time

    mutating func wakeGroupCalls(now: Instant) -> [Command] {
        let due = muji.takeDue(by: now)
        var commands: [Command] = []
        for id in due.ids {
            if due.areStale {
                commands += leave(id, "the XMPP server was away")
                continue
            }
            let events = muji.change(id) { $0.wake(now: now) } ?? []
            commands += follow(events, of: id)
            muji.arm(id)
        }
        return commands
    }

    /// We go: the others see it at once.
    mutating func leaveGroupCalls() {
        for id in muji.sessions.values.keys.sorted() { _ = leave(id, "the service ends") }
    }
}
