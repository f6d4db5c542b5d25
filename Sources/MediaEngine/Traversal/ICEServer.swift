public import Primitives

/// A STUN or TURN server that was named, not yet looked up.
public struct ICEServer: Hashable, Sendable {
    public enum Scheme: String, Hashable, Sendable { case stun, turn }
    /// How it is reached.
    public enum Transport: String, Hashable, Sendable { case udp, tcp, tls }

    /// What a TURN server wants of us.
    public enum Login: Hashable, Sendable {
        case none
        case user(String, password: Redacted<String>)
        /// A secret that the server knows too, for credentials that end (`use-auth-secret` of coturn).
        case sharedSecret(Redacted<String>, name: String)
    }

    public var scheme: Scheme
    public var host: String
    public var port: UInt16
    public var transport: Transport
    public var login: Login

    public init(_ scheme: Scheme, host: String, port: UInt16, transport: Transport, login: Login = .none) {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.transport = transport
        self.login = login
    }

    /// From `stun:HOST[:PORT]` (RFC 7064), or `turn:` or `turns:HOST[:PORT][?transport=udp|tcp]` (RFC 7065). Nil for
    /// anything else: `stuns:`, as a mapping of a TCP port is of no use, and TURN by DTLS.
    public init?(uri: some StringProtocol, login: Login = .none) {
        guard let colon = uri.firstIndex(of: ":") else { return nil }
        let name = uri[..<colon].lowercased()
        var rest = uri[uri.index(after: colon)...]
        var transport: Transport?
        if let mark = rest.firstIndex(of: "?") {
            let parts = rest[rest.index(after: mark)...].lowercased().split(separator: "=")
            guard parts.count == 2, parts[0] == "transport", let found = Transport(rawValue: String(parts[1])),
                found != .tls
            else { return nil }
            transport = found
            rest = rest[..<mark]
        }
        guard let (host, port) = Self.hostAndPort(rest) else { return nil }
        switch name {
        case "stun":
            guard transport == nil else { return nil }
            self.init(.stun, host: host, port: port ?? 3478, transport: .udp)
        case "turn": self.init(.turn, host: host, port: port ?? 3478, transport: transport ?? .udp, login: login)
        case "turns":
            guard transport != .udp else { return nil }
            self.init(.turn, host: host, port: port ?? 5349, transport: .tls, login: login)
        default: return nil
        }
    }

    private static func hostAndPort(_ text: some StringProtocol) -> (String, UInt16?)? {
        var host = String(text)
        var tail: Substring = ""
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = String(text[text.index(after: text.startIndex)..<end])
            tail = Substring(text[text.index(after: end)...])
            guard IPAddress(host)?.isV6 == true else { return nil }
        } else if let colon = text.firstIndex(of: ":") {
            host = String(text[..<colon])
            tail = Substring(text[colon...])
        }
        guard !host.isEmpty, host.utf8.count <= 253, !host.contains(where: { " /@?&".contains($0) }) else { return nil }
        if tail.isEmpty { return (host.lowercased(), nil) }
        guard tail.first == ":", let port = UInt16(tail.dropFirst()), port > 0 else { return nil }
        return (host.lowercased(), port)
    }

    /// As it is written, without its login.
    public var uri: String {
        let place = IPAddress(host)?.isV6 == true ? "[\(host)]" : host
        return switch (scheme, transport) {
        case (.stun, _): "stun:\(place):\(port)"
        case (.turn, .tls): "turns:\(place):\(port)"
        case (.turn, let transport): "turn:\(place):\(port)?transport=\(transport.rawValue)"
        }
    }
}

/// A server as its datagrams reach it: looked up, or the near end of a connection to it.
public struct ICEServerAddress: Hashable, Sendable {
    public var server: ICEServer
    public var address: SocketAddress

    public init(_ server: ICEServer, at address: SocketAddress) {
        self.server = server
        self.address = address
    }

    /// Whether what is sent to `address` goes on by TCP or TLS.
    var isBridged: Bool { server.transport != .udp }
}
