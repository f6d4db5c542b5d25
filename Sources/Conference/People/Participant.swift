public import MediaDescription
public import Primitives

/// Somebody in a room (RFC 4575 `user`).
public struct Participant: Sendable, Hashable, Identifiable {
    public let id: ParticipantID
    /// Bare address; for one who is there by SIP and XMPP under addresses that cannot be told to be one person's,
    /// there are two participants.
    public var address: PeerAddress
    /// Unique in the room; nick on the XMPP side, `gr` and display name on the SIP side.
    public var name: String
    public var role: Role
    /// What it is to the room, as far as its address is believed.
    public var affiliation = Affiliation.none
    /// Whether it wants to speak.
    public var hasHandUp = false
    /// In the order they came; never empty.
    public var endpoints: [Endpoint]

    public init(id: ParticipantID, address: PeerAddress, name: String, role: Role, endpoints: [Endpoint]) {
        self.id = id
        self.address = address
        self.name = name
        self.role = role
        self.endpoints = endpoints
    }
}

/// What a participant may do.
public enum Role: String, Sendable, Hashable { case moderator, speaker, listener }

/// One way in which a participant is there (RFC 4575 `endpoint`).
public struct Endpoint: Sendable, Hashable, Identifiable {
    public enum Kind: Sendable, Hashable {
        case call(LegID)
        /// `show` and `status` as last sent.
        case muc(show: String?, status: String?)
    }

    public let id: EndpointID
    public var kind: Kind
    /// Full address: SIP identity, or full JID.
    public var address: PeerAddress
    public var status: EndpointStatus
    public var joiningMethod: JoiningMethod
    public var joined: WallTime
    /// SSRC under which this endpoint's audio is known; nil until it sent some.
    public var source: UInt32?
    /// As the participant sees it.
    public var direction: StreamDirection
    public var takesText: Bool
    /// How it ended, when `status` is disconnected.
    public var disconnection: Disconnection?
    /// Whether it has proven on the SIP side whose it is.
    public var isAuthenticated = false
    /// Who that proves it to be, where it hides that from the others.
    public var account: PeerAddress?
    /// The host that its call came from; nil for whom we called, and on the XMPP side.
    public var origin: String?
    /// By whom it was called in; nil for who came by itself.
    public var invited: Invited?
    /// The group call of clients by way of which it is there.
    public var group: GroupCallID?
    /// Languages that whoever sits there reads, the best first, as tags (RFC 5646).
    public var languages: [String] = []
    /// What the focus does to this call: nobody hears it, it hears nobody.
    public var isMuted = false
    public var isDeaf = false

    public init(
        id: EndpointID, kind: Kind, address: PeerAddress, status: EndpointStatus, joiningMethod: JoiningMethod,
        joined: WallTime, source: UInt32? = nil, direction: StreamDirection = .sendrecv, takesText: Bool
    ) {
        self.id = id
        self.kind = kind
        self.address = address
        self.status = status
        self.joiningMethod = joiningMethod
        self.joined = joined
        self.source = source
        self.direction = direction
        self.takesText = takesText
    }

    /// Which way media flows in effect, as the participant sees it (RFC 4575 section 5.8.5).
    public var effectiveDirection: StreamDirection {
        StreamDirection(sends: direction.sends && !isMuted, receives: direction.receives && !isDeaf)
    }

    public var leg: LegID? { if case .call(let leg) = kind { leg } else { nil } }
    public var isMUC: Bool { leg == nil }
}

/// RFC 4575 section 5.7.4.
public enum EndpointStatus: String, Sendable, Hashable {
    case pending
    case dialingOut = "dialing-out"
    case dialingIn = "dialing-in"
    case alerting
    case onHold = "on-hold"
    case connected
    case mutedViaFocus = "muted-via-focus"
    case disconnecting
    case disconnected
}

/// RFC 4575 section 5.7.5.
public enum JoiningMethod: String, Sendable, Hashable {
    case dialedIn = "dialed-in"
    case dialedOut = "dialed-out"
    case focusOwner = "focus-owner"
}
