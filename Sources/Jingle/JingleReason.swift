public import XMPP

/// Why something was done (XEP-0166 section 7.4): one condition, and words.
public struct JingleReason: Sendable, Hashable {
    public enum Condition: String, Sendable, Hashable, CaseIterable {
        case alternativeSession = "alternative-session"
        case busy
        case cancel
        case connectivityError = "connectivity-error"
        case decline
        case expired
        case failedApplication = "failed-application"
        case failedTransport = "failed-transport"
        case generalError = "general-error"
        case gone
        case incompatibleParameters = "incompatible-parameters"
        case mediaError = "media-error"
        case securityError = "security-error"
        case success
        case timeout
        case unsupportedApplications = "unsupported-applications"
        case unsupportedTransports = "unsupported-transports"

        /// From an element's name; Dino's `failed_application` is taken for what it means.
        public init?(name: String) {
            self.init(rawValue: name.replacing("_", with: "-"))
        }
    }

    public var condition: Condition
    public var text: String?

    public init(_ condition: Condition, text: String? = nil) {
        self.condition = condition
        self.text = text
    }

    /// From a `<reason/>` element; nil when it holds no condition of XEP-0166.
    public init?(_ element: XMLElement) {
        guard element.matches("reason", Namespace.jingle) else { return nil }
        let named = element.children(in: Namespace.jingle)
        guard let condition = named.lazy.compactMap({ Condition(name: $0.name) }).first else { return nil }
        self.condition = condition
        text = named.first { $0.name == "text" }.map { $0.text.clipped(to: JingleLimits.text) }
        if text?.isEmpty == true { text = nil }
    }

    /// The `<reason/>` element.
    public var xml: XMLElement {
        XMLElement("reason", Namespace.jingle) {
            XMLElement(condition.rawValue, Namespace.jingle)
            text.map { XMLElement("text", Namespace.jingle, text: $0) }
        }
    }
}
