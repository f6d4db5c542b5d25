/// Presence to a room's MUC side.
public struct MUCEntry: Sendable, Hashable {
    public var room: RoomName
    /// The client's full JID.
    public var occupant: PeerAddress
    public var nick: String
    /// `<show/>` and `<status/>` of the presence, relayed to the others.
    public var show: String?
    public var status: String?
    /// Whether `<x xmlns='…/muc'/>` was there: joining, or joining again after losing track.
    public var isJoin: Bool
    /// Upper limits on the history to be sent (XEP-0045 section 7.2.13); nil where not given.
    public var maxHistoryMessages: Int?
    /// What the room's PIN is compared with (XEP-0045 section 7.2.5).
    public var password: String?

    public init(
        room: RoomName, occupant: PeerAddress, nick: String, show: String? = nil, status: String? = nil,
        isJoin: Bool, maxHistoryMessages: Int? = nil, password: String? = nil
    ) {
        self.room = room
        self.occupant = occupant
        self.nick = nick
        self.show = show
        self.status = status
        self.isJoin = isJoin
        self.maxHistoryMessages = maxHistoryMessages
        self.password = password
    }
}
