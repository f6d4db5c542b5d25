import Conference
import MediaDescription
import Primitives
import SIP

/// Calls that the domain places.
extension SIPAdapter {
    mutating func dial(_ id: LegID, _ call: OutgoingCall, at now: Instant) -> [Command] {
        guard legs[id] == nil else { return [] }
        guard legs.count < configuration.maximumLegs else { return [.legEnded(id, .full)] }
        let target = SIPURI(call.target)
        var uri = target
        let trunk = call.trunk.flatMap { configuration.trunks[$0.name] }
        let transport = trunk.map(\.transport) ?? configuration.transports[call.target.host.lowercased()]
        uri.parameters["transport"] = transport?.rawValue
        var from = NameAddress(displayName: call.displayName, SIPURI(call.caller.bare))
        from.tag = entropy.token(10)
        let callID = entropy.token(24)
        var invite = SIPMessage(
            .invite, uri, from: from, to: NameAddress(target), callID: callID, sequence: 1)
        invite.set("Replaces", call.referral?.replaces)
        invite.set("Referred-By", call.referral?.referredBy)
        if let hops = call.hops { invite.maxForwards = hops }
        if let trunk { identify(&invite, call, by: trunk) }
        invite.set("Diversion", call.diversion?.header)
        var contact = NameAddress(SIPURI(user: call.caller.user, host: "invalid.invalid"))
        if call.isFocus { contact.parameters.flag("isfocus") }
        legs[id] = SIPLeg(
            id: id, isIncoming: false, stage: .resolving, invite: invite,
            flow: SIPFlow(SIPTransport(of: uri), remote: SocketAddress(.any4, 0)), contact: contact,
            isRoom: call.isFocus, peer: call.target, dialog: nil, sessionID: entropy.u64() >> 2)
        legs[id]?.mediaOffer = trunk?.offer ?? configuration.security.offer(to: call.target.host)
        if let trunk, let placed = call.trunk {
            legs[id]?.trunk = SIPLegTrunk(settings: trunk, hasNext: placed.hasNext)
            if placed.hasNext { legs[id]?.tryNextAt = now + trunk.firstResponse }
        }
        note(.info, "\(id): calling \(call.target)")
        if let line = call.line { return place(id, by: line, at: now) }
        if let account = account(at: call.target) { return ring(id, phonesOf: account, at: now) }
        ownCalls.insert(id, invite)
        let search = SIPTargetSearch(uri, supported: configuration.outgoing, entropy: entropy)
        guard search.question == nil else {
            output.lookups.append(SIPLookup(owner: .leg(id), search: search))
            return []
        }
        return resolved(id, search.targets, at: now)
    }

    /// Where a call may be sent, in order of preference; nowhere when there is no such name.
    mutating func resolved(_ id: LegID, _ targets: [SIPTarget], at now: Instant) -> [Command] {
        guard let leg = legs[id], leg.stage == .resolving else { return [] }
        guard !targets.isEmpty else {
            note(.info, "\(id): \(leg.peer) cannot be found")
            return giveUp(id, leg.trunk == nil ? .notFound : .unavailable, .unreachable, at: now)
        }
        noteHost(of: leg, targets, at: now)
        legs[id]?.targets = targets
        return callNext(id, at: now)
    }

    /// Sends the INVITE to the next target of the call's.
    mutating func callNext(_ id: LegID, at now: Instant) -> [Command] {
        guard var leg = legs[id], leg.stage == .resolving else { return [] }
        guard let index = leg.targets.firstIndex(where: { local(towards: $0) != nil }) else {
            note(.info, "\(id): no way to \(leg.peer)")
            return giveUp(id, .unavailable, .unreachable, at: now)
        }
        let target = leg.targets[index]
        leg.targets.removeFirst(index + 1)
        if let local = leg.local, leg.mediaOffer != .ice, local.isV6 != target.address.ip.isV6 {
            media.close(id)
            leg.local = nil
        }
        leg.flow = SIPFlow(
            target.transport, local: local(towards: target), remote: target.address, serverName: target.domain)
        let isFocus = leg.contact.parameters.contains("isfocus")
        leg.contact = contact(user: leg.contact.uri.user, on: leg.flow, isFocus: isFocus)
        let offer: SessionDescription
        do throws(LegMediaFailure) {
            offer = try self.offer(for: &leg, towards: target.address.ip)
        } catch {
            note(.warning, "\(id): \(error.text)")
            return drop(id, error.reason, at: now)
        }
        leg.invite.contacts = [leg.contact]
        dress(&leg, offer)
        learnCredentials(of: leg)
        leg.stage = .calling
        leg.deadline = leg.deadline ?? now + (leg.trunk?.settings.ringTime ?? configuration.ringTimeout)
        let isLast = leg.targets.isEmpty && leg.trunk?.hasNext != true
        leg.tryNextAt = isLast ? nil : now + (leg.trunk?.settings.firstResponse ?? configuration.timers.patience)
        guard let transaction = transactions.send(leg.invite, on: leg.flow, at: now) else {
            legs[id] = leg
            return drop(id, .failed("too many transactions"), at: now)
        }
        leg.clientInvite = transaction
        purposes[transaction] = .invite(id)
        legs[id] = leg
        return []
    }

    private func local(towards target: SIPTarget) -> SocketAddress? {
        configuration.localAddress(target.transport, target.address.ip)
    }

    /// The target that was tried does not answer, cannot be reached, or has too much to do (503): the next one is tried,
    /// if there is one and nobody has rung (RFC 3263 section 4.3).
    /// - Returns: nil when the call has nowhere else to go.
    mutating func tryNext(_ id: LegID, at now: Instant) -> [Command]? {
        guard var leg = legs[id], leg.stage == .calling, !leg.hasRung, !leg.targets.isEmpty else { return nil }
        note(.info, "\(id): \(leg.flow.remote) does not take the call, trying another")
        if let transaction = leg.clientInvite {
            transactions.cancel(transaction, at: now)
            purposes[transaction] = nil
        }
        leg.stage = .resolving
        leg.tryNextAt = nil
        leg.invite.cseq.number += 1
        forgetChallenges(of: &leg)
        legs[id] = leg
        return callNext(id, at: now)
    }

    /// A response to the INVITE of an outgoing call.
    mutating func inviteAnswered(
        _ response: SIPMessage, _ id: LegID, _ flow: SIPFlow, at now: Instant
    ) -> [Command] {
        legs[id]?.tryNextAt = nil
        guard let status = response.status, let leg = legs[id] else { return [] }
        if status == 503, let commands = tryNext(id, at: now) { return commands }
        switch status {
        case 100..<200:
            noteProvisional(response, id, at: now)
            return progressed(response, status, leg)
        case 422 where leg.stage == .calling: return callAgain(response, leg, flow, at: now)
        case 401 where leg.stage == .calling, 407 where leg.stage == .calling:
            if let commands = callWithCredentials(response, leg, at: now) { return commands }
            note(.info, "\(id): credentials are demanded by \(leg.peer.host) and there are none that it takes")
            let refused = RefusalWords.text(status, phrase: response.reasonPhrase ?? "")
            return giveUp(id, leg.trunk == nil ? .forbidden : .failed(refused), .refused, at: now)
        case 200..<300: return picked(response, leg, flow, at: now)
        default:
            guard leg.stage == .calling || leg.stage == .cancelling else { return [] }
            if status == 488, let commands = callInTheClear(id, at: now) { return commands }
            if leg.stage == .calling { note(.info, "\(id): refused with \(status)") }
            let reason = EndReason(response)
            guard let fault = TrunkFault(response) else { return drop(id, reason, at: now) }
            return giveUp(id, reason, fault, at: now)
        }
    }

    /// The peer wants a longer session interval: the same call again, if it names one (RFC 4028 section 7.4).
    private mutating func callAgain(
        _ response: SIPMessage, _ leg: SIPLeg, _ flow: SIPFlow, at now: Instant
    ) -> [Command] {
        var leg = leg
        guard leg.longerSessions < SIPLeg.mostLongerSessions,
            let policy = SessionTimer.policy(leg.timerPolicy, after: response)
        else { return drop(leg.id, .incompatible, at: now) }
        leg.longerSessions += 1
        leg.timerPolicy = policy
        leg.invite.cseq.number += 1
        for header in SessionTimer.headers(asking: policy) { leg.invite.set(header.name, header.value) }
        leg.challenges = 0
        sign(&leg.invite, in: CallKey(leg))
        if let last = leg.clientInvite { purposes[last] = nil }
        guard let transaction = transactions.send(leg.invite, on: leg.flow, at: now) else {
            return drop(leg.id, .failed("too many transactions"), at: now)
        }
        leg.clientInvite = transaction
        purposes[transaction] = .invite(leg.id)
        legs[leg.id] = leg
        return []
    }

    private mutating func progressed(_ response: SIPMessage, _ status: Int, _ leg: SIPLeg) -> [Command] {
        if status == 180 { legs[leg.id]?.trunk?.isSettled = true }
        var commands: [Command] = []
        if leg.stage == .calling, (180...183).contains(status), !leg.hasRung {
            legs[leg.id]?.hasRung = true
            commands.append(.legRinging(leg.id))
        }
        guard case .description(let early) = carried(by: response) else { return commands }
        noteEarly(early, in: response, of: leg)
        return commands + hearEarly(leg.id, early)
    }

    private mutating func noteEarly(_ early: SessionDescription, in response: SIPMessage, of leg: SIPLeg) {
        guard let dialog = DialogID(ofResponse: response) else { return }
        let known = leg.earlyAnswers[dialog]
        guard known?.isReliable != true, known != nil || leg.earlyAnswers.count < 8 else { return }
        legs[leg.id]?.earlyAnswers[dialog] = EarlyAnswer(
            answer: early, isReliable: response.reliableSequence != nil)
    }

    private mutating func picked(
        _ response: SIPMessage, _ leg: SIPLeg, _ flow: SIPFlow, at now: Instant
    ) -> [Command] {
        guard let id = DialogID(ofResponse: response) else {
            guard leg.dialog == nil else { return [] }
            acknowledgeAndEnd(response, flow, at: now)
            return drop(leg.id, .failed("no dialog"), at: now)
        }
        if leg.dialog == id {
            acknowledge(response, in: id)
            return []
        }
        guard leg.dialog == nil, leg.stage == .calling else {
            // Another branch of a fork answered too (RFC 3261 section 13.2.2.4), or CANCEL came too late.
            forgetEarlyDialogs(of: leg)
            acknowledgeAndEnd(response, flow, at: now)
            return leg.stage == .cancelling ? forget(leg.id, at: now) : []
        }
        guard let dialog = establish(response, leg, id) else {
            acknowledgeAndEnd(response, flow, at: now)
            return drop(leg.id, .failed("no dialog"), at: now)
        }
        var leg = leg
        if flow.transport == leg.flow.transport { leg.flow.connection = flow.connection }
        dialogs[id] = SIPDialogEntry(dialog: dialog, flow: leg.flow, contact: leg.contact, leg: leg.id)
        dialogs[id]?.keepAlive = SIPAdapter.keepAlive(grantedBy: response)
        let ourOffer = leg.ourOffer
        leg.ourOffer = nil
        leg.dialog = id
        leg.earlyDialogs = [:]
        let early = leg.earlyAnswers[id]
        leg.earlyAnswers = [:]
        leg.stage = .up
        leg.timer = SessionTimer(asked: leg.timerPolicy, answer: response, at: now)
        leg.longerSessions = 0
        leg.challenges = 0
        leg.allowsUpdate = response.allow?.contains(.update) ?? false
        leg.takesFromChange = response.supported.contains("from-change")
        leg.deadline = nil
        leg.text.learn(from: response)
        legs[leg.id] = leg
        acknowledge(response, in: id)
        let answered: [Command] =
            (leg.isRoom && leg.text.isTaken ? [.legTakesText(leg.id)] : []) + [.legAnswered(leg.id)]
        guard let ourOffer else { return answered }
        if let change = early?.change {
            let commands = settle(leg.id, change.agreed, peer: change.offer, ours: change.ours)
            if let leg = legs[leg.id], leg.described?.direction != leg.owed { legs[leg.id]?.reinviteAt = now }
            return answered + commands
        }
        let result =
            if response.body.isEmpty, let early {
                conclude(leg.id, ourOffer, early.answer)
            } else {
                conclude(leg.id, ourOffer, response)
            }
        switch result {
        case .success(let commands):
            if ourOffer.direction != leg.willing { legs[leg.id]?.reinviteAt = now }
            return answered + commands
        case .failure(let failure):
            note(.info, "\(leg.id): \(failure.text)")
            return end(leg.id, failure.reason, at: now) + [.legEnded(leg.id, failure.reason)]
        }
    }

    /// A 2xx that nobody waits for: the ACK of an earlier one was lost, or nobody wants it any more and it is
    /// acknowledged and ended. A Contact that is not SIP is ignored.
    mutating func acknowledgeAndEnd(_ response: SIPMessage, _ flow: SIPFlow, at now: Instant) {
        var response = response
        response.contacts.removeAll { !$0.uri.isSIP }
        let target = response.contacts.first?.uri ?? response.to.uri
        let request = SIPMessage(
            .invite, target, from: response.from, to: response.to, callID: response.callID,
            sequence: response.cseq.number)
        guard let dialog = Dialog(calling: request, response: response) else {
            let ack = SIPMessage(
                .ack, target, from: response.from, to: response.to, callID: response.callID,
                sequence: response.cseq.number)
            return transactions.sendAcknowledgement(ack, on: flow)
        }
        let id = dialog.id
        guard dialogs[id] == nil else { return acknowledge(response, in: id) }
        dialogs[id] = SIPDialogEntry(dialog: dialog, flow: flow, contact: NameAddress(target))
        acknowledge(response, in: id)
        send(.bye, in: id, for: .nothing, at: now)
        dialogs[id] = nil
    }
}
