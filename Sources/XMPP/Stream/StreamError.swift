/// Why a stream cannot go on (RFC 6120 section 4.9).
public struct StreamError: Error, Sendable, Hashable {
    /// RFC 6120 section 4.9.3.
    public enum Condition: String, Sendable, Hashable, CaseIterable {
        case badFormat = "bad-format"
        case badNamespacePrefix = "bad-namespace-prefix"
        case conflict
        case connectionTimeout = "connection-timeout"
        case hostGone = "host-gone"
        case hostUnknown = "host-unknown"
        case improperAddressing = "improper-addressing"
        case internalServerError = "internal-server-error"
        case invalidFrom = "invalid-from"
        case invalidNamespace = "invalid-namespace"
        case invalidXML = "invalid-xml"
        case notAuthorized = "not-authorized"
        case notWellFormed = "not-well-formed"
        case policyViolation = "policy-violation"
        case remoteConnectionFailed = "remote-connection-failed"
        case reset
        case resourceConstraint = "resource-constraint"
        case restrictedXML = "restricted-xml"
        case seeOtherHost = "see-other-host"
        case systemShutdown = "system-shutdown"
        case undefinedCondition = "undefined-condition"
        case unsupportedEncoding = "unsupported-encoding"
        case unsupportedFeature = "unsupported-feature"
        case unsupportedStanzaType = "unsupported-stanza-type"
        case unsupportedVersion = "unsupported-version"
    }

    public var condition: Condition
    public var text: String?

    public init(_ condition: Condition, _ text: String? = nil) {
        self.condition = condition
        self.text = text
    }

    /// From `<stream:error/>`; a condition that is not known is `undefined-condition`.
    public init?(_ element: XMLElement) {
        guard element.matches("error", Namespace.streams) else { return nil }
        let conditions = element.children(in: Namespace.streamErrors)
        condition = conditions.lazy.compactMap { Condition(rawValue: $0.name) }.first ?? .undefinedCondition
        text = element.child("text", Namespace.streamErrors)?.text
    }

    public var element: XMLElement {
        XMLElement("error", Namespace.streams) {
            XMLElement(condition.rawValue, Namespace.streamErrors)
            text.map { XMLElement("text", Namespace.streamErrors, text: $0) }
        }
    }
}
