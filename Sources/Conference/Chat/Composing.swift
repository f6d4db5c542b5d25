/// Somebody writes, or has stopped (RFC 3994, XEP-0085).
public struct Composing: Sendable, Hashable {
    public var room: RoomName
    /// Full address of who writes.
    public var writer: PeerAddress
    public var leg: LegID?
    public var via: TextPath
    public var audience: Submission.Audience
    public var isActive: Bool
    /// After how long without another word it has stopped.
    public var lasts: Duration

    public init(
        room: RoomName, writer: PeerAddress, leg: LegID? = nil, via: TextPath, audience: Submission.Audience,
        isActive: Bool, lasts: Duration = .seconds(120)
    ) {
        self.room = room
        self.writer = writer
        self.leg = leg
        self.via = via
        self.audience = audience
        self.isActive = isActive
        self.lasts = lasts
    }
}

/// What readers are told of who writes.
public struct ComposingNotice: Sendable, Hashable {
    /// By name in the room.
    public var writer: String
    public var audience: ChatMessage.Audience
    public var isActive: Bool
    /// How long this holds when nothing more is said.
    public var lasts: Duration
}
