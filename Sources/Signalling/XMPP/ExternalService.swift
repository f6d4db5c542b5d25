public import Primitives
public import XMPP

/// A service that an XMPP server knows (XEP-0215 section 3.2): for us a STUN or TURN server.
public struct ExternalService: Hashable, Sendable {
    public var type: String
    public var host: String
    public var port: UInt16?
    public var transport: String?
    public var username: String?
    public var password: Redacted<String>?
    /// When the credentials end.
    public var expires: WallTime?

    /// Nil without what it must have, or with a port that is none.
    public init?(_ element: XMLElement) {
        guard element.matches("service", Namespace.externalServices), let type = element["type"]?.lowercased(),
            let host = element["host"], !host.isEmpty, host.utf8.count <= 253
        else { return nil }
        self.type = type
        self.host = host.lowercased()
        if let text = element["port"] {
            guard let port = UInt16(text), port > 0 else { return nil }
            self.port = port
        }
        transport = element["transport"]?.lowercased()
        username = element["username"].flatMap { $0.utf8.count <= 512 ? $0 : nil }
        password = element["password"].flatMap { $0.utf8.count <= 512 ? Redacted($0) : nil }
        expires = element["expires"].flatMap { WallTime(xmpp: $0) }
    }

    /// The same service, whatever its credentials.
    func isSame(_ other: ExternalService) -> Bool {
        type == other.type && host == other.host && port == other.port && transport == other.transport
    }
}
