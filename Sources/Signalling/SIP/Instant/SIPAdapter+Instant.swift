import Conference
import Primitives
import SIP

/// MESSAGE to somebody on the other side of the gateway (RFC 7572 section 5, RFC 7573 section 5).
extension SIPAdapter {
    /// Outside of any dialog; said in the call where the phone has one with whom it writes to.
    mutating func instant(
        _ request: SIPMessage, _ id: ServerTransactionID, _ flow: SIPFlow, from identity: Identity, at now: Instant,
        _ conference: Conference
    ) -> [Command] {
        guard let uri = request.requestURI else { return [] }
        let recipient = PeerAddress(uri)
        var message = InstantMessage(id: newSubmission(), from: identity.address, to: recipient, .text(InstantText("")))
        message.displayName = identity.displayName
        message.isAuthenticated = identity.isAuthenticated
        message.origin = flow.remote.ip.unmapped.description
        message.leg = bridgedCall(of: identity.address, on: flow, with: recipient, conference)
        return instant(request, id, flow, message, at: now)
    }

    /// Inside the dialog of a bridged call.
    mutating func instant(
        _ request: SIPMessage, _ id: ServerTransactionID, _ flow: SIPFlow, inCall leg: SIPLeg, at now: Instant
    ) -> [Command] {
        let recipient = PeerAddress(leg.isIncoming ? leg.invite.to.uri : leg.invite.from.uri)
        var message = InstantMessage(id: newSubmission(), from: leg.peer, to: recipient, .text(InstantText("")))
        message.displayName = request.from.displayName
        message.origin = flow.remote.ip.unmapped.description
        message.leg = leg.id
        return instant(request, id, flow, message, at: now)
    }

    private mutating func instant(
        _ request: SIPMessage, _ id: ServerTransactionID, _ flow: SIPFlow, _ message: InstantMessage, at now: Instant
    ) -> [Command] {
        let content: MessageContent
        do throws(MessageProblem) {
            content = try MessageContent(of: request, limit: configuration.maximumText)
        } catch {
            reply(request, id, error.status, error.reason, headers: error.headers, at: now)
            return []
        }
        var message = message
        if content.isCPIM { learnCPIM(message) }
        switch content.part {
        case .text(let body):
            var text = InstantText(body, clientID: content.messageID)
            text.wanted = content.wanted
            text.subject = content.envelope.subjects.first.map(SIPAdapter.withoutLanguage) ?? request.header("Subject")
            text.thread = request.callID.utf8.count <= 256 ? request.callID : nil
            text.language = request.header("Content-Language").flatMap(SIPAdapter.language)
            message.content = .text(text)
            submissions[message.id] = PendingSubmission(
                request: request, transaction: id, flow: flow, leg: message.leg)
        case .composing(let composing):
            reply(request, id, 200, at: now)
            readers.learn(message.sender) { $0.composing = true }
            if let leg = message.leg { legs[leg]?.text.writesComposing = true }
            message.content = .composing(
                isActive: composing.isActive, lasts: .seconds(Int64(composing.refresh ?? 120)))
        case .notification(let notification):
            reply(request, id, 200, at: now)
            message.content = .report(notification.status, of: notification.messageID)
        }
        return [.instant(message)]
    }

    private mutating func learnCPIM(_ message: InstantMessage) {
        if let leg = message.leg { legs[leg]?.text.speaksCPIM = true }
        readers.learn(message.sender) { $0.cpim = true }
    }

    /// The bridged call of the phone that writes outside of it, from the same place, to whom it talks to.
    private func bridgedCall(
        of sender: PeerAddress, on flow: SIPFlow, with recipient: PeerAddress, _ conference: Conference
    ) -> LegID? {
        legs.values.values.lazy.filter {
            $0.isLive && !$0.isRoom && $0.flow.remote == flow.remote && (!$0.isIncoming || $0.peer.bare == sender.bare)
                && conference.isInCall($0.id, with: recipient)
        }.map(\.id).min()
    }

    /// A Subject of CPIM without the language that may stand in front (RFC 3862 section 4.5).
    private static func withoutLanguage(_ subject: String) -> String {
        guard subject.hasPrefix(";") else { return subject }
        return subject.firstIndex(of: " ").map { String(subject[subject.index(after: $0)...]) } ?? ""
    }

    /// The one tag of a Content-Language, where it is one.
    static func language(_ header: String) -> String? {
        let tag = header.split(separator: ",").first.map { $0.filter { $0 != " " } } ?? ""
        let isTag =
            (1...35).contains(tag.utf8.count)
            && tag.utf8.allSatisfy {
                $0 == UInt8(ascii: "-") || ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7a || (0x30...0x39).contains($0)
            }
        return isTag ? tag : nil
    }
}
