import Conference
import Primitives
import XMPP

extension XMPPAdapter {
    /// A message that is not about a call: text to a contact, or to a room as a MUC.
    mutating func receiveMessage(
        _ message: XMLElement, _ from: JID, _ target: XMPPTarget, _ conference: Conference, _ wall: WallTime
    ) -> [Command] {
        if message.type == "error" {
            switch target {
            case .room(let room), .occupant(let room, _): return bounced(message, from, room)
            case .number: return instantBounced(message, from)
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
            return retraction(message, from, room, conference, wall, via: .talk)
                ?? text(message, from, room, conference, via: .talk, audience: .everyone)
        case (.room(let room), "groupchat"):
            return retraction(message, from, room, conference, wall, via: .muc)
                ?? groupchat(message, from, room, conference)
        case (.occupant(_, _), "groupchat"): refuse(message, StanzaError(.badRequest))
        case (.occupant(let room, let nick), _) where message.child("x", Namespace.directInvitation) != nil:
            return directInvitation(message, from, room, nick)
        case (.occupant(let room, let nick), _):
            return text(message, from, room, conference, via: .muc, audience: .named(nick))
        case (.room(let room), _) where message.child("x", Namespace.mucUser) != nil:
            return mediated(message, from, room)
        case (.room, _) where message.body == nil: break
        case (.room, _): refuse(message, StanzaError(.featureNotImplemented))
        case (.number, "groupchat"): refuse(message, StanzaError(.badRequest))
        case (.number(let number), let type) where takesCallText(message, from, number, type, conference):
            return callText(message, from, number, conference)
        case (.number(let number), _): return instant(message, from, number)
        case (_, _) where message.body != nil: refuse(message, StanzaError(.serviceUnavailable))
        default: break
        }
        return []
    }

    /// A subject (XEP-0045 section 8.1), or a text for everyone (section 7.4).
    private mutating func groupchat(
        _ message: XMLElement, _ from: JID, _ room: RoomName, _ conference: Conference
    ) -> [Command] {
        guard let subject = message.child("subject", Namespace.client), message.child("body", Namespace.client) == nil
        else { return text(message, from, room, conference, via: .muc, audience: .everyone) }
        return [.mucSubject(texts.add(message), room, occupant: PeerAddress(from), subject: subject.text)]
    }

    /// Hands a text to the domain with all that it carries, or what is said about one: receipts, markers, chat states.
    mutating func text(
        _ message: XMLElement, _ from: JID, _ room: RoomName, _ conference: Conference, via: TextPath,
        audience: Submission.Audience
    ) -> [Command] {
        let isGroupchat = message.type == "groupchat"
        var carried = CarriedPayload.elements(of: message, isGroupchat: isGroupchat)
        guard message.body != nil || CarriedPayload.hasSubstance(carried) else {
            return signals(message, from, room, via: via, audience: audience)
        }
        let writer = PeerAddress(from)
        let recent = { conference.recentText($0, in: room, by: writer, via: via, for: audience) }
        if via == .talk { carried = carried.map { inRoom($0, room, recent) } }
        guard (message.body?.utf8.count ?? 0) <= configuration.maximumBody,
            let payload = CarriedPayload.text(of: carried)
        else {
            note(.info, "refused a text of \(message.body?.utf8.count ?? 0) bytes from \(from)")
            refuse(message, StanzaError(.policyViolation, "The message is too long."))
            return []
        }
        var submission = Submission(
            id: texts.add(message), room: room, sender: writer, via: via, audience: audience,
            body: message.body ?? "", clientID: message.clientID)
        submission.payload = payload
        submission.plain = ChatRendering(message: message, recent: recent).plain
        submission.corrects = message.child("replace", Namespace.correction)?["id"].flatMap(recent).flatMap {
            $0.sender.bare == writer.bare ? $0.id : nil
        }
        if !isGroupchat {
            if Receipt.isRequested(by: message) { submission.wanted.formUnion([.delivered, .failed]) }
            if ChatMarker.isRequested(by: message) { submission.wanted.insert(.displayed) }
        }
        if Encryption.isThere(in: message), encryptionNotices.isFirst(from, room.text) {
            outbox.append(
                .message(
                    from: via == .muc ? addresses.muc(room) : message.to, to: from,
                    type: isGroupchat ? "groupchat" : "chat", id: entropy.token(12)
                ) { XMLElement("body", Namespace.client, text: Encryption.words) })
        }
        return [.submit(submission)]
    }

    /// What a client to which the room is a contact says of a message, as those in the MUC know that message.
    private func inRoom(_ element: XMLElement, _ room: RoomName, _ recent: (String) -> RecentText?) -> XMLElement {
        guard [Namespace.reactions, Namespace.reply, Namespace.retraction].contains(element.namespace),
            let text = element["id"].flatMap(recent)
        else { return element }
        var element = element
        element["id"] = text.id
        if element.namespace == Namespace.reply {
            element["to"] = addresses.occupant(room, text.senderName)?.description
        }
        return element
    }

    /// What a message without a body says: a receipt (XEP-0184), a marker (XEP-0333) or a chat state (XEP-0085).
    private mutating func signals(
        _ message: XMLElement, _ from: JID, _ room: RoomName, via: TextPath, audience: Submission.Audience
    ) -> [Command] {
        let writer = PeerAddress(from)
        if message.child("delay", Namespace.delay) != nil { return [] }
        for (name, namespace, status) in [
            ("received", Namespace.receipts, MessageStatus.delivered),
            ("displayed", Namespace.chatMarkers, MessageStatus.displayed),
        ] {
            guard let marker = message.child(name, namespace), let id = marker["id"] else { continue }
            let isPublic = message.type == "groupchat"
            let report = Command.report(
                MessageReport(
                    room: room, messageID: id, status: status, reporter: writer, via: via, isPublic: isPublic))
            guard isPublic, status == .displayed else { return [report] }
            var submission = Submission(
                id: texts.add(message), room: room, sender: writer, via: via, audience: audience, body: "",
                clientID: message.clientID)
            submission.payload = CarriedPayload.text(of: [marker, ProcessingHint.noStore.element]) ?? ""
            submission.plain = .nothing
            submission.isTransient = true
            return [.submit(submission), report]
        }
        guard let state = ChatState(of: message) else { return [] }
        return [
            .composing(
                Composing(room: room, writer: writer, via: via, audience: audience, isActive: state == .composing))
        ]
    }
}

extension XMLElement {
    /// The sender's own id for a message, where it is one.
    var clientID: String? { id.flatMap { $0.isEmpty || $0.utf8.count > 256 ? nil : $0 } }
}
