import Conference
import Primitives
import XMPP

extension XMPPAdapter {
    /// Namespaces of bodies that only their addressee's keys open.
    private static let encryptions: Set<String> = [
        "eu.siacs.conversations.axolotl", "urn:xmpp:omemo:1", "urn:xmpp:omemo:2", "urn:xmpp:openpgp:0",
        "jabber:x:encrypted",
    ]

    /// A message that is not about a call: text to a contact, or to a room as a MUC.
    mutating func receiveMessage(
        _ message: XMLElement, _ from: JID, _ target: XMPPTarget, _ wall: WallTime
    ) -> [Command] {
        if message.type == "error" {
            switch target {
            case .room(let room), .occupant(let room, _): return bounced(message, from, room)
            default: return []
            }
        }
        if !message.children(in: Namespace.jingleMessage).isEmpty {
            refuse(message, StanzaError(.serviceUnavailable, "No calls here."))
            return []
        }
        switch (target, message.type) {
        case (_, "headline"): return []
        case (.contact(let room, _), nil), (.contact(let room, _), "chat"), (.contact(let room, _), "normal"):
            return text(message, from, room, via: .talk, audience: .everyone)
        case (.room(let room), "groupchat"):
            return retraction(message, from, room, wall) ?? groupchat(message, from, room)
        case (.occupant(_, _), "groupchat"): refuse(message, StanzaError(.badRequest))
        case (.occupant(let room, let nick), _) where message.child("x", Namespace.directInvitation) != nil:
            return directInvitation(message, from, room, nick)
        case (.occupant(let room, let nick), _):
            return text(message, from, room, via: .muc, audience: .named(nick))
        case (.room(let room), _) where message.child("x", Namespace.mucUser) != nil:
            return mediated(message, from, room)
        case (.room, _) where message.body == nil: break
        case (.room, _): refuse(message, StanzaError(.featureNotImplemented))
        case (.number, _) where message.body != nil:
            refuse(message, StanzaError(.featureNotImplemented, "No messages to numbers."))
        case (_, _) where message.body != nil: refuse(message, StanzaError(.serviceUnavailable))
        default: break
        }
        return []
    }

    /// A subject (XEP-0045 section 8.1), or a text for everyone (section 7.4).
    private mutating func groupchat(_ message: XMLElement, _ from: JID, _ room: RoomName) -> [Command] {
        guard let subject = message.child("subject", Namespace.client), message.child("body", Namespace.client) == nil
        else { return text(message, from, room, via: .muc, audience: .everyone) }
        return [.mucSubject(texts.add(message), room, occupant: PeerAddress(from), subject: subject.text)]
    }

    /// Hands a text to the domain, or what is said about one: receipts, markers, chat states.
    private mutating func text(
        _ message: XMLElement, _ from: JID, _ room: RoomName, via: TextPath, audience: Submission.Audience
    ) -> [Command] {
        guard message.elements.allSatisfy({ !XMPPAdapter.encryptions.contains($0.namespace) }) else {
            refuse(message, StanzaError(.notAcceptable, "Encrypted messages cannot be read here.", type: .cancel))
            return []
        }
        guard let body = message.body else { return signals(message, from, room, via: via, audience: audience) }
        guard body.utf8.count <= configuration.maximumBody else {
            note(.info, "refused a text of \(body.utf8.count) bytes from \(from)")
            refuse(message, StanzaError(.policyViolation, "The message is too long."))
            return []
        }
        var submission = Submission(
            id: texts.add(message), room: room, sender: PeerAddress(from), via: via, audience: audience,
            body: body, clientID: message.id.flatMap { $0.isEmpty || $0.utf8.count > 256 ? nil : $0 })
        if message.type != "groupchat" {
            if Receipt.isRequested(by: message) { submission.wanted.formUnion([.delivered, .failed]) }
            if ChatMarker.isRequested(by: message) { submission.wanted.insert(.displayed) }
        }
        return [.submit(submission)]
    }

    /// What a message without a body says: a receipt (XEP-0184), a marker (XEP-0333) or a chat state (XEP-0085).
    private func signals(
        _ message: XMLElement, _ from: JID, _ room: RoomName, via: TextPath, audience: Submission.Audience
    ) -> [Command] {
        let writer = PeerAddress(from)
        if message.child("delay", Namespace.delay) != nil { return [] }
        for (name, namespace, status) in [
            ("received", Namespace.receipts, MessageStatus.delivered),
            ("displayed", Namespace.chatMarkers, MessageStatus.displayed),
        ] {
            if let id = message.child(name, namespace)?["id"] {
                return [
                    .report(MessageReport(room: room, messageID: id, status: status, reporter: writer, via: via))
                ]
            }
        }
        guard let state = ChatState(of: message) else { return [] }
        return [
            .composing(
                Composing(room: room, writer: writer, via: via, audience: audience, isActive: state == .composing))
        ]
    }
}
