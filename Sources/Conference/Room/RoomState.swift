/// A room and what is known about it beyond what is shown.
struct RoomState: Sendable {
    var room: Room
    /// Configured: it stays when its last participant leaves.
    var isPermanent: Bool
    /// The operator's word, and the owner's where there is none.
    var policy: RoomPolicy
    /// What the owner decided.
    var settings = RoomSettings()
    var affiliations = Affiliations()
    var invited = OpenInvitations()
    var isStored = false
    /// Callers who were let in and whose call is being answered.
    var entering: Set<LegID> = []
    /// Who asked for the room, when it was made for somebody who is still to call it.
    var maker: PeerAddress?

    /// Answered calls that are not let in yet, in the order they came.
    var door: [LegID] = []
    /// What was said lately.
    var recent = RecentTexts()
    /// Names that were said, by the leg they were said on.
    var names: [ParticipantID: LegID] = [:]

    init(room: Room, policy: RoomPolicy, isPermanent: Bool, isStored: Bool = false) {
        self.room = room
        self.policy = policy
        self.isPermanent = isPermanent
        self.isStored = isStored
    }
}
