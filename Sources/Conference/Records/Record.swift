public import Primitives

/// What is kept.
public enum Record: Sendable, Hashable {
    case roomCreated(RoomName, at: WallTime)
    case roomRemoved(RoomName)
    case subject(RoomName, Subject)
    case message(RoomName, ChatMessage)
    /// A message is taken back, if it is there and that author's; by anybody where there is none.
    case retraction(RoomName, Retraction, author: PeerAddress?)
    case settings(RoomName, RoomSettings)
    /// `.none` takes the entry away.
    case affiliation(RoomName, Affiliate)
    /// A leg, as it stands.
    case call(CallRecord)
    /// What somebody has used of quotas today.
    case usage(CallUsage)
    case personalAccount(PersonalAccount)
    case personalAccountRemoved(PeerAddress)
}
