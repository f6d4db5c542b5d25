/// A URI of a SIP message (RFC 3261 section 19.1): `sip:`, `sips:`, or another scheme kept as opaque text.
///
/// User, password and parameters are held percent-decoded and encoded anew when written, so that equal URIs
/// are equal values however they were spelled.
public struct SIPURI: Hashable, Sendable {
    /// In lower case: `sip`, `sips`, `tel`, …
    public var scheme: String
    public var user: String?
    public var password: String?
    /// In lower case; an IPv6 address stands without brackets. Empty for other schemes.
    public var host: String
    public var port: UInt16?
    public var parameters: SIPParameters
    /// `?name=value` headers, as RFC 3261 section 19.1.1 has them.
    public var headers: SIPParameters
    /// What follows the colon, for schemes other than `sip` and `sips`.
    public var opaque: String?

    public init(
        scheme: String = "sip", user: String? = nil, host: String, port: UInt16? = nil,
        parameters: SIPParameters = SIPParameters()
    ) {
        self.scheme = scheme
        self.user = user
        self.host = host.first == "[" ? String(host.dropFirst().prefix { $0 != "]" }) : host.lowercased()
        self.port = port
        self.parameters = parameters
        headers = SIPParameters()
    }

    public var isSIP: Bool { scheme == "sip" || scheme == "sips" }

    /// The `gr` parameter (RFC 5627), by which one participant of a room is meant (RFC 7247 section 6).
    public var gr: String? { parameters["gr"] }
    /// The `transport` parameter in lower case.
    public var transport: String? { parameters["transport"]?.lowercased() }
    /// Whether `lr` marks a loose router (RFC 3261 section 16.12).
    public var isLooseRouter: Bool { parameters.contains("lr") }

    /// Host as it stands in a URI: IPv6 in brackets.
    public var hostText: String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host }
    /// Host with `:port` where the URI has one.
    public var hostPort: String { hostText + (port.map { ":\($0)" } ?? "") }

    /// Scheme, user, host and port alone.
    public var withoutParameters: SIPURI {
        var uri = self
        uri.parameters = SIPParameters()
        uri.headers = SIPParameters()
        uri.password = nil
        return uri
    }
}
