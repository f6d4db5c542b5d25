public import MediaEngine

/// STUN and TURN servers.
public struct TraversalSettings: Sendable {
    public var servers: [ICEServer] = []
    /// Whom to ask for more, by XEP-0215; nil for nobody.
    public var xmppServer: String?
    /// Whether a server reached by TLS must show a certificate that is its own.
    public var verify = true
    /// PEM file of those whose word counts; nil for the system's.
    public var authorities: String?

    public init() {}
}
