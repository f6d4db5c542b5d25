public import Primitives

/// A conference room as it stands: what documents, presence and pages are made from.
public struct Room: Sendable, Hashable {
    public let name: RoomName
    /// Where its calls hear each other.
    public let mix: MixID
    public internal(set) var created: WallTime
    public var subject: Subject?
    /// Whether nobody else may come in (RFC 4575 section 5.5 `locked`).
    public internal(set) var isLocked = false
    /// Whether, and since when, what is said here is written down.
    public internal(set) var recording: RoomRecording?
    /// Who waits at the door, in the order they came; for moderators.
    public internal(set) var pending: [PendingCaller] = []
    /// In the order they came.
    public var participants: Roster
    /// The last public messages, oldest first, as many as the configuration keeps for who joins.
    public var history: [ChatMessage]

    public init(
        name: RoomName, mix: MixID, created: WallTime, subject: Subject? = nil, participants: Roster = [],
        history: [ChatMessage] = []
    ) {
        self.name = name
        self.mix = mix
        self.created = created
        self.subject = subject
        self.participants = participants
        self.history = history
    }
}
