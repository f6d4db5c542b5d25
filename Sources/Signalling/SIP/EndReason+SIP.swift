import Conference
import SIP

extension EndReason {
    /// The final response by which a call that is not up is refused.
    var status: Int {
        switch self {
        case .hangup, .noAnswer, .unavailable, .ended: 480
        case .cancelled: 487
        case .busy, .full: 486
        case .declined: 603
        case .notFound: 404
        case .forbidden, .expelled, .locked, .barred: 403
        case .incompatible, .insecure: 488
        case .connectivity, .failed: 500
        case .tooManyHops: 483
        }
    }

    /// What a final response to our INVITE means. Where the status leaves it open, the telephone network's cause tells.
    init(_ response: SIPMessage) {
        let said = response.list("Reason").lazy.compactMap {
            ParameterizedValue(parsing: $0).parameters["text"].map { NameAddress.unquoted($0) }
        }.first
        self.init(
            status: response.status ?? 0, reason: response.reasonPhrase ?? "", cause: Q850Cause(in: response),
            said: said)
    }

    init(status: Int, reason: String, cause: Q850Cause? = nil, said: String? = nil) {
        self =
            switch status {
            case 486, 600: .busy
            case 603, 607, 608: .declined
            case 401, 403, 407: .forbidden
            case 408, 480, 504: cause?.reason ?? .noAnswer
            case 404, 410, 484, 485, 604: .notFound
            case 415, 488, 606: .incompatible
            case 487: .cancelled
            default: cause?.reason ?? .failed(RefusalWords.text(status, phrase: reason, cause, said: said))
            }
    }

    /// The words of that final response, where they say more than its status does.
    var phrase: String? {
        switch self {
        case .failed(let text): text.isEmpty ? "The call failed" : text
        case .connectivity: "The connection failed"
        case .noAnswer: "There is no answer"
        case .unavailable: "The other side cannot be reached now"
        case .notFound: "There is no such address"
        case .forbidden: "That is not allowed from here"
        case .incompatible: "There is no audio in common"
        case .insecure: "The call could not be encrypted"
        case .expelled: "Removed from the conference"
        case .tooManyHops: "It was sent on too often"
        case .full: "The room is full"
        case .locked: "The room is locked"
        case .ended: "Ended by the operator"
        case .barred(let refusal): refusal.text
        case .hangup, .cancelled, .busy, .declined: nil
        }
    }

    /// The Reason header of a BYE or CANCEL (RFC 3326); nil where the request says it all.
    var reasonHeader: SIPHeader? {
        switch self {
        case .hangup, .cancelled: nil
        case .connectivity: header("The connection was lost")
        default: header(phrase ?? SIPStatus.reason(status))
        }
    }

    private func header(_ words: String) -> SIPHeader {
        SIPHeader("Reason", "SIP;cause=\(status);text=\"\(words.filter { $0 != "\"" && $0 != "\\" })\"")
    }

    /// What a refusal carries besides.
    var refusalHeaders: [SIPHeader] {
        switch self {
        case .full: [SIPHeader("Retry-After", "60")]
        case .barred(.shutOut): [SIPHeader("Retry-After", "600")]
        default: []
        }
    }
}

extension SubmissionRefusal {
    /// The response to a MESSAGE that was refused.
    var response: (status: Int, reason: String) {
        switch self {
        case .noSuchRoom: (404, "No such room")
        case .notInRoom: (403, "Only who is in the room may write to it")
        case .noSuchParticipant(let name): (404, "There is no \(name) in the room")
        case .notAllowed(let text): (403, text)
        case .outranked(let text): (403, text)
        case .conflict(let text): (409, text)
        case .unacceptable(let text): (406, text)
        case .exhausted(let text): (503, text)
        case .cannotRead(let name): (480, "\(name) cannot read messages")
        case .tooMany: (480, "More texts than one may write; try again later")
        case .tooLong: (513, "The text is too long")
        case .malformed(let text): (400, text)
        case .undelivered(let failure): (failure.status, failure.words.withoutFullStop)
        }
    }
}
