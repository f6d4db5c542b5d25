/// How much of group calls there may be.
public struct GroupCallLimits: Sendable, Hashable {
    /// Most that a room's mix tells apart.
    public static let mostOfRoom = 4

    /// Most that a room takes part in, at most `mostOfRoom`; none for 0.
    public var ofRoom = 2
    /// Most that one address invites rooms into, and most of all.
    public var ofInviter = 4
    public var overall = 256
    /// Most who are in a group call beside the room.
    public var peers = 8
    /// How long a room waits for somebody else to come, or to come back, while it has nothing to give to a group call.
    public var patience = Duration.seconds(120)

    public init() {}
}
