public import Primitives

/// A recording of a room; never given out twice.
public struct RecordingID: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let value: UInt64
    public init(_ value: UInt64) { self.value = value }
    public static func < (a: RecordingID, b: RecordingID) -> Bool { a.value < b.value }
    public var description: String { "recording \(value)" }
}

/// What is known of a room's recording while there is one.
///
/// asked for (no file yet, nobody is told) → running (everybody is told) → over.
public struct RoomRecording: Sendable, Hashable {
    public let id: RecordingID
    /// Who asked for it; empty for who runs the server.
    public let startedBy: String
    /// Since when it runs; nil until there is a file.
    public internal(set) var since: WallTime?

    public init(id: RecordingID, startedBy: String, since: WallTime? = nil) {
        self.id = id
        self.startedBy = startedBy
        self.since = since
    }
}

/// Why a recording ended that nobody ended.
public enum RecordingEnd: Sendable, Hashable {
    /// As long as one may be.
    case tooLong
    /// Too little space is left for recordings.
    case noSpace
    /// The file cannot be written, in words.
    case failed(String)

    /// For people.
    public var words: String {
        switch self {
        case .tooLong: "it is as long as a recording may be"
        case .noSpace: "no space is left"
        case .failed(let reason): reason
        }
    }
}
