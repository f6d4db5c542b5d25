import Primitives

/// Whether somebody writes to somebody, as known and as told (RFC 3994 section 3).
///
/// idle → active (told) → idle by word, by silence (told), or by the text itself (which says so).
struct ComposingState: Sendable {
    struct Key: Hashable, Sendable {
        let room: RoomName
        let writer: ParticipantID
        /// Nil for everyone.
        let addressee: ParticipantID?
    }

    /// Least time between two notices.
    private static let interval = Duration.seconds(1)
    /// How often it is said again that somebody still writes.
    private static let refresh = Duration.seconds(60)

    private(set) var isActive = false
    private(set) var toldActive = false
    /// When silence means that the writer has stopped.
    private var until = Instant.zero
    private var lastTold: Instant?

    /// Whether there is nothing to remember.
    func isOver(at now: Instant) -> Bool {
        !isActive && !toldActive && lastTold.map { now - $0 >= ComposingState.interval } ?? true
    }

    /// When `due` may say something, or `isOver` change.
    var nextWake: Instant? {
        if isActive != toldActive || !isActive { return lastTold.map { $0 + ComposingState.interval } }
        return until
    }

    mutating func set(_ active: Bool, until: Instant) {
        isActive = active
        self.until = until
    }

    /// The text came, and with it the end of writing.
    mutating func wrote() {
        isActive = false
        toldActive = false
    }

    /// What is to be told now; nil for nothing.
    mutating func due(at now: Instant) -> Bool? {
        if isActive, until <= now { isActive = false }
        let isStale = isActive && lastTold.map { now - $0 >= ComposingState.refresh } ?? true
        guard isActive != toldActive || isStale else { return nil }
        if let lastTold, now - lastTold < ComposingState.interval { return nil }
        toldActive = isActive
        lastTold = now
        return isActive
    }
}
