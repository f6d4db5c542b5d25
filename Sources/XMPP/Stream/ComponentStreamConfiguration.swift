import Primitives

/// What a component stream needs to know (XEP-0114).
public struct ComponentStreamConfiguration: Sendable {
    /// The component's own domain: `talk.example.org`.
    public var domain: String
    public var secret: Redacted<String>
    /// Who is asked whether the stream still lives (XEP-0199); the component's own domain unless set, which the server
    /// sends back.
    public var pingTarget: String
    /// From `connect` to `connected`, and from there to the end of the handshake.
    public var handshakeTimeout: Duration
    /// Silence after which the stream is tried with a ping.
    public var keepalive: Duration
    /// How long the answer to that ping may take.
    public var pingTimeout: Duration
    /// How long a stanza may take from its first byte to its last.
    public var stanzaTimeout: Duration
    public var backoff: Backoff
    /// Most stanzas kept while there is no stream, and most bytes of them.
    public var queueLimit: Int
    public var queueBytes: Int
    public var limits: XMLStreamLimits

    public init(
        domain: String, secret: Redacted<String>, pingTarget: String? = nil, handshakeTimeout: Duration = .seconds(15),
        keepalive: Duration = .seconds(60), pingTimeout: Duration = .seconds(20),
        stanzaTimeout: Duration = .seconds(10), backoff: Backoff = Backoff(),
        queueLimit: Int = 10_000, queueBytes: Int = 8 * 1024 * 1024, limits: XMLStreamLimits = XMLStreamLimits()
    ) {
        self.domain = domain
        self.secret = secret
        self.pingTarget = pingTarget ?? domain
        self.handshakeTimeout = handshakeTimeout
        self.keepalive = keepalive
        self.pingTimeout = pingTimeout
        self.stanzaTimeout = stanzaTimeout
        self.backoff = backoff
        self.queueLimit = queueLimit
        self.queueBytes = queueBytes
        self.limits = limits
    }
}
