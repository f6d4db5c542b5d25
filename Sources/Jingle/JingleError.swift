public import XMPP

/// Why a Jingle request is refused by an IQ error (XEP-0166 section 10).
public enum JingleError: Error, Sendable, Hashable {
    /// Cannot occur at this point of the state machine.
    case outOfOrder
    /// Lost to a request of ours (section 7.2.16).
    case tieBreak
    /// No such session, or not one with this sender.
    case unknownSession
    /// The payload of a session-info is not supported.
    case unsupportedInfo
    /// Not well-formed as XEP-0166 has it.
    case badRequest(String)
    /// Nobody takes calls at this address.
    case serviceUnavailable
    /// As many sessions as may be are there.
    case resourceConstraint

    /// The `<error/>` of the answer, in `Namespace.client`.
    public var xml: XMLElement {
        let (type, condition, detail, text) = parts
        return XMLElement("error", Namespace.client, ["type": type]) {
            XMLElement(condition, Namespace.stanzaErrors)
            text.map { XMLElement("text", Namespace.stanzaErrors, text: $0) }
            detail.map { XMLElement($0, Namespace.jingleErrors) }
        }
    }

    private var parts: (type: String, condition: String, detail: String?, text: String?) {
        switch self {
        case .outOfOrder: ("wait", "unexpected-request", "out-of-order", nil)
        case .tieBreak: ("cancel", "conflict", "tie-break", nil)
        case .unknownSession: ("cancel", "item-not-found", "unknown-session", nil)
        case .unsupportedInfo: ("modify", "feature-not-implemented", "unsupported-info", nil)
        case .badRequest(let text): ("modify", "bad-request", nil, text)
        case .serviceUnavailable: ("cancel", "service-unavailable", nil, nil)
        case .resourceConstraint: ("wait", "resource-constraint", nil, nil)
        }
    }
}
