/// Who asks for something, as far as the edge that asks can tell.
public enum Requester: Sendable, Hashable {
    /// From inside a call.
    case leg(LegID)
    /// From outside of any call.
    case claimant(Claimant)
}

/// A wish whose outcome somebody waits for: made by an adapter, echoed by the domain.
public struct RequestID: Hashable, Sendable {
    public let value: UInt64
    public init(_ value: UInt64) { self.value = value }
}

/// Somebody is to be called into a room (RFC 4579 sections 5.5 and 5.6).
public struct Invitation: Sendable, Hashable {
    /// Nil when the outcome is told as text to who asked.
    public var id: RequestID?
    public var room: RoomName
    /// As dialled.
    public var target: PeerAddress
    /// What whoever asks calls it.
    public var displayName: String?
    public var by: Requester
    /// For the signalling of the target's network alone; the domain only hands it on.
    public var referral: Referral?

    public init(
        id: RequestID?, room: RoomName, target: PeerAddress, displayName: String? = nil, by requester: Requester,
        referral: Referral? = nil
    ) {
        self.id = id
        self.room = room
        self.target = target
        self.displayName = displayName
        by = requester
        self.referral = referral
    }
}

/// What a referred call is to carry on the SIP side.
public struct Referral: Sendable, Hashable {
    /// The dialog that the called phone is to replace (RFC 3891), as the value of Replaces.
    public var replaces: String?
    /// Who referred, as the value of Referred-By (RFC 3892).
    public var referredBy: String?

    public init(replaces: String?, referredBy: String?) {
        self.replaces = replaces
        self.referredBy = referredBy
    }
}

/// Somebody is to be taken out of a room (RFC 4579 section 5.11).
public struct Expulsion: Sendable, Hashable {
    public enum Target: Sendable, Hashable {
        case participant(ParticipantID)
        /// By own address, by the room's with the name as resource, or as dialled out to.
        case address(PeerAddress)
    }

    public var id: RequestID?
    public var room: RoomName
    public var target: Target
    public var by: Requester

    public init(id: RequestID?, room: RoomName, target: Target, by requester: Requester) {
        self.id = id
        self.room = room
        self.target = target
        by = requester
    }
}

/// How far a wish has come: refused; or trying, perhaps ringing, and done or failed.
public enum RequestProgress: Sendable, Hashable {
    case refused(EndReason)
    case trying
    case ringing
    case done
    case failed(EndReason)
}
