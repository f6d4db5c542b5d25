/// Why a stanza was not processed (RFC 6120 section 8.3).
public struct StanzaError: Error, Sendable, Hashable {
    /// RFC 6120 section 8.3.3.
    public enum Condition: String, Sendable, Hashable, CaseIterable {
        case badRequest = "bad-request"
        case conflict
        case featureNotImplemented = "feature-not-implemented"
        case forbidden
        case gone
        case internalServerError = "internal-server-error"
        case itemNotFound = "item-not-found"
        case jidMalformed = "jid-malformed"
        case notAcceptable = "not-acceptable"
        case notAllowed = "not-allowed"
        case notAuthorized = "not-authorized"
        case policyViolation = "policy-violation"
        case recipientUnavailable = "recipient-unavailable"
        case redirect
        case registrationRequired = "registration-required"
        case remoteServerNotFound = "remote-server-not-found"
        case remoteServerTimeout = "remote-server-timeout"
        case resourceConstraint = "resource-constraint"
        case serviceUnavailable = "service-unavailable"
        case subscriptionRequired = "subscription-required"
        case undefinedCondition = "undefined-condition"
        case unexpectedRequest = "unexpected-request"

        /// The type that section 8.3.3 associates with the condition.
        public var type: Kind {
            switch self {
            case .badRequest, .jidMalformed, .notAcceptable, .policyViolation, .redirect: .modify
            case .forbidden, .notAuthorized, .registrationRequired, .subscriptionRequired: .auth
            case .recipientUnavailable, .remoteServerTimeout, .resourceConstraint, .unexpectedRequest: .wait
            case .conflict, .featureNotImplemented, .gone, .internalServerError, .itemNotFound, .notAllowed,
                .remoteServerNotFound, .serviceUnavailable, .undefinedCondition:
                .cancel
            }
        }
    }

    /// RFC 6120 section 8.3.2.
    public enum Kind: String, Sendable, Hashable { case auth, cancel, `continue`, modify, wait }

    public var condition: Condition
    public var type: Kind
    /// In plain words, for people.
    public var text: String?
    /// An application-specific condition (section 8.3.4).
    public var application: XMLElement?

    /// - Parameter type: the condition's own unless given.
    public init(
        _ condition: Condition, _ text: String? = nil, type: Kind? = nil, application: XMLElement? = nil
    ) {
        self.condition = condition
        self.type = type ?? condition.type
        self.text = text
        self.application = application
    }

    /// From an `<error/>` element; a condition that is not known is `undefined-condition` (section 8.3.3.21).
    public init?(_ element: XMLElement) {
        guard element.matches("error", Namespace.client) else { return nil }
        let defined = element.children(in: Namespace.stanzaErrors)
        condition = defined.lazy.compactMap { Condition(rawValue: $0.name) }.first ?? .undefinedCondition
        type = element["type"].flatMap { Kind(rawValue: $0) } ?? condition.type
        text = defined.first { $0.name == "text" }?.text
        application = element.elements.first { ![Namespace.stanzaErrors, Namespace.client].contains($0.namespace) }
    }

    public var element: XMLElement {
        XMLElement("error", Namespace.client, ["type": type.rawValue]) {
            XMLElement(condition.rawValue, Namespace.stanzaErrors)
            text.map { XMLElement("text", Namespace.stanzaErrors, text: $0) }
            application
        }
    }
}
