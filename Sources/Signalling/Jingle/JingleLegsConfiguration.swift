/// What the Jingle side of the XMPP adapter is told at start.
public struct JingleLegsConfiguration: Sendable, Hashable {
    /// The component domain under which rooms are called; their JIDs are a conference's focus.
    public var talkDomain: String
    /// The component domain of the gateway.
    public var gatewayDomain: String
    /// The resource under which a room's JID takes calls: `demo@talk.example.org/focus`.
    public var talkResource: String
    /// The resource under which a gateway JID takes and places calls: `100@sip.example.org/gw`.
    public var gatewayResource: String
    /// How long a proposal of ours waits for a device to proceed.
    public var proposeTimeout: Duration
    /// How long a device may take to say that it rings before the caller is told so all the same. Dino never says it, and
    /// Conversations to contacts alone.
    public var alertTimeout = Duration.seconds(3)
    /// After how long a `reject` without a reason is a device that gave up by itself, as Conversations does after 30 seconds, and
    /// not a person who declined.
    public var unansweredTimeout = Duration.seconds(29)
    /// How long a device that proceeded may take to accept the session.
    public var acceptTimeout: Duration
    /// How long a caller may take from our `proceed` to its session-initiate.
    public var initiateTimeout: Duration
    /// How long a session-initiate or session-accept waits for its IQ answer.
    public var requestTimeout: Duration
    /// Most calls of one bare JID that are not answered yet; one more is told that we are busy.
    public var maximumPending: Int
    /// Most calls of all that are not answered yet.
    public var maximumPendingOverall: Int
    /// How many calls may come from one JID and from one domain, and the domains of which that is not counted.
    public var limits = XMPPLimits()
    public var ownDomains: Set<String> = []

    public init(
        talkDomain: String, gatewayDomain: String, talkResource: String = "focus", gatewayResource: String = "gw",
        proposeTimeout: Duration = .seconds(45), acceptTimeout: Duration = .seconds(60),
        initiateTimeout: Duration = .seconds(30), requestTimeout: Duration = .seconds(30), maximumPending: Int = 8,
        maximumPendingOverall: Int = 1000
    ) {
        self.talkDomain = talkDomain
        self.gatewayDomain = gatewayDomain
        self.talkResource = talkResource
        self.gatewayResource = gatewayResource
        self.proposeTimeout = proposeTimeout
        self.acceptTimeout = acceptTimeout
        self.initiateTimeout = initiateTimeout
        self.requestTimeout = requestTimeout
        self.maximumPending = maximumPending
        self.maximumPendingOverall = maximumPendingOverall
    }

    /// The resource under which we take calls in a domain; nil when it is not one of ours.
    func resource(in domain: String) -> String? {
        switch domain {
        case talkDomain: talkResource
        case gatewayDomain: gatewayResource
        default: nil
        }
    }
}
