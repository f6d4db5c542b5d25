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

/// The last dialogs that ended, so that who refers to one of them learns that it is over.
struct EndedDialogs {
    private static let limit = 512
    private var order: [DialogID] = []
    private var known: Set<DialogID> = []
    private var next = 0

    func contains(_ id: DialogID) -> Bool { known.contains(id) }

    mutating func insert(_ id: DialogID) {
        guard known.insert(id).inserted else { return }
        guard order.count == EndedDialogs.limit else { return order.append(id) }
        known.remove(order[next])
        order[next] = id
        next = (next + 1) % EndedDialogs.limit
    }
}
