/// Why a leg ended, or is to end; the SIP status codes and Jingle reasons are two codecs of it.
public enum EndReason: Hashable, Sendable {
    /// A call that was up ended as calls do: BYE, `success`.
    case hangup
    /// The caller gave up before the answer: CANCEL and 487, `cancel`.
    case cancelled
    /// 486, `busy`.
    case busy
    /// 603, `decline`.
    case declined
    /// Nobody answered: 408 and 480, `timeout`.
    case noAnswer
    /// The callee exists and cannot be reached now: 480, `gone`.
    case unavailable
    /// No such room, user or number: 404, `gone`.
    case notFound
    /// 403, `decline`.
    case forbidden
    /// No codec or transport in common: 488, `incompatible-parameters`.
    case incompatible
    /// DTLS or SRTP failed: 488, `security-error`.
    case insecure
    /// Media stopped, or never came: 500 or BYE, `connectivity-error`.
    case connectivity
    /// As many as may be are in: 486, `busy`.
    case full
    /// Taken out of the room by a moderator, or by oneself: BYE with a reason, `gone`.
    case expelled
    /// Ended by whoever runs the server: 480 or BYE with a reason, `gone`.
    case ended
    /// The room is locked: 403, `decline`.
    case locked
    /// It has been sent on too often: 483, `general-error`.
    case tooManyHops
    /// A number may not be called, or not any longer: 403, `decline`, with the refusal's text.
    case barred(CallRefusal)
    /// Something failed; with a word for the log and the peer: 500, `general-error`.
    case failed(String)
}

extension EndReason {
    /// For people: what became of a call.
    public var words: String {
        switch self {
        case .hangup: "hung up"
        case .cancelled: "cancelled"
        case .busy: "busy"
        case .declined: "declined"
        case .noAnswer: "no answer"
        case .unavailable: "cannot be reached"
        case .notFound: "no such address"
        case .forbidden: "may not be called from here"
        case .incompatible, .insecure: "cannot take the call"
        case .connectivity: "the connection failed"
        case .full: "the room is full"
        case .expelled: "was taken out"
        case .ended: "ended by the operator"
        case .locked: "the room is locked"
        case .tooManyHops: "it was sent on too often"
        case .barred(let refusal): refusal.text.beginningSmall
        case .failed: "failed"
        }
    }
}

extension String {
    fileprivate var beginningSmall: String { prefix(1).lowercased() + dropFirst() }
}
