public import Primitives

/// A question to a room's archive (XEP-0313 section 4, XEP-0059).
public struct ArchiveQuery: Sendable, Hashable {
    public enum Author: Sendable, Hashable {
        /// The name in the room at the time.
        case name(String)
        /// Bare.
        case address(PeerAddress)
    }

    /// Which part of what fits.
    public enum Part: Sendable, Hashable {
        /// The first ones, or those after a message.
        case forwards(after: String?)
        /// The last ones, or those before a message.
        case backwards(before: String?)
        /// From the one with that number on, counted from 0.
        case from(Int)
    }

    /// Most messages of a page, and most ids of a question.
    public static let limit = 100

    public var room: RoomName
    public var start: WallTime?
    public var end: WallTime?
    public var author: Author?
    /// Only what came before, or after, that message.
    public var beforeID: String?
    public var afterID: String?
    /// Only these.
    public var ids: [String] = []
    public var part = Part.forwards(after: nil)
    /// 0 to count alone.
    public var maximum = ArchiveQuery.limit

    public init(room: RoomName) { self.room = room }
}

/// What an archive says.
public struct ArchivePage: Sendable, Hashable {
    /// Oldest first.
    public var messages: [ChatMessage]
    /// The number of the first of them among all that fit.
    public var index: Int?
    /// How many fit.
    public var count: Int
    /// Whether there is nothing more in the direction of the question.
    public var isComplete: Bool

    public init(messages: [ChatMessage], index: Int?, count: Int, isComplete: Bool) {
        self.messages = messages
        self.index = index
        self.count = count
        self.isComplete = isComplete
    }
}

extension Conference {
    /// Whether somebody with that proven JID may read what was said: whoever may come in, without knowing more.
    public func mayReadArchive(_ name: RoomName, _ reader: PeerAddress) -> Bool {
        guard let state = states[name], state.affiliation(of: reader) != .outcast else { return false }
        if state.room.participants.person(reader) != nil { return true }
        return mayWatch(name, reader, isProven: true, origin: nil)
    }
}
