import Primitives

/// A group call of clients (XEP-0272) that a room takes part in; the adapter that hears of it gives the number out.
public struct GroupCallID: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let value: UInt64
    public init(_ value: UInt64) { self.value = value }
    public static func < (a: GroupCallID, b: GroupCallID) -> Bool { a.value < b.value }
    public var description: String { "group call \(value)" }
}

/// Somebody invites a room into a group call (XEP-0482).
public struct GroupCallInvitation: Sendable, Hashable {
    public var id: GroupCallID
    public var room: RoomName
    /// The full address of who invites.
    public var inviter: PeerAddress
    /// The MUC in which the group call is coordinated.
    public var place: PeerAddress

    public init(id: GroupCallID, room: RoomName, inviter: PeerAddress, place: PeerAddress) {
        self.id = id
        self.room = room
        self.inviter = inviter
        self.place = place
    }
}

/// What happens in a group call, in the domain's terms.
public enum GroupCallEvent: Sendable, Hashable {
    case invited(GroupCallInvitation)
    /// One who is in it, by full address, is to be called by the room.
    case found(GroupCallID, PeerAddress, name: String?)
    /// One is in it no longer.
    case left(GroupCallID, PeerAddress)
    /// The room is in it no longer.
    case ended(GroupCallID)
}

/// What a room wants of a group call.
public enum GroupCallOrder: Sendable, Hashable {
    case join
    case refuse(EndReason)
    case leave
}

/// A group call as the domain keeps it.
struct GroupCall: Sendable {
    let invitation: GroupCallInvitation
    /// By which the room's mix knows it, from 1.
    let number: UInt8
    /// Since when nobody is in the room's call but those of the group.
    var lonelySince: Instant?
}
