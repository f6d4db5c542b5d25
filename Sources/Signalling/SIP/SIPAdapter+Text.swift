import Conference
import Primitives
import SIP

/// Text from phones: MESSAGE (RFC 3428), plain or as CPIM (RFC 3862).
extension SIPAdapter {
    /// MESSAGE outside a dialog, to a room or to one in it.
    mutating func text(
        _ request: SIPMessage, _ id: ServerTransactionID, _ flow: SIPFlow, _ destination: DialPlan.Destination,
        from identity: Identity, by entry: LineEntry?, _ conference: Conference, at now: Instant
    ) -> [Command] {
        switch destination {
        case .room(let room):
            let sender = identity.address
            let leg = call(of: sender, on: flow)
            guard leg != nil || identity.isAuthenticated || !wantsProof else {
                reply(request, id, 403, "Write from where you call", at: now)
                return []
            }
            return submit(request, id, flow, room, from: identity, leg: leg, conference, at: now)
        case .refused(let reason): reply(request, id, reason.status, reason.phrase, at: now)
        case .peer: return instant(request, id, flow, from: identity, by: entry, at: now, conference)
        }
        return []
    }

    /// MESSAGE inside the dialog of a call.
    mutating func text(
        _ request: SIPMessage, _ id: ServerTransactionID, _ flow: SIPFlow, inCall leg: LegID, _ conference: Conference,
        at now: Instant
    ) -> [Command] {
        if let commands = callText(request, id, flow, inCall: leg, conference) { return commands }
        guard let found = legs[leg] else {
            reply(request, id, 480, at: now)
            return []
        }
        guard let room = conference.room(of: leg) else {
            return instant(request, id, flow, inCall: found, conference, at: now)
        }
        return submit(request, id, flow, room, from: Identity(address: found.peer), leg: leg, conference, at: now)
    }

    private mutating func submit(
        _ request: SIPMessage, _ id: ServerTransactionID, _ flow: SIPFlow, _ room: RoomName, from identity: Identity,
        leg: LegID?, _ conference: Conference, at now: Instant
    ) -> [Command] {
        let content: MessageContent
        do throws(MessageProblem) {
            content = try MessageContent(of: request, limit: configuration.maximumText)
        } catch {
            reply(request, id, error.status, error.reason, headers: error.headers, at: now)
            return []
        }
        let sender = identity.address
        let audience = content.audience(room, gr: request.requestURI?.gr ?? request.to.uri.gr, conference)
        switch content.part {
        case .text(let body):
            if content.isCPIM, let leg { legs[leg]?.text.speaksCPIM = true }
            var submission = Submission(
                id: newSubmission(), room: room, sender: sender, leg: leg, via: .sip, audience: audience,
                body: body, clientID: content.messageID)
            submission.isAuthenticated = identity.isAuthenticated
            submission.origin = flow.remote.ip.unmapped.description
            submission.wanted = content.wanted
            submission.envelope = content.envelope
            submissions[submission.id] = PendingSubmission(request: request, transaction: id, flow: flow, leg: leg)
            return [.submit(submission)]
        case .composing(let composing):
            reply(request, id, 200, at: now)
            return [
                .composing(
                    Composing(
                        room: room, writer: sender, leg: leg, via: .sip, audience: audience,
                        isActive: composing.isActive, lasts: .seconds(Int64(composing.refresh ?? 120))))
            ]
        case .notification(let notification):
            reply(request, id, 200, at: now)
            guard let status = notification.status else { return [] }
            return [
                .report(
                    MessageReport(
                        room: room, messageID: notification.messageID, status: status, reporter: sender,
                        leg: leg, via: .sip))
            ]
        }
    }

    /// The call, with a room, of the phone that writes outside of it: of whom it says that it is, from the same place.
    func call(of sender: PeerAddress, on flow: SIPFlow) -> LegID? {
        guard sender.identifiesPerson else { return nil }
        return legs.values.values.lazy.filter {
            $0.isLive && $0.isRoom && $0.flow.remote == flow.remote && $0.peer.bare == sender.bare
        }.map(\.id).min()
    }

    /// The domain's word on a text decides the answer to its MESSAGE: 202 for what others read later (RFC 3428 section 7).
    mutating func submitted(_ id: SubmissionID, _ outcome: SubmissionOutcome, at now: Instant) -> [Command] {
        guard let pending = submissions.removeValue(forKey: id) else { return [] }
        switch outcome {
        case .accepted: reply(pending.request, pending.transaction, 202, at: now)
        case .refused(let refusal):
            let (status, reason) = refusal.response
            let headers = refusal == .tooMany ? [SIPHeader("Retry-After", "1")] : []
            reply(pending.request, pending.transaction, status, reason, headers: headers, at: now)
        case .reply(let text):
            reply(pending.request, pending.transaction, 200, at: now)
            answer(pending, with: text, at: now)
        }
        return []
    }
}
