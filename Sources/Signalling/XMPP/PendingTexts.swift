import Conference
import XMPP

/// Texts handed to the domain, until it has said what became of them.
struct PendingTexts: Sendable {
    private var stanzas: [SubmissionID: XMLElement] = [:]
    private var last: UInt64 = 0
    private static let limit = 4096

    /// Keeps a message without what it carries beyond the addresses and the request for a receipt.
    mutating func add(_ message: XMLElement) -> SubmissionID {
        last += 1
        let id = SubmissionID(last)
        var kept = message
        kept.children = Receipt.isRequested(by: message) ? [.element(XMLElement("request", Namespace.receipts))] : []
        if stanzas.count >= PendingTexts.limit, let oldest = stanzas.keys.min(by: { $0.value < $1.value }) {
            stanzas[oldest] = nil
        }
        stanzas[id] = kept
        return id
    }

    mutating func take(_ id: SubmissionID) -> XMLElement? { stanzas.removeValue(forKey: id) }
}

extension PendingTexts {
    /// What the sender is told (XEP-0184, RFC 6120 section 8.3); nil when that is nothing.
    /// - Parameter isReported: whether the receipt comes from who reads it, and not from the room.
    static func answer(
        to message: XMLElement, _ outcome: SubmissionOutcome, isReported: Bool = false
    ) -> XMLElement? {
        if message.isIQRequest {
            if case .refused(let refusal) = outcome { return message.errorReply(error(refusal)) }
            return message.result()
        }
        switch outcome {
        case .accepted:
            guard !isReported, message.type != "groupchat", Receipt.isRequested(by: message), let id = message.id else {
                return nil
            }
            return .message(from: message.to, to: message.from, type: message.type) { Receipt.received(id) }
        case .reply(let text):
            return .message(from: message.to, to: message.from, type: message.type) {
                XMLElement("body", Namespace.client, text: text)
            }
        case .refused(let refusal):
            return message.errorReply(error(refusal))
        }
    }

    private static func error(_ refusal: SubmissionRefusal) -> StanzaError {
        switch refusal {
        case .noSuchRoom: StanzaError(.itemNotFound, "There is no such room.")
        case .notInRoom: StanzaError(.notAcceptable, "Only who is in the room can write to it.")
        case .noSuchParticipant(let name): StanzaError(.itemNotFound, "There is no \(name) in the room.")
        case .notAllowed(let text): StanzaError(.forbidden, text)
        case .outranked(let text): StanzaError(.notAllowed, text)
        case .conflict(let text): StanzaError(.conflict, text)
        case .unacceptable(let text): StanzaError(.notAcceptable, text)
        case .exhausted(let text): StanzaError(.resourceConstraint, text)
        case .cannotRead(let name): StanzaError(.recipientUnavailable, "\(name) cannot read messages.")
        case .tooMany: StanzaError(.resourceConstraint, "More texts than one may write; try again later.", type: .wait)
        case .tooLong: StanzaError(.policyViolation, "The message is too long.")
        case .malformed(let text): StanzaError(.badRequest, text)
        case .undelivered(let failure): StanzaError(.init(failure), failure.words)
        }
    }
}
