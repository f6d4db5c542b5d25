public import Primitives

/// What the operator decided; read once at start.
public struct ConferenceConfiguration: Sendable, Hashable {
    /// The domain under which rooms are called: `talk.example.org`.
    public var talkDomain: String
    /// The domain of the rooms' MUC side: `rooms.example.org`.
    public var roomsDomain: String
    /// The domain of the gateway: `sip.example.org`.
    public var gatewayDomain: String
    /// XMPP domains whose users SIP callers reach as `sip:user@domain`.
    public var bridgedDomains: Set<String>
    /// Rooms that are always there.
    public var rooms: [RoomName]
    /// What was decided about single rooms.
    public var policies: [RoomName: RoomPolicy]
    /// What holds for rooms that are made on first use.
    public var policyOnUse: RoomPolicy
    /// What keys do in a call.
    public var keys: KeyActions
    /// How the others are told that somebody comes or goes.
    public var announcements: Announcements
    /// Whether any other room name makes a room on first use, which ends with its last participant.
    public var createsRooms: Bool
    /// How many past messages greet who joins the MUC.
    public var historyLength: Int
    /// Most participants in one room.
    public var maximumParticipants: Int
    /// Most rooms made on first use at a time, and most made by one XMPP user.
    public var maximumRooms = 10_000
    public var maximumRoomsOfOne = 20
    /// Where the gateway may call, first match wins; what none matches is refused.
    public var routes: [GatewayRoute]
    /// By which the routes may lead, by name.
    public var trunks: [String: Trunk] = [:]
    /// How numbers are dialled here.
    public var numbers = NumberPlan()
    /// Names that stand for numbers and SIP addresses, in lower case.
    public var aliases: [String: String] = [:]
    /// Who may call which of them, and how much.
    public var calling = CallingConfiguration()
    /// How long somebody called from a room is rung.
    public var ringTime = Duration.seconds(60)
    /// Who may have others called into a room.
    public var dialOut = DialOutPolicy.everyone
    /// Most who are called from a room at a time, by one list or several.
    public var maximumInvitations = 50
    /// The name at which a call makes a room (RFC 4579 section 5.4); nil for none.
    public var factory: RoomName?
    /// How many texts a second one participant may write; in a burst, five times as many.
    public var textsPerSecond = 10
    /// Whether rooms may be recorded: there is a folder for it.
    public var records = false

    /// How much of group calls of clients there may be.
    public var groupCalls = GroupCallLimits()

    /// Who is at home on the SIP side; nil for nobody.
    public var accounts: AccountDirectory?
    /// Whether SIP callers are somebody only if they can prove it.
    public var wantsProof = false
    /// SIP hosts that say who somebody is and are believed.
    public var trustedPeers: [IPNetwork] = []
    public var gatewayPolicy = GatewayPolicy.everyone
    /// Accounts under which the whole gateway is reached.
    public var lines: [LineAccount] = []
    /// Whose numbers are, first match wins.
    public var numberRules: [NumberRule] = []
    /// Where calls to XMPP users go that are not taken: an address, or a number that the routes know.
    public var voicemail: String?
    public var voicemailOccasions = VoicemailOccasion.usual
    /// How long an XMPP user who is called from the SIP side is rung.
    public var bridgeRingTime = Duration.seconds(45)
    public var personalAccounts = PersonalAccountPolicy()
    /// What can be done in a bridged call.
    public var inCall = InCallConfiguration()

    public init(
        talkDomain: String, roomsDomain: String, gatewayDomain: String, bridgedDomains: Set<String> = [],
        rooms: [RoomName] = [], createsRooms: Bool = true, historyLength: Int = 20, maximumParticipants: Int = 1000,
        routes: [GatewayRoute] = [], policies: [RoomName: RoomPolicy] = [:],
        policyOnUse: RoomPolicy = RoomPolicy(firstIsModerator: true), keys: KeyActions = KeyActions(),
        announcements: Announcements = .none
    ) {
        self.talkDomain = talkDomain
        self.roomsDomain = roomsDomain
        self.gatewayDomain = gatewayDomain
        self.bridgedDomains = bridgedDomains
        self.rooms = rooms
        self.createsRooms = createsRooms
        self.historyLength = historyLength
        self.maximumParticipants = maximumParticipants
        self.routes = routes
        self.policies = policies
        self.policyOnUse = policyOnUse
        self.keys = keys
        self.announcements = announcements
    }

    /// What holds for a room.
    func policy(of name: RoomName) -> RoomPolicy {
        policies[name] ?? (rooms.contains(name) ? RoomPolicy() : policyOnUse)
    }
}

/// How those in a room are told that a caller comes or goes.
public enum Announcements: String, Sendable, Hashable, CaseIterable { case none, tone }

/// One rule of where the gateway calls.
public struct GatewayRoute: Sendable, Hashable {
    /// Matches the user part dialled: literal characters, `?` for any one, `*` for any run; `100`, `+49*`, `*`.
    public var pattern: String
    /// The host, with `:port` where it is not 5060, that gets the call with the dialled user part.
    public var host: String
    /// The trunks by which such calls go, the next one when one fails; `host` is the first one's then.
    public var trunks: [String]

    public init(pattern: String, host: String, trunks: [String] = []) {
        self.pattern = pattern
        self.host = host
        self.trunks = trunks
    }
}
