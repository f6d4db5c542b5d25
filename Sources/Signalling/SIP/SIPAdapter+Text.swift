import Conference
import Primitives
import SIP

/// Text from phones: MESSAGE (RFC 3428), plain or as CPIM (RFC 3862).
extension SIPAdapter {
    /// MESSAGE outside a dialog, to a room or to one in it.
    mutating func text(
        _ request: SIPMessage, _ id: ServerTransactionID, _ flow: SIPFlow, _ destination: DialPlan.Destination,
        _ conference: Conference, at now: Instant
    ) -> [Command] {
        switch destination {
        case .room(let room):
            return submit(
                request, id, flow, room, from: identity(of: request, on: flow).address, leg: nil, conference, at: now)
        case .refused(let reason): reply(request, id, reason.status, at: now)
        case .peer: reply(request, id, 405, headers: [SIPHeader("Allow", SIPAdapter.peerMethods)], at: now)
        }
        return []
    }

    /// MESSAGE inside the dialog of a call.
    mutating func text(
        _ request: SIPMessage, _ id: ServerTransactionID, _ flow: SIPFlow, inCall leg: LegID, _ conference: Conference,
        at now: Instant
    ) -> [Command] {
        guard let found = legs[leg], let room = conference.room(of: leg) else {
            reply(request, id, 480, at: now)
            return []
        }
        return submit(request, id, flow, room, from: found.peer, leg: leg, conference, at: now)
    }

    private mutating func submit(
        _ request: SIPMessage, _ id: ServerTransactionID, _ flow: SIPFlow, _ room: RoomName, from sender: PeerAddress,
        leg: LegID?, _ conference: Conference, at now: Instant
    ) -> [Command] {
        guard request.body.count <= configuration.maximumText else {
            reply(request, id, 413, at: now)
            return []
        }
        guard let content = Content(of: request) else {
            reply(request, id, 415, headers: [SIPHeader("Accept", SIPAdapter.textTypes)], at: now)
            return []
        }
        let gr = request.requestURI?.gr ?? request.to.uri.gr
        let audience = content.audience(room, gr: gr, conference)
        let submission = Submission(
            id: newSubmission(), room: room, sender: sender, leg: leg, via: .sip, audience: audience,
            body: content.body, clientID: content.messageID)
        submissions[submission.id] = PendingSubmission(request: request, transaction: id, flow: flow, leg: leg)
        return [.submit(submission)]
    }

    /// The domain's word on a text decides the answer to its MESSAGE.
    mutating func submitted(_ id: SubmissionID, _ outcome: SubmissionOutcome, at now: Instant) -> [Command] {
        guard let pending = submissions.removeValue(forKey: id) else { return [] }
        switch outcome {
        case .accepted: reply(pending.request, pending.transaction, 200, at: now)
        case .refused(let refusal):
            let (status, reason) = refusal.response
            reply(pending.request, pending.transaction, status, reason, at: now)
        case .reply(let text):
            reply(pending.request, pending.transaction, 200, at: now)
            answer(pending, with: text, at: now)
        }
        return []
    }

    /// What a text that came as MESSAGE says, and to whom.
    struct Content {
        var body: String
        var to: CPIMMessage.Address?
        var messageID: String?

        /// Nil for a type that is not taken.
        init?(of request: SIPMessage) {
            switch request.mediaType ?? "text/plain" {
            case "text/plain":
                guard Content.isUTF8(request.contentType?.charset) else { return nil }
                body = String(decoding: request.body, as: UTF8.self)
            case "message/cpim":
                guard let message = CPIMMessage(parsing: request.body), message.contentType == "text/plain",
                    Content.isUTF8(message.charset)
                else { return nil }
                body = String(decoding: message.content, as: UTF8.self)
                to = message.to.first
                messageID = message.messageID
            default: return nil
            }
        }

        private static func isUTF8(_ charset: String?) -> Bool {
            ["utf-8", "utf8", "us-ascii"].contains(charset ?? "utf-8")
        }

        /// By `gr`, of the MESSAGE or of the CPIM `To` (RFC 7247 section 6), or by name or address in the CPIM `To`.
        func audience(_ room: RoomName, gr: String?, _ conference: Conference) -> Submission.Audience {
            if let gr, !gr.isEmpty { return .named(gr) }
            guard let to else { return .everyone }
            if let uri = SIPURI(to.uri), uri.isSIP {
                if let gr = uri.gr, !gr.isEmpty { return .named(gr) }
                guard conference.dialPlan.destination(of: PeerAddress(uri)) == .room(room) else {
                    return .address(PeerAddress(uri))
                }
                let isSomebody = conference.room(room)?.participants.contains { $0.name == to.name } ?? false
                return isSomebody ? .named(to.name ?? "") : .everyone
            }
            if to.uri.lowercased().hasPrefix("xmpp:") {
                let address = to.uri.dropFirst(5).prefix { $0 != "/" && $0 != "?" }
                let parts = address.split(separator: "@", maxSplits: 1)
                if parts.count == 2 {
                    return .address(PeerAddress(.xmpp, user: String(parts[0]), host: parts[1].lowercased()))
                }
            }
            return .named(to.name ?? to.uri)
        }
    }
}
