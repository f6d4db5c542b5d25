import Conference
import Jingle

extension EndReason {
    /// What a peer's reason says. A missing one counts as the normal end of the stage.
    init(_ reason: JingleReason?, isActive: Bool, isOutgoing: Bool) {
        let normal: EndReason = isActive ? .hangup : isOutgoing ? .declined : .cancelled
        guard let reason else {
            self = normal
            return
        }
        self =
            switch reason.condition {
            case .success: normal
            case .cancel: isActive ? .hangup : .cancelled
            case .busy: .busy
            case .decline: .declined
            case .timeout, .expired: isActive ? .hangup : .noAnswer
            case .gone: .unavailable
            case .incompatibleParameters, .mediaError, .unsupportedApplications, .unsupportedTransports: .incompatible
            case .securityError: .insecure
            case .connectivityError, .failedTransport: .connectivity
            case .alternativeSession, .failedApplication, .generalError:
                .failed(reason.text ?? reason.condition.rawValue)
            }
    }

    /// The reason told to a Jingle peer: exactly one, always one of XEP-0166's, and words for the person unless the reason
    /// says it all.
    func jingle(isActive: Bool, isOutgoing: Bool) -> JingleReason {
        switch self {
        case .hangup where isActive, .cancelled where isActive: JingleReason(.success)
        case .hangup where isOutgoing, .cancelled where isOutgoing: JingleReason(.cancel)
        case .hangup: JingleReason(.decline, text: "The call was ended.")
        // A 487 that the caller did not ask for: nobody said no.
        case .cancelled: JingleReason(.cancel, text: "The call was cancelled on the other side.")
        case .busy: JingleReason(.busy, text: "Busy.")
        case .full: JingleReason(.busy, text: "The room is full.")
        case .declined: JingleReason(.decline, text: "The call was declined.")
        case .forbidden: JingleReason(.decline, text: "This address may not be called.")
        case .locked: JingleReason(.decline, text: "The room is locked.")
        case .barred(let refusal): JingleReason(.decline, text: "\(refusal.text).")
        case .noAnswer: JingleReason(.timeout, text: "Nobody answered.")
        case .unavailable: JingleReason(.gone, text: "Nobody can be reached there now.")
        case .notFound: JingleReason(.gone, text: "There is no such address.")
        case .incompatible: JingleReason(.incompatibleParameters, text: "The two sides have no audio in common.")
        case .insecure: JingleReason(.securityError, text: "The call could not be encrypted.")
        case .connectivity: JingleReason(.connectivityError, text: "The connection was lost, or never came about.")
        case .tooManyHops: JingleReason(.generalError, text: "The call was sent on too often.")
        case .expelled: JingleReason(.gone, text: "Removed from the conference")
        case .ended: JingleReason(.gone, text: "Ended by the operator.")
        case .failed(let text):
            JingleReason(.generalError, text: text.isEmpty ? "Something went wrong." : text)
        }
    }

    /// What an IQ error in answer to our session-initiate or session-accept says (RFC 6120 section 8.3.3).
    init(condition: String?) {
        self =
            switch condition {
            case "service-unavailable", "recipient-unavailable", "gone", "redirect", "remote-server-not-found",
                "remote-server-timeout", "internal-server-error":
                .unavailable
            case "item-not-found", "jid-malformed": .notFound
            case "conflict", "resource-constraint": .busy
            case "forbidden", "not-allowed", "not-authorized", "policy-violation", "registration-required",
                "subscription-required":
                .forbidden
            case "feature-not-implemented", "not-acceptable", "bad-request": .incompatible
            default: .failed(condition ?? "undefined-condition")
            }
    }
}
