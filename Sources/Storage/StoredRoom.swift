public import Conference
public import Primitives

/// A room as it was kept, for `Conference.restore`.
public struct StoredRoom: Sendable, Hashable {
    public var name: RoomName
    public var created: WallTime
    public var subject: Subject?
    /// The last public messages, oldest first.
    public var history: [ChatMessage]

    /// What its owner decided, and what people are to it.
    public var settings: RoomSettings
    public var affiliates: [Affiliate]

    public init(
        name: RoomName, created: WallTime, subject: Subject?, history: [ChatMessage],
        settings: RoomSettings = RoomSettings(), affiliates: [Affiliate] = []
    ) {
        self.name = name
        self.created = created
        self.subject = subject
        self.history = history
        self.settings = settings
        self.affiliates = affiliates
    }
}
