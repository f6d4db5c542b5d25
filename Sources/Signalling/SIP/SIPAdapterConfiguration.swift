public import Conference
public import MediaDescription
public import Primitives
public import SIP

/// What the SIP side needs to know of the machine and of the operator's wishes.
public struct SIPAdapterConfiguration: Sendable {
    /// Our listening address as seen from a peer, by transport: what Contact and Via say when the flow does not.
    /// Nil when we do not listen on that transport, or cannot reach the peer.
    public var localAddress: @Sendable (SIPTransport, IPAddress) -> SocketAddress?
    /// What calls of ours may go out by, best first, where their target leaves the choice.
    public var outgoing: [SIPTransport]
    /// Hosts, with their ports where they have one, that are called by one transport alone.
    public var transports: [String: SIPTransport]
    /// What stands in descriptions for the peer with that address in the place of our own address for media; nil where
    /// ours is the one it sees.
    public var mediaAddress: @Sendable (IPAddress) -> IPAddress?
    public var capabilities: Capabilities
    /// `Server` and `User-Agent`.
    public var software: String
    public var timers: SIPTimers
    /// How long an outgoing call may ring.
    public var ringTimeout: Duration
    /// Longest and default time of a subscription, in seconds.
    public var subscriptionTime: UInt32
    /// Least time between two NOTIFYs to the same watcher that nobody asked for.
    public var updateInterval: Duration
    /// Most calls at a time.
    public var maximumLegs: Int
    /// Most subscriptions at a time.
    public var maximumSubscriptions: Int
    /// Most bytes of a text that is taken.
    public var maximumText: Int
    /// How often sessions are refreshed (RFC 4028).
    public var sessionTimer = SessionTimer.Policy()
    /// How media is protected.
    public var security = SIPMediaSecurity()
    /// Whose P-Asserted-Identity is believed (RFC 3325).
    public var trustedPeers: [IPNetwork] = []
    /// Whether the factory URI answers with 302 to the new room, rather than with the call in it.
    public var redirectsFactory = false

    /// Who is at home here; nil for nobody.
    public var accounts: SIPAccounts?
    public var authentication = SIPAuthentication.calls
    /// How many calls a second are taken from one address, and from one that is trusted; 0 for no limit.
    public var callsPerSecond = 10
    public var trustedCallsPerSecond = 1000
    /// What digests are made with; without it nobody proves anything.
    public var hashing: Hashing?
    /// Our name and password where calls go, by the host of the route as written.
    public var credentials: [String: DigestUser] = [:]

    /// By name.
    public var trunks: [String: SIPTrunk] = [:]
    /// Makes the user parts of our Contacts at registrars, which nobody can guess; the same over restarts.
    public var lineSecret: [UInt8] = []
    /// Where registrars of personal accounts may be.
    public var personalAccounts = PersonalAccountPolicy()
    /// By which the gateway itself calls, so that personal accounts may not be there; their names are looked up.
    public var operatorHosts: Set<RegistrarHost> = []
    /// Those of trunks whose word on callers is believed, from wherever their names lead to.
    public var trustedHosts: Set<RegistrarHost> = []

    public init(
        localAddress: @escaping @Sendable (SIPTransport, IPAddress) -> SocketAddress?,
        outgoing: [SIPTransport] = [.udp, .tcp], transports: [String: SIPTransport] = [:],
        mediaAddress: @escaping @Sendable (IPAddress) -> IPAddress? = { _ in nil },
        capabilities: Capabilities = .standard, software: String = "Confab", timers: SIPTimers = SIPTimers(),
        ringTimeout: Duration = .seconds(120), subscriptionTime: UInt32 = 3600,
        updateInterval: Duration = .milliseconds(200), maximumLegs: Int = 5000,
        maximumSubscriptions: Int = 10_000, maximumText: Int = 64 * 1024
    ) {
        self.localAddress = localAddress
        self.outgoing = outgoing
        self.transports = transports
        self.mediaAddress = mediaAddress
        self.capabilities = capabilities
        self.software = software
        self.timers = timers
        self.ringTimeout = ringTimeout
        self.subscriptionTime = subscriptionTime
        self.updateInterval = updateInterval
        self.maximumLegs = maximumLegs
        self.maximumSubscriptions = maximumSubscriptions
        self.maximumText = maximumText
    }
}
