import Primitives

/// Text in rooms: who may write, to whom, and who reads it where.
extension Conference {
    /// A text is handed in: refused, answered, or stored, delivered and acknowledged, in that order.
    mutating func submit(_ submission: Submission, _ now: Instant, _ wall: WallTime) -> [Effect] {
        func outcome(_ outcome: SubmissionOutcome) -> [Effect] { [.submitted(submission.id, outcome)] }
        guard let room = states[submission.room]?.room else { return outcome(.refused(.noSuchRoom)) }
        if let (leg, door) = doorLeg(of: submission) {
            let call = door.entering.call
            guard mayWrite(call.caller, isProven: call.isAuthenticated, origin: call.origin, now) else {
                return outcome(.refused(.tooMany))
            }
            let (reply, effects) = doorText(submission.body, leg, room.name, door, now, wall)
            return effects + outcome(.reply(reply))
        }
        guard let sender = sender(of: submission, in: room) else { return outcome(.refused(.notInRoom)) }
        guard submission.body.utf8.count <= ChatText.maximumBytes else { return outcome(.refused(.tooLong)) }
        guard mayWrite(sender.participant, now) else { return outcome(.refused(.tooMany)) }
        let body = ChatText.clean(submission.body)
        guard !ChatText.isBlank(body) || !submission.payload.isEmpty else {
            return outcome(.refused(.malformed("The text is empty.")))
        }

        switch recipient(of: submission.audience, in: room) {
        case .everyone where submission.audience == .everyone: break
        case .everyone: return publish(body, from: sender, submission, room, wall)
        case .one(let one): return send(body, to: one, as: one.name, from: sender, submission, room, wall)
        case .nobody(let name): return send(body, to: nil, as: name, from: sender, submission, room, wall)
        }

        switch submission.isCommandable ? ChatCommand(body) : nil {
        case nil: return publish(body, from: sender, submission, room, wall)
        case .message(let rest):
            let (name, text) = ChatCommand.addressee(in: rest, of: room)
            if name.isEmpty || ChatText.isBlank(text) { return outcome(.reply(ChatCommand.usage)) }
            return send(text, to: room.participant(named: name), as: name, from: sender, submission, room, wall)
        case .call(let address): return call(address, for: submission, now, wall)
        case .roster: return outcome(.reply(room.rosterText(for: sender.participant.role)))
        case .help: return outcome(.reply(ChatCommand.helpText(for: sender.participant.role)))
        case .moderation(let verb, let rest):
            guard let wish = verb.wish(rest, in: room) else { return outcome(.reply(verb.usage)) }
            let verdict = moderate(wish, by: sender.participant, in: room.name, now, wall)
            return verdict.effects + outcome(verdict.reply)
        case .unknown(let word):
            let help = ChatCommand.helpText(for: sender.participant.role)
            return outcome(.reply("There is no command /\(word).\n\(help)"))
        }
    }

    /// Whom a text, or the writing of one, is for.
    enum Recipient {
        case everyone
        case one(Participant)
        /// What was asked for.
        case nobody(String)
    }

    func recipient(of audience: Submission.Audience, in room: Room) -> Recipient {
        switch audience {
        case .everyone: return .everyone
        case .named(let name): return room.participant(named: name).map(Recipient.one) ?? .nobody(name)
        case .address(let address):
            guard address.identifiesRoom(room.name, configuration) else {
                let participant = room.participants.first { $0.has(address.bare) }
                return participant.map(Recipient.one) ?? .nobody(address.description)
            }
            guard let name = address.resource else { return .everyone }
            return room.participant(named: name).map(Recipient.one) ?? .nobody(name)
        }
    }

    /// Whether somebody has not written more than it may.
    mutating func mayWrite(_ participant: Participant, _ now: Instant) -> Bool {
        let call = participant.endpoints.first { !$0.isMUC }
        return mayWrite(
            participant.address, isProven: call?.isAuthenticated ?? false, origin: call?.origin, now)
    }

    /// By address, so that a new call has no more to write; with the host, where anybody writes any address.
    mutating func mayWrite(_ address: PeerAddress, isProven: Bool, origin: String?, _ now: Instant) -> Bool {
        let writer = address.bare.description + (isProven ? "" : origin.map { " \($0)" } ?? "")
        return allowances.take(writer, rate: Double(configuration.textsPerSecond), at: now)
    }

    /// To everyone: kept, then handed out, then acknowledged.
    private mutating func publish(
        _ body: String, from sender: Sender, _ submission: Submission, _ room: Room, _ wall: WallTime
    ) -> [Effect] {
        if states[room.name]?.settings.isModerated == true, sender.participant.role == .listener {
            return [.submitted(submission.id, .refused(.notAllowed("Only who has the word writes to everyone here.")))]
        }
        if let retraction = submission.retraction, !mayRetract(retraction, submission.sender, in: room) {
            return [.submitted(submission.id, .refused(.notAllowed("That message is somebody else's.")))]
        }
        let callsRead = submission.plain != .nothing
        // Who is in the MUC reads it in any case.
        guard callsRead || submission.via == .muc || room.participants.contains(where: \.readsInMUC) else {
            return [.submitted(submission.id, .refused(.cannotRead(room.name.text)))]
        }
        var message = message(body, to: .everyone, from: sender, submission, wall)
        if submission.isTransient, room.participants.count > Conference.composingCrowd {
            return [.submitted(submission.id, .accepted(id: message.id))]
        }
        awaitReports(of: message, submission, from: sender, addressee: nil)
        message.wanted = submission.clientID == nil ? [] : submission.wanted.intersection(.displayed)
        wroteText(sender.participant.id, to: nil, in: room.name)
        if !submission.isTransient {
            states[room.name]?.recent.add(message)
            states[room.name]?.room.history.append(message)
            let excess = room.history.count + 1 - max(0, configuration.historyLength)
            if excess > 0 { states[room.name]?.room.history.removeFirst(excess) }
        }
        var effects: [Effect] = []
        if !submission.isTransient, states[room.name]?.settings.isArchived == true {
            effects.append(.store(.message(room.name, message)))
        }
        if let retraction = submission.retraction {
            effects += bury(retraction, of: submission.sender, in: room.name)
        }
        for participant in room.participants {
            let endpoints =
                participant.id == sender.participant.id
                ? reflections(to: sender, of: submission) : participant.readers
            effects += endpoints.filter { $0.isMUC || callsRead }.map { .deliver(message, room.name, $0.id) }
        }
        return effects + [.submitted(submission.id, .accepted(id: message.id))]
            + roomDelivered(message, submission, from: sender)
    }

    /// To one alone; not kept.
    private mutating func send(
        _ body: String, to addressee: Participant?, as name: String, from sender: Sender, _ submission: Submission,
        _ room: Room, _ wall: WallTime
    ) -> [Effect] {
        guard let addressee else { return [.submitted(submission.id, .refused(.noSuchParticipant(name)))] }
        let callsRead = submission.plain != .nothing
        let readers = addressee.readers.filter { $0.isMUC || callsRead }
        if readers.isEmpty { return [.submitted(submission.id, .refused(.cannotRead(addressee.name)))] }
        var message = message(body, to: .one(addressee.name), from: sender, submission, wall)
        if addressee.id != sender.participant.id {
            awaitReports(of: message, submission, from: sender, addressee: addressee.id)
        }
        wroteText(sender.participant.id, to: addressee.id, in: room.name)
        states[room.name]?.recent.add(message, readers: [sender.participant.id, addressee.id])
        let copy = message
        message.wanted = submission.clientID == nil ? [] : submission.wanted
        let others =
            addressee.id == sender.participant.id
            ? [] : copies(for: sender, of: submission).filter { $0.isMUC || callsRead }
        return readers.map { .deliver(message, room.name, $0.id) } + others.map { .deliver(copy, room.name, $0.id) }
            + [.submitted(submission.id, .accepted(id: message.id))]
    }

    private func message(
        _ body: String, to audience: ChatMessage.Audience, from sender: Sender, _ submission: Submission,
        _ wall: WallTime
    ) -> ChatMessage {
        var message = ChatMessage(
            id: entropy.uuid(), sender: submission.sender, senderName: sender.participant.name, audience: audience,
            body: body, clientID: submission.clientID, time: wall)
        message.envelope = submission.envelope
        message.payload = submission.payload
        message.plain = submission.plain
        message.corrects = submission.corrects
        return message
    }

    // MARK: Senders

    /// Who wrote, and on which of its endpoints, as far as that can be told.
    struct Sender {
        var participant: Participant
        /// The endpoint that the text came from; nil when it came from a device that is not in the room itself.
        var endpoint: Endpoint?
    }

    /// In the MUC only occupants may speak (XEP-0045 section 7.4). On the other doors it is the leg that tells, else
    /// the full address, else the person.
    private func sender(of submission: Submission, in room: Room) -> Sender? {
        let sender = sender(submission.sender, leg: submission.leg, via: submission.via, in: room)
        guard submission.via == .sip, submission.leg == nil, !submission.isAuthenticated else { return sender }
        // Whose calls are proven to be its own is not whoever writes its address.
        let isProven = sender?.participant.endpoints.contains { !$0.isMUC && $0.isAuthenticated } ?? false
        return isProven ? nil : sender
    }

    func sender(_ address: PeerAddress, leg: LegID?, via: TextPath, in room: Room) -> Sender? {
        if via == .muc {
            return room.participants.occupant(address).map {
                Sender(participant: $0.participant, endpoint: $0.endpoint)
            }
        }
        if let (participant, endpoint) = leg.flatMap({ room.participants.endpoint(of: $0) }) {
            return Sender(participant: participant, endpoint: endpoint)
        }
        guard address.identifiesPerson else { return nil }
        let all = room.participants.lazy.flatMap { person in person.endpoints.map { (person, $0) } }
        let exact = all.first { !$1.isMUC && $1.address == address } ?? all.first { $1.address == address }
        if let (participant, endpoint) = exact { return Sender(participant: participant, endpoint: endpoint) }
        return room.participants.person(address).map { Sender(participant: $0, endpoint: nil) }
    }

    /// Where a sender reads its own words: in the MUC if it sits there (XEP-0045 section 7.4), else on its other
    /// calls, but never where they came from.
    private func reflections(to sender: Sender, of submission: Submission) -> [Endpoint] {
        let readers = sender.participant.readers
        if readers.contains(where: \.isMUC) { return readers }
        return copies(for: sender, of: submission)
    }

    /// The other calls of a sender, which are to show what it wrote too; a client in the MUC has its server for that.
    private func copies(for sender: Sender, of submission: Submission) -> [Endpoint] {
        sender.participant.readers.filter {
            !$0.isMUC && $0.id != sender.endpoint?.id && (submission.leg != nil || $0.address != submission.sender)
        }
    }
}

extension Submission {
    /// Whether what is written may be a command.
    fileprivate var isCommandable: Bool {
        switch plain {
        case .body, .text: true
        case .action, .nothing: false
        }
    }
}

extension Participant {
    var readsInMUC: Bool { endpoints.contains(where: \.isMUC) }

    /// The endpoints on which it reads each message once: its MUC clients, else its calls that take text, each client
    /// once.
    var readers: [Endpoint] {
        let muc = endpoints.filter(\.isMUC)
        if !muc.isEmpty { return muc }
        var clients: Set<PeerAddress> = []
        return endpoints.filter {
            $0.takesText && ($0.address.network == .sip || clients.insert($0.address).inserted)
        }
    }

    /// Whether that bare address is this participant's.
    func has(_ address: PeerAddress) -> Bool {
        self.address.identifiesPerson
            && (self.address == address || endpoints.contains { $0.address.bare == address })
    }
}

extension PeerAddress {
    /// Whether this is the room's own address, on either domain, with or without a participant's name.
    func identifiesRoom(_ room: RoomName, _ configuration: ConferenceConfiguration) -> Bool {
        let host = hostName.lowercased()
        return RoomName(user) == room
            && (host == configuration.talkDomain.lowercased() || host == configuration.roomsDomain.lowercased())
    }
}

extension Room {
    /// Who is here, for people; moderators read who waits too.
    func rosterText(for role: Role) -> String {
        let lines = participants.map { participant in
            let calls = participant.endpoints.filter { !$0.isMUC }
            let chats = participant.endpoints.contains(where: \.isMUC)
            let call = calls.contains { $0.group != nil } ? "group call" : "call"
            var words = [calls.isEmpty ? "chat" : chats ? "\(call), chat" : call]
            if participant.role != .speaker { words.append(participant.role.rawValue) }
            if calls.contains(where: \.isDeaf) {
                words.append("deaf")
            } else if calls.contains(where: \.isMuted), participant.role != .listener {
                words.append("muted")
            }
            if participant.hasHandUp { words.append("hand up") }
            return "\(participant.name) (\(words.joined(separator: ", ")))"
        }
        let recorded = recording?.since == nil ? "" : "\nThis room is being recorded."
        let here = "\(participants.count) in \(name): \(lines.joined(separator: ", "))\(recorded)"
        guard role == .moderator, !pending.isEmpty else { return here }
        return "\(here)\nAt the door: \(pending.map(\.name).joined(separator: ", "))"
    }
}
