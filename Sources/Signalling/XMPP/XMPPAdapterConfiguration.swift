import Conference

/// What the XMPP side needs to know.
public struct XMPPAdapterConfiguration: Sendable, Hashable {
    /// The three domains, and which rooms there are.
    public var conference: ConferenceConfiguration
    /// The software's name and version (XEP-0092); the name also stands in service discovery.
    public var softwareName: String
    public var softwareVersion: String
    /// The `node` of entity capabilities (XEP-0115 section 4): a URI of the software.
    public var capsNode: String
    /// The resource under which rooms on the talk domain are there.
    public var roomResource: String
    /// The resource under which numbers on the gateway's domain are there.
    public var gatewayResource: String
    /// Most bytes of a text.
    public var maximumBody: Int
    /// Most presence subscriptions kept, of all contacts together.
    public var maximumSubscriptions: Int
    /// Least time between two COIN documents to the same peer.
    public var updateInterval: Duration
    /// Least time between two presences of a room to the same contact.
    public var presenceInterval = Duration.seconds(5)
    /// Who is blocked, and how much all others may.
    public var limits = XMPPLimits()
    /// Of the service, the same over restarts (XEP-0421 section 4.1).
    public var occupantSecret: [UInt8] = []

    public init(
        conference: ConferenceConfiguration, softwareName: String = "Confab", softwareVersion: String = "1",
        capsNode: String = "urn:confab", roomResource: String = "focus", gatewayResource: String = "gw",
        maximumBody: Int = 64 * 1024, maximumSubscriptions: Int = 100_000,
        updateInterval: Duration = .milliseconds(200)
    ) {
        self.conference = conference
        self.softwareName = softwareName
        self.softwareVersion = softwareVersion
        self.capsNode = capsNode
        self.roomResource = roomResource
        self.gatewayResource = gatewayResource
        self.maximumBody = maximumBody
        self.maximumSubscriptions = maximumSubscriptions
        self.updateInterval = updateInterval
    }
}
