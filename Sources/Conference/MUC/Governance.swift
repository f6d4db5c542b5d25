/// What owners and admins do with a room, from inside or outside of it (XEP-0045 sections 9 and 10).
public enum Governance: Sendable, Hashable {
    /// All of them, or none.
    case affiliate([AffiliationChange])
    case configure(RoomSettings)
    case destroy(RoomDestruction)
}

/// Somebody is to be something else to a room.
public struct AffiliationChange: Sendable, Hashable {
    public enum Target: Sendable, Hashable {
        /// An address, on the XMPP side also one of the gateway's for somebody on the SIP side.
        case address(PeerAddress)
        /// Somebody in the room.
        case named(String)
    }

    public var target: Target
    public var affiliation: Affiliation
    public var reason: String?

    public init(_ target: Target, _ affiliation: Affiliation, reason: String? = nil) {
        self.target = target
        self.affiliation = affiliation
        self.reason = reason
    }
}

/// The end of a room by its owner's word (XEP-0045 section 10.9).
public struct RoomDestruction: Sendable, Hashable {
    public var reason: String?
    /// Where the talk goes on.
    public var alternate: PeerAddress?

    public init(reason: String?, alternate: PeerAddress?) {
        self.reason = reason
        self.alternate = alternate
    }
}

/// Why an occupant of the MUC is out that did not leave (XEP-0045 section 15.6.2).
public enum MUCExit: Sendable, Hashable {
    /// 307.
    case kicked
    /// 301.
    case banned
    /// 321: no member any more, where only members may be.
    case membershipLost
    /// 322: the room has become one for members.
    case membersOnly
}

/// Who governs: what he is to the room, not what he says.
struct Governor {
    var affiliation: Affiliation
    /// Bare; nil for who runs the server.
    var address: PeerAddress?
    /// The name in the room, for who is in it.
    var name: String?
}

/// An invitation that the room passes on (XEP-0045 section 7.8.2).
public struct MUCInvitation: Sendable, Hashable {
    /// Full address of an occupant.
    public var inviter: PeerAddress
    public var invitee: PeerAddress
    public var reason: String?
    /// What opens the room, which who invites knows.
    public var password: String?

    public init(inviter: PeerAddress, invitee: PeerAddress, reason: String?, password: String? = nil) {
        self.inviter = inviter
        self.invitee = invitee
        self.reason = reason
        self.password = password
    }
}

/// A message is to be taken back (XEP-0424, XEP-0425).
public struct Retraction: Sendable, Hashable {
    /// The id that the room gave it.
    public var messageID: String
    /// What stands in its place in the archive, as `ChatMessage.payload`.
    public var tombstone: String

    public init(messageID: String, tombstone: String) {
        self.messageID = messageID
        self.tombstone = tombstone
    }
}
