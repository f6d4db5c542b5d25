import Primitives

/// Texts between one and one across the gateway: who may write to whom, by which way it goes, and what is heard of it.
extension Conference {
    /// Somebody writes to somebody on the other side, or says something about a text of the other's.
    mutating func instant(_ message: InstantMessage, _ now: Instant) -> [Effect] {
        var message = message
        message.sender = sender(of: message)
        switch message.content {
        case .text(let text):
            let writer =
                "instant "
                + Conference.source(
                    message.sender, isProven: message.isAuthenticated, origin: message.origin)
            guard allowances.take(writer, rate: Double(configuration.textsPerSecond), at: now) else {
                return [.submitted(message.id, .refused(.tooMany))]
            }
            switch course(of: message) {
            case .success(let course): return send(text, message, by: course, now)
            case .failure(let failure): return [.submitted(message.id, .refused(.undelivered(failure)))]
            }
        case .composing(let isActive, let lasts): return composing(message, isActive, lasts, now)
        case .report(let status, let id): return report(status, of: id, message)
        }
    }

    /// In a call, who has that end of it; beside calls, at the address where it can be answered.
    private func sender(of message: InstantMessage) -> PeerAddress {
        guard message.sender.network == .sip else { return message.sender }
        if let leg = message.leg, let bridge = bridge(of: leg) { return bridge.address(of: leg) }
        return homed(message.sender, isProven: message.isAuthenticated, by: message.line)
    }

    private mutating func send(
        _ text: InstantText, _ message: InstantMessage, by course: InstantCourse, _ now: Instant
    ) -> [Effect] {
        func refused(_ refusal: SubmissionRefusal) -> [Effect] { [.submitted(message.id, .refused(refusal))] }
        guard text.body.utf8.count <= ChatText.maximumBytes else { return refused(.tooLong) }
        var text = text
        text.body = ChatText.clean(text.body)
        guard !ChatText.isBlank(text.body) else { return refused(.malformed("The text is empty.")) }
        text.subject = text.subject.map { ChatText.clean($0) }.flatMap {
            $0.utf8.count <= ChatText.maximumSubjectBytes && !ChatText.isBlank($0) ? $0 : nil
        }
        let id = entropy.uuid()
        let isHeld = message.sender.network == .sip
        correspondence.add(id, message, text, to: course.target, isHeld: isHeld, at: now)
        correspondence.wrote(Correspondence.Pair(writer: message.sender.bare, reader: message.recipient.bare))
        text.clientID = nil
        let delivery = delivery(id, of: message, by: course, .text(text))
        return [.pass(delivery)] + (isHeld ? [] : [.submitted(message.id, .accepted(id: id))])
    }

    private func delivery(
        _ id: String, of message: InstantMessage, by course: InstantCourse, _ content: InstantMessage.Content
    ) -> InstantDelivery {
        var delivery = InstantDelivery(
            id: id, target: course.target, sender: course.sender,
            displayName: message.displayName.flatMap(ParticipantName.clean).flatMap(ParticipantName.noNumber),
            leg: course.leg, content: content)
        delivery.way = course.way.map { way(to: $0, from: message.sender) }
        return delivery
    }

    /// How a text gets to a phone that no call takes it to: as calls by that route do.
    private func way(to routed: PeerAddress, from sender: PeerAddress) -> InstantDelivery.Way {
        if let line = line(to: routed, for: sender) { return InstantDelivery.Way(target: routed, line: line) }
        for name in dialPlan.trunks(to: routed) {
            guard let trunk = configuration.trunks[name] else { continue }
            let target = PeerAddress(.sip, user: trunk.rewriting.apply(to: routed.user), host: trunk.host)
            let call = TrunkCall(name: name, callerID: trunk.callerIDs.number(for: sender.bare))
            return InstantDelivery.Way(target: target, trunk: call)
        }
        return InstantDelivery.Way(target: routed)
    }

    /// The sender's own account, where it leads to that address.
    private func line(to routed: PeerAddress, for sender: PeerAddress) -> LineID? {
        guard let account = lines.accounts[sender.bare], account.line.registrar.hostPort == routed.host else {
            return nil
        }
        return .person(account.owner)
    }

    // MARK: The way

    /// Where what somebody writes goes: into the call that the two have, or where a call would go.
    private func course(of message: InstantMessage) -> Result<InstantCourse, DeliveryFailure> {
        if let leg = message.leg, message.sender.network == .sip {
            guard let bridge = bridge(of: leg), bridge.mix != nil else { return .failure(.recipientUnavailable) }
            return .success(course(in: bridge, from: leg, message))
        }
        if message.sender.network == .xmpp,
            let leg = bridgedLeg(message.leg, of: message.sender, with: message.recipient),
            let bridge = connected(leg)
        {
            return .success(course(in: bridge, from: leg, message))
        }
        var call = IncomingCall(
            caller: message.sender, displayName: message.displayName, callee: message.recipient, takesText: true)
        call.isAuthenticated = message.isAuthenticated
        call.origin = message.origin
        call.line = message.line
        let route = route(of: call)
        switch route.destination {
        case .peer(let target):
            let isByLine = message.line != nil || route.line != nil
            guard isByLine || mayCross(call, to: target) && mayWrite(payer(of: call), to: target) else {
                return .failure(.forbidden)
            }
            var sender = caller(call, by: call.line) ?? dialPlan.caller(message.sender.bare, seenFrom: target.network)
            if case .person(let owner) = route.line, let line = lines.accounts[owner]?.line { sender = line.address }
            return .success(InstantCourse(target: target, sender: sender, leg: nil, way: target))
        case .room: return .failure(.itemNotFound)
        case .refused(.forbidden): return .failure(.forbidden)
        case .refused: return .failure(.itemNotFound)
        }
    }

    /// Into the call, under the address that the other knows; beside it where a call to that one would go.
    private func course(in bridge: Bridge, from leg: LegID, _ message: InstantMessage) -> InstantCourse {
        let other = bridge.other(than: leg)
        let target = bridge.address(of: other)
        let way = target == bridge.target ? target : wayBack(to: target, for: message.sender)
        return InstantCourse(target: target.bare, sender: face(for: other, in: bridge), leg: other, way: way)
    }

    /// Whether a call of that leg is with who is at that address, for texts that come outside of its dialog.
    public func isInCall(_ leg: LegID, with recipient: PeerAddress) -> Bool {
        guard let bridge = connected(leg) else { return false }
        if face(for: leg, in: bridge) == recipient.bare { return true }
        guard case .peer(let target) = dialPlan.destination(of: recipient) else { return false }
        return target.bare == bridge.address(of: bridge.other(than: leg)).bare
    }

    // MARK: Writing

    private mutating func composing(
        _ message: InstantMessage, _ isActive: Bool, _ lasts: Duration, _ now: Instant
    ) -> [Effect] {
        guard case .success(let course) = course(of: message) else { return [] }
        let pair = Correspondence.Pair(writer: message.sender.bare, reader: message.recipient.bare)
        let times = Conference.composingTimes
        let delivery = delivery("", of: message, by: course, .composing(isActive: isActive, lasts: times.upperBound))
        let until = now + min(max(lasts, times.lowerBound), times.upperBound)
        return correspondence.compose(pair, delivery, isActive: isActive, until: until, at: now).map {
            [.pass(delivery.saying(isActive: $0))]
        } ?? []
    }

    /// Answers that nobody objected to, and writers who fell silent.
    mutating func wakeCorrespondence(at now: Instant) -> [Effect] {
        let answers = correspondence.takeDue(by: now).map { Effect.submitted($0.0, .accepted(id: $0.1)) }
        var told: [Effect] = []
        for pair in correspondence.composingDue(by: now) {
            guard let delivery = correspondence.composing[pair]?.delivery,
                let isActive = correspondence.tell(pair, at: now)
            else { continue }
            told.append(.pass(delivery.saying(isActive: isActive)))
        }
        return answers + told
    }

    // MARK: What became of it

    /// A side says how a delivery ended.
    mutating func instantOutcome(_ id: String, _ outcome: InstantOutcome, by: PeerAddress?) -> [Effect] {
        guard let entry = correspondence[id], by.map({ $0.bare == entry.target.bare }) ?? true else { return [] }
        let waiting = correspondence.answer(id)
        switch outcome {
        case .passed: return waiting.map { [.submitted($0, .accepted(id: id))] } ?? []
        case .delivered:
            return (waiting.map { [.submitted($0, .accepted(id: id))] } ?? []) + tell(.delivered, of: id, entry)
        case .failed(let failure):
            if let waiting { return [.submitted(waiting, .refused(.undelivered(failure)))] }
            guard correspondence.note(.failed, of: id) else { return [] }
            guard entry.sender.network == .xmpp else { return tell(.failed, of: id, entry, isNoted: true) }
            return [
                .undelivered(
                    UndeliveredText(
                        sender: entry.sender, recipient: entry.recipient, clientID: entry.clientID, failure: failure))
            ]
        }
    }

    /// A report arrives from who a text was for. The id is known to nobody else; that it is said to who wrote the text
    /// is looked at all the same.
    private mutating func report(_ status: MessageStatus, of id: String, _ message: InstantMessage) -> [Effect] {
        guard let entry = correspondence[id], entry.target.network == message.sender.network else { return [] }
        let isFromThere =
            if let leg = message.leg, let bridge = bridge(of: leg) {
                bridge.address(of: bridge.other(than: leg)).bare == entry.sender.bare
            } else if message.line == .person(entry.sender.bare) {
                true
            } else {
                dialPlan.caller(entry.sender.bare, seenFrom: message.sender.network) == message.recipient.bare
                    || entry.sender.bare == message.recipient.bare
            }
        guard isFromThere, message.sender.network == .sip || message.sender.bare == entry.target.bare else { return [] }
        return tell(status, of: id, entry)
    }

    /// Tells who wrote a text what became of it, where it wants to hear that; each once.
    private mutating func tell(
        _ status: MessageStatus, of id: String, _ entry: Correspondence.Entry, isNoted: Bool = false
    ) -> [Effect] {
        guard let clientID = entry.clientID, entry.wanted.contains(status.wanted),
            isNoted || correspondence.note(status, of: id)
        else { return [] }
        let leg = entry.leg.flatMap { bridge(of: $0) == nil ? nil : $0 }
        let routed = wayBack(to: entry.sender, for: entry.target)
        guard leg != nil || routed != nil else { return [] }
        var delivery = InstantDelivery(
            id: "", target: entry.sender, sender: entry.recipient.bare, displayName: nil, leg: leg,
            content: .report(status, of: clientID))
        delivery.way = routed.map { way(to: $0, from: entry.target) }
        return [.pass(delivery)]
    }

    /// Where a phone is told something beside a call: never anywhere that the routes do not lead, nor where the other may not
    /// write, as anybody can write any address.
    private func wayBack(to sender: PeerAddress, for writer: PeerAddress) -> PeerAddress? {
        guard sender.network == .sip else { return sender }
        let shown = dialPlan.caller(sender.bare, seenFrom: .xmpp)
        var call = IncomingCall(caller: writer, displayName: nil, callee: shown, takesText: true)
        call.isAuthenticated = true
        let route = route(of: call)
        guard case .peer(let target) = route.destination, target.network == .sip,
            route.line != nil || mayCross(call, to: target) && mayWrite(payer(of: call), to: target)
        else { return nil }
        return target
    }
}

/// Where a text goes, and from whom as seen from there.
struct InstantCourse: Sendable, Hashable {
    var target: PeerAddress
    var sender: PeerAddress
    /// The bridged call on the target's side.
    var leg: LegID?
    /// Where a call to the target would go, as far as the routes lead there.
    var way: PeerAddress?
}

extension InstantDelivery {
    fileprivate func saying(isActive: Bool) -> InstantDelivery {
        guard case .composing(_, let lasts) = content else { return self }
        var delivery = self
        delivery.content = .composing(isActive: isActive, lasts: lasts)
        return delivery
    }
}
