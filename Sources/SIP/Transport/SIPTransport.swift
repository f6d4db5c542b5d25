/// What carries a message: UDP, or a connection (RFC 3261 section 18, RFC 7118).
public enum SIPTransport: String, Hashable, Sendable, CaseIterable {
    case udp, tcp, tls, ws, wss

    /// Whether it neither loses nor repeats (RFC 3261 section 17).
    public var isReliable: Bool { self != .udp }
    /// Whether nobody between the two ends can read it.
    public var isSecure: Bool { self == .tls || self == .wss }
    /// Whether it is a WebSocket, which only the peer can open (RFC 7118 section 3).
    public var isWebSocket: Bool { self == .ws || self == .wss }
    /// As Via has it (RFC 3261 section 20.42, RFC 7118 section 5.2).
    public var viaName: String { rawValue.uppercased() }
    /// The port where an address names none (RFC 3261 section 19.1.2, RFC 7118 section 5.4).
    public var defaultPort: UInt16 {
        switch self {
        case .udp, .tcp: 5060
        case .tls: 5061
        case .ws: 80
        case .wss: 443
        }
    }

    /// The `transport` parameter of a Contact of ours; nil for what is meant without one.
    /// A secure WebSocket has the same as a plain one (RFC 7118 section 5.2.3).
    public var contactParameter: String? {
        switch self {
        case .udp: nil
        case .tcp: "tcp"
        case .tls: "tls"
        case .ws, .wss: "ws"
        }
    }

    /// What a URI asks for: its `transport` parameter, made secure by `sips:`; nil when it leaves the choice.
    public init?(wantedBy uri: SIPURI) {
        let isSecure = uri.scheme == "sips"
        switch (uri.transport, isSecure) {
        case ("udp", false): self = .udp
        case ("tcp", false): self = .tcp
        case ("tcp", true), ("tls", _): self = .tls
        case ("ws", false): self = .ws
        case ("ws", true), ("wss", _): self = .wss
        default: return nil
        }
    }

    /// The transport to a numeric address or an explicit port (RFC 3263 section 4.1).
    public init(of uri: SIPURI) { self = SIPTransport(wantedBy: uri) ?? (uri.scheme == "sips" ? .tls : .udp) }
}
