import Conference
import SIP

/// Where an INVITE leads, by its Request-URI, Replaces and Join.
struct InviteTarget {
    var callee: PeerAddress
    /// User part of our Contact.
    var user: String?
    var isRoom: Bool
    var room: RoomName?
    /// Whether a room is to be made for it.
    var isMaker = false
    /// The call whose place it is to take.
    var replaces: LegID?
    /// Whom it brings along (RFC 5366).
    var invitees: [ReferTarget] = []
}
