import Conference
import MediaDescription
import Primitives
import SIP

/// Calls that arrive, up to their ACK.
extension SIPAdapter {
    mutating func invite(
        _ request: SIPMessage, _ id: ServerTransactionID, _ flow: SIPFlow, isRoom: Bool, from identity: Identity,
        by entry: LineEntry? = nil, _ conference: Conference, at now: Instant
    ) -> [Command] {
        guard let uri = request.requestURI, let tag = transactions.tag(of: id) else { return [] }
        guard hasRoom(legs.count, of: configuration.maximumLegs, callers, on: flow) else {
            reply(request, id, 503, headers: [SIPHeader("Retry-After", "10")], at: now)
            return []
        }
        guard let dialog = Dialog(answering: request, tag: tag) else {
            reply(request, id, 400, "No Contact", at: now)
            return []
        }
        guard !isLoop(request, uri, conference) else {
            complain("a call of ours came back from \(flow.remote)", at: now)
            reply(request, id, 482, at: now)
            return []
        }
        let target: InviteTarget
        do throws(TargetRefusal) {
            target = try self.target(of: request, uri, isRoom: isRoom, by: entry, conference)
        } catch {
            reply(request, id, error.status, error.reason, headers: error.headers, at: now)
            return []
        }
        if target.isMaker, configuration.redirectsFactory, let room = target.room {
            var response = request.response(302, tag: tag)
            response.contacts = [contact(user: target.user, on: flow, isFocus: true, scheme: uri.scheme)]
            response.set("Server", configuration.software)
            transactions.respond(response, to: id, at: now)
            return [.reserveRoom(room, for: identity.address)]
        }
        guard refreshed(by: request, id, at: now) != nil else { return [] }
        var offer: SessionDescription?
        switch carried(by: request) {
        case .nothing: break
        case .description(let description):
            if case .unsupported(let error) = Negotiation.transportKind(
                of: description, capabilities: configuration.capabilities)
            {
                reply(request, id, 488, headers: [SIPAdapter.warning(error)], at: now)
                complain("refused a call from \(flow.remote): \(error)", at: now)
                return []
            }
            let protection = Negotiation.protection(of: description, capabilities: configuration.capabilities)
            if let failure = tooWeak(protection ?? .none, on: flow) {
                reply(request, id, 488, headers: failure.headers, at: now)
                complain("refused a call from \(flow.remote): \(failure.text)", at: now)
                return []
            }
            offer = description
        case .refused(let status, let reason, let headers):
            reply(request, id, status, reason, headers: headers, at: now)
            return []
        }
        let caller = identity.address
        var leg = SIPLeg(
            id: newLeg(), isIncoming: true, stage: .offered(id), invite: request, flow: flow,
            contact: contact(user: target.user, on: flow, isFocus: target.isRoom, scheme: uri.scheme),
            isRoom: target.isRoom, peer: caller,
            dialog: dialog.id, sessionID: entropy.u64() >> 2)
        leg.offer = offer
        leg.mediaOffer = configuration.security.offer
        leg.text.learn(from: request)
        leg.allowsUpdate = request.allow?.contains(.update) ?? false
        leg.takesFromChange = request.supported.contains("from-change")
        leg.timerPolicy = configuration.sessionTimer
        if let room = target.room {
            leg.invitations = target.invitees.map { invitee in
                Invitation(
                    id: nil, room: room,
                    target: invitee.address(on: flow, conference.configuration.talkDomain),
                    displayName: invitee.displayName, by: .leg(leg.id))
            }
        }
        let source = flow.remote.ip.unmapped
        leg.source = source
        callers.take(source)
        legs[leg.id] = leg
        if let offer { media.offered(leg.id, offer.soundCodecs) }
        offers[id] = leg.id
        dialogs[dialog.id] = SIPDialogEntry(dialog: dialog, flow: flow, contact: leg.contact, leg: leg.id)
        if let line = entry?.line {
            legs[leg.id]?.line = line
            learnCredentials(of: leg, cameBy: line)
        }
        note(.info, "\(leg.id): \(caller) calls \(PeerAddress(uri)) from \(flow.remote)")
        var call = IncomingCall(
            caller: caller, displayName: identity.displayName, callee: target.callee,
            takesText: target.isRoom && leg.text.isTaken)
        call.isMaker = target.isMaker
        call.isAuthenticated = identity.isAuthenticated
        call.account = identity.account
        call.origin = flow.remote.ip.unmapped.description
        call.replaces = target.replaces
        call.line = entry?.line
        call.diversions = diversions(of: request)
        if target.replaces != nil {
            call.referredBy = request.header("Referred-By").flatMap { NameAddress($0) }.map { PeerAddress($0.uri) }
        }
        call.hops = request.maxForwards
        call.languages = request.acceptLanguages
        return [.legOffered(leg.id, call)]
    }

    /// The domain rings the callee, or for the callee.
    mutating func ring(_ id: LegID, at now: Instant) -> [Command] {
        guard let leg = legs[id], case .offered(let transaction) = leg.stage else { return [] }
        var response = leg.invite.response(180, tag: transactions.tag(of: transaction))
        response.contacts = [leg.contact]
        response.headers += abilities(isRoom: leg.isRoom)
        response.set("Server", configuration.software)
        if leg.offer == nil, leg.invite.require.contains("100rel") {
            // A reliable one would have to carry the offer (RFC 3262 section 5), and another may not be sent.
            return []
        }
        if leg.offer != nil, leg.reliable == nil, (leg.invite.require + leg.invite.supported).contains("100rel") {
            let reliable = ReliableProvisional(
                response, transaction, sequence: entropy.u32() >> 2 | 1, timers: configuration.timers, at: now)
            legs[id]?.reliable = reliable
            response = reliable.response
        }
        transactions.respond(response, to: transaction, at: now)
        return []
    }

    /// The domain answers: 200 with our answer, or with our offer if the INVITE had none.
    mutating func accept(_ id: LegID, at now: Instant) -> [Command] {
        guard var leg = legs[id], case .offered(let transaction) = leg.stage, let dialog = leg.dialog else { return [] }
        let description: SessionDescription
        var settled: (AgreedMedia, SessionDescription)?
        do throws(LegMediaFailure) {
            if let offer = leg.offer {
                let (answer, agreed) = try self.answer(offer, for: &leg)
                description = answer
                settled = (agreed, offer)
            } else {
                description = try offer(for: &leg, towards: leg.flow.remote.ip)
            }
        } catch {
            legs[id] = leg
            note(.info, "\(id): \(error.text)")
            return end(id, error.reason, at: now) + [.legEnded(id, error.reason)]
        }
        leg.stage = .answered
        leg.reliable?.stop()
        offers[transaction] = nil
        answer(leg.invite, transaction, &leg, description, at: now)
        legs[id] = leg
        dialogs[dialog]?.dialog.confirm()
        if let (agreed, offer) = settled { settle(id, agreed, peer: offer, ours: description) }
        return []
    }

    /// Sends a 2xx with a description, and sees to it that it is repeated until its ACK.
    mutating func answer(
        _ request: SIPMessage, _ transaction: ServerTransactionID, _ leg: inout SIPLeg,
        _ description: SessionDescription, at now: Instant
    ) {
        var response = request.response(200, tag: transactions.tag(of: transaction))
        response.contacts = [leg.contact]
        response.headers += abilities(isRoom: leg.isRoom)
        response.set("Server", configuration.software)
        if let timer = try? SessionTimer.answer(request, configuration.sessionTimer, at: now) {
            response.headers += timer.headers
            leg.timer = timer.timer
        }
        response.setBody(Array(SDP.write(description).utf8), type: "application/sdp")
        transactions.respond(response, to: transaction, at: now)
        leg.unacknowledged = UnacknowledgedAnswer(response, transaction, timers: configuration.timers, at: now)
    }

    /// The ACK to a 2xx of ours: the answer may be in it.
    mutating func acknowledged(_ ack: SIPMessage, _ flow: SIPFlow, at now: Instant) -> [Command] {
        guard let dialog = DialogID(ofRequest: ack), let id = dialogs[dialog]?.leg, var leg = legs[id],
            leg.unacknowledged?.isAcknowledged(by: ack) == true
        else { return [] }
        leg.unacknowledged = nil
        let ourOffer = leg.ourOffer
        leg.ourOffer = nil
        legs[id] = leg
        if case .ending(let reason) = leg.stage {
            sendBye(id, reason, at: now)
            return forget(id, at: now)
        }
        let wasAnswered = leg.stage == .answered
        legs[id]?.stage = .up
        var commands: [Command] = []
        if let ourOffer {
            switch conclude(id, ourOffer, ack) {
            case .success(let more): commands = more
            case .failure(let failure):
                note(.info, "\(id): \(failure.text)")
                if wasAnswered { return end(id, failure.reason, at: now) + [.legEnded(id, failure.reason)] }
            }
        }
        if let leg = legs[id] {
            // An offer of ours says what we are willing in, whatever the peer made of it; an answer what both are.
            let isOutdated = ourOffer.map { $0.direction != leg.willing } ?? (leg.described?.direction != leg.owed)
            if isOutdated { legs[id]?.reinviteAt = now }
        }
        guard wasAnswered else { return commands }
        let wanted = legs[id]?.wanted ?? .sendrecv
        let invitations = legs[id]?.invitations ?? []
        legs[id]?.invitations = []
        return [.legAnswered(id)] + (wanted == .sendrecv ? [] : [.legDirection(id, wanted)])
            + invitations.map { .invite($0) }
    }

    /// CANCEL of a call that has no final response yet.
    mutating func cancelled(_ transaction: ServerTransactionID, at now: Instant) -> [Command] {
        guard let id = offers[transaction], let leg = legs[id] else { return [] }
        reply(leg.invite, transaction, 487, at: now)
        note(.info, "\(id): cancelled by the caller")
        return drop(id, .cancelled, at: now)
    }

    mutating func bye(
        _ request: SIPMessage, _ transaction: ServerTransactionID, _ id: LegID, at now: Instant
    ) -> [Command] {
        reply(request, transaction, 200, at: now)
        guard let leg = legs[id] else { return [] }
        if case .offered(let invite) = leg.stage { reply(leg.invite, invite, 487, at: now) }
        note(.info, "\(id): ended by the peer")
        let reason = Q850Cause(in: request)?.words.map { EndReason.failed($0) } ?? .hangup
        // It may not end an early dialog (RFC 3261 section 15), but means that it will not answer.
        if leg.stage == .calling { return end(id, reason, at: now) + [.legEnded(id, reason)] }
        return drop(id, reason, at: now)
    }
}
