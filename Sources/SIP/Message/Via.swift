/// One hop of a request's way (RFC 3261 section 20.42).
public struct Via: Hashable, Sendable, CustomStringConvertible {
    /// In upper case: `UDP`, `TCP`, `TLS`, `WS`, …
    public var transport: String
    /// The sent-by host; an IPv6 address stands without brackets.
    public var host: String
    public var port: UInt16?
    public var parameters: SIPParameters

    public init(transport: String, host: String, port: UInt16?, parameters: SIPParameters = SIPParameters()) {
        self.transport = transport
        self.host = host
        self.port = port
        self.parameters = parameters
    }

    public var branch: String? { parameters["branch"] }
    /// Whether the branch is unique, as RFC 3261 section 8.1.1.7 promises.
    public var hasMagicCookie: Bool { branch?.hasPrefix("z9hG4bK") ?? false }

    /// Host and port as written, for the comparison of RFC 3261 section 17.2.3.
    public var sentBy: String {
        let host = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        return host.lowercased() + ":\(port ?? 5060)"
    }

    public var description: String {
        let host = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        return "SIP/2.0/\(transport) \(host)" + (port.map { ":\($0)" } ?? "") + parameters.headerText
    }
}
