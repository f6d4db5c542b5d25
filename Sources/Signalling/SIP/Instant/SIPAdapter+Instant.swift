import Conference
import Primitives
import SIP

/// MESSAGE to somebody on the other side of the gateway (RFC 7572 section 5, RFC 7573 section 5).
extension SIPAdapter {
    /// Outside of any dialog; said in the call where the phone has one with whom it writes to.
    mutating func instant(
        _ request: SIPMessage, _ id: ServerTransactionID, _ flow: SIPFlow, from identity: Identity,
        by entry: LineEntry?,
        at now: Instant, _ conference: Conference
    ) -> [Command] {
        guard let uri = request.requestURI else { return [] }
        let recipient = entry?.callee ?? PeerAddress(uri)
        var message = InstantMessage(id: newSubmission(), from: identity.address, to: recipient, .text(InstantText("")))
        message.displayName = identity.displayName
        message.isAuthenticated = identity.isAuthenticated
        message.origin = flow.remote.ip.unmapped.description
        message.line = entry?.line
        message.leg = bridgedCall(of: identity.address, on: flow, with: recipient, conference)
        var reader: PeerAddress?
        if mayCross(message, conference) { reader = self.reader(identity, on: flow, conference) }
        return instant(request, id, flow, message, from: reader, at: now)
    }

    /// Inside the dialog of a bridged call.
    mutating func instant(
        _ request: SIPMessage, _ id: ServerTransactionID, _ flow: SIPFlow, inCall leg: SIPLeg,
        _ conference: Conference, at now: Instant
    ) -> [Command] {
        let recipient = PeerAddress(leg.isIncoming ? leg.invite.to.uri : leg.invite.from.uri)
        var message = InstantMessage(id: newSubmission(), from: leg.peer, to: recipient, .text(InstantText("")))
        message.displayName = request.from.displayName
        message.origin = flow.remote.ip.unmapped.description
        message.leg = leg.id
        // Whom we called is who was meant; who called is whom it says, where that was proven.
        let identity = Identity(
            address: leg.peer, isAuthenticated: isTrusted(flow) || wantsProof && account(at: leg.peer) != nil)
        let reader = leg.isIncoming ? self.reader(identity, on: flow, conference) : leg.peer
        return instant(request, id, flow, message, from: reader, at: now)
    }

    /// - Parameter reader: whose phone shows by it what it reads; nil where it need not be that one's.
    private mutating func instant(
        _ request: SIPMessage, _ id: ServerTransactionID, _ flow: SIPFlow, _ message: InstantMessage,
        from reader: PeerAddress?, at now: Instant
    ) -> [Command] {
        let content: MessageContent
        do throws(MessageProblem) {
            content = try MessageContent(of: request, limit: configuration.maximumText)
        } catch {
            reply(request, id, error.status, error.reason, headers: error.headers, at: now)
            return []
        }
        var message = message
        if content.isCPIM {
            if let leg = message.leg { legs[leg]?.text.speaksCPIM = true }
            if let reader { readers.learn(reader) { $0.cpim = true } }
        }
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
            if let reader { readers.learn(reader) { $0.composing = true } }
            if let leg = message.leg { legs[leg]?.text.writesComposing = true }
            message.content = .composing(
                isActive: composing.isActive, lasts: .seconds(Int64(composing.refresh ?? 120)))
        case .notification(let notification):
            reply(request, id, 200, at: now)
            guard let status = notification.status else { return [] }
            message.content = .report(status, of: notification.messageID)
        }
        return [.instant(message)]
    }

    /// Whether somebody may write to whom it writes.
    private func mayCross(_ message: InstantMessage, _ conference: Conference) -> Bool {
        if message.leg != nil { return true }
        let link = conference.presenceLink(
            from: message.sender, to: message.recipient, isAuthenticated: message.isAuthenticated,
            origin: message.origin)
        if case .success = link { return true }
        return false
    }

    /// To whom a text back would go, where it is sure that this is who writes: it was proven, or it comes from the very
    /// host to which the routes lead. Anybody can write any address.
    private func reader(_ identity: Identity, on flow: SIPFlow, _ conference: Conference) -> PeerAddress? {
        if identity.isAuthenticated { return identity.address }
        let there = conference.dialPlan.caller(identity.address.bare, seenFrom: .xmpp)
        guard case .peer(let target) = conference.dialPlan.destination(of: there), target.network == .sip,
            let host = IPAddress(target.hostName), host.unmapped == flow.remote.ip.unmapped
        else { return nil }
        return target
    }

    /// The bridged call of the phone that writes outside of it, from the same place, to whom it talks to. Many may be
    /// behind one place, an exchange: who was called there is known by the number.
    private func bridgedCall(
        of sender: PeerAddress, on flow: SIPFlow, with recipient: PeerAddress, _ conference: Conference
    ) -> LegID? {
        let plan = conference.configuration.numbers
        return legs.values.values.lazy.filter {
            $0.isLive && !$0.isRoom && $0.flow.remote == flow.remote
                && ($0.isIncoming ? $0.peer.bare == sender.bare : SIPAdapter.isSame(sender.user, $0.peer.user, plan))
                && conference.isInCall($0.id, with: recipient)
        }.map(\.id).min()
    }

    /// Whether two user parts are one number or name. A number is written with `+` or an area code here, without there: from
    /// seven digits on the last ones count.
    static func isSame(_ one: String, _ other: String, _ plan: NumberPlan) -> Bool {
        let (one, other) = (plan.normal(one), plan.normal(other))
        if one == other { return true }
        guard let one = digits(one), let other = digits(other) else { return false }
        return one == other || min(one.count, other.count) >= 7 && (one.hasSuffix(other) || other.hasSuffix(one))
    }

    /// Those of a number, without what stands for a foreign or distant one; nil of a name.
    private static func digits(_ user: String) -> Substring? {
        let digits = user.hasPrefix("+") ? user.dropFirst() : user[...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        let rest = digits.drop { $0 == "0" }
        return rest.count >= 7 ? rest : digits
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
