import Conference
import Primitives
import XMPP

/// Chat with who is on a telephone: `type='chat'` to and from the JIDs of the gateway (RFC 7572, RFC 7573).
extension XMPPAdapter {
    /// A message to a number: a text, or what is said about one.
    mutating func instant(_ message: XMLElement, _ from: JID, _ number: JID) -> [Command] {
        let isEncrypted = Encryption.isThere(in: message)
        let plain = ChatRendering(message: message) { _ in nil }.plain
        guard let body = InstantForm.body(message, plain), !isEncrypted else {
            return isEncrypted ? refuseEncrypted(message, from, number) : instantSignal(message, from, number)
        }
        guard body.utf8.count <= configuration.maximumBody else {
            refuse(message, StanzaError(.policyViolation, "The message is too long."))
            return []
        }
        var text = InstantText(body, clientID: message.clientID)
        if Receipt.isRequested(by: message) { text.wanted.formUnion([.delivered, .failed]) }
        if ChatMarker.isRequested(by: message) { text.wanted.insert(.displayed) }
        text.subject = message.child("subject", Namespace.client)?.text.clipped(to: 1024)
        text.thread = message.child("thread", Namespace.client)?.text.clipped(to: 256)
        text.language = (message.child("body", Namespace.client)?.lang ?? message.lang).flatMap(SIPAdapter.language)
        var instant = InstantMessage(
            id: texts.add(message), from: PeerAddress(from), to: PeerAddress(number.bare), .text(text))
        instant.leg = jingle.leg(of: from, with: number)
        return [.instant(named(instant, by: message))]
    }

    private func named(_ instant: InstantMessage, by message: XMLElement) -> InstantMessage {
        var instant = instant
        instant.displayName = message.child("nick", Namespace.nick)?.text.clipped(to: 128)
        return instant
    }

    /// What is encrypted goes nowhere: its sender hears so of each, and once what to do about it.
    private mutating func refuseEncrypted(_ message: XMLElement, _ from: JID, _ number: JID) -> [Command] {
        refuse(message, StanzaError(.notAcceptable, Encryption.wordsOfNumbers))
        guard encryptionNotices.isFirst(from, number.bare.description) else { return [] }
        outbox.append(
            .message(from: full(number.bare), to: from, type: "chat", id: entropy.token(12)) {
                XMLElement("body", Namespace.client, text: Encryption.wordsOfNumbers)
            })
        return []
    }

    /// A receipt (XEP-0184), a marker (XEP-0333) or a chat state (XEP-0085, mapped as RFC 7573 section 6 has it).
    private mutating func instantSignal(_ message: XMLElement, _ from: JID, _ number: JID) -> [Command] {
        if message.child("delay", Namespace.delay) != nil { return [] }
        func about(_ content: InstantMessage.Content) -> [Command] {
            var message = InstantMessage(
                id: SubmissionID(0), from: PeerAddress(from), to: PeerAddress(number.bare), content)
            message.leg = jingle.leg(of: from, with: number)
            return [.instant(message)]
        }
        for (name, namespace, status) in [
            ("received", Namespace.receipts, MessageStatus.delivered),
            ("displayed", Namespace.chatMarkers, MessageStatus.displayed),
        ] {
            if let id = message.child(name, namespace)?["id"] { return about(.report(status, of: id)) }
        }
        guard let state = ChatState(of: message), state != .gone else { return [] }
        return about(.composing(isActive: state == .composing, lasts: .seconds(120)))
    }

    /// A text of ours came back.
    func instantBounced(_ message: XMLElement, _ from: JID) -> [Command] {
        guard let id = message.id, let error = message.stanzaError else { return [] }
        return [.instantOutcome(id, .failed(DeliveryFailure(error.condition)), by: PeerAddress(from))]
    }

    // MARK: Out

    /// Hands a client a text from the other side, or a word about its own.
    mutating func pass(_ delivery: InstantDelivery) -> [Command] {
        guard delivery.target.network == .xmpp else { return [] }
        guard let to = delivery.target.jid, let from = delivery.sender.jid.flatMap({ full($0) }) else {
            return [.instantOutcome(delivery.id, .failed(.jidMalformed), by: nil)]
        }
        guard !gate.limits.isBlocked(to) else {
            return [.instantOutcome(delivery.id, .failed(.forbidden), by: nil)]
        }
        switch delivery.content {
        case .text(let text):
            var message = XMLElement.message(from: from, to: to, type: "chat", id: delivery.id) {
                text.subject.map { XMLElement("subject", Namespace.client, text: $0) }
                XMLElement("body", Namespace.client, text: text.body)
                text.thread.map { XMLElement("thread", Namespace.client, text: $0) }
                ChatState.active.element
                if text.wanted.contains(.delivered) { Receipt.request }
                if text.wanted.contains(.displayed) { ChatMarker.markable }
            }
            message["lang", Namespace.xml] = text.language
            outbox.append(message)
        case .composing(let isActive, _): signal(from, to, (isActive ? ChatState.composing : .active).element)
        case .report(.delivered, let id): signal(from, to, Receipt.received(id))
        case .report(.displayed, let id): signal(from, to, ChatMarker.displayed(id))
        case .report(.failed, _): break
        }
        return []
    }

    private mutating func signal(_ from: JID, _ to: JID, _ element: XMLElement) {
        outbox.append(
            .message(from: from, to: to, type: "chat", id: entropy.token(12)) {
                element
                ProcessingHint.noStore.element
            })
    }

    /// A text that was taken could not be delivered after all (RFC 6120 section 8.3).
    mutating func undelivered(_ text: UndeliveredText) {
        guard let to = text.sender.jid, let from = text.recipient.jid else { return }
        outbox.append(
            .message(from: from, to: to, type: "error", id: text.clientID) {
                StanzaError(.init(text.failure), text.failure.words).element
            })
    }
}

/// What a telephone shows of a message from one to one.
enum InstantForm {
    /// Nil for what has nothing to be read.
    static func body(_ message: XMLElement, _ plain: PlainForm) -> String? {
        switch plain {
        case .body: message.body
        case .text(let text): text
        case .action(let action): "(\(action))"
        case .nothing: nil
        }
    }
}

extension Encryption {
    /// What their sender is told, once of each number.
    static let wordsOfNumbers =
        "Telephones cannot read messages that are encrypted end to end, and this one was not delivered. "
        + "Switch encryption off here."
}
