import Conference
import Primitives
import XMPP

/// Presence across the gateway, on the XMPP side (RFC 8048): how numbers are there for the users who have them as contacts,
/// and how users are there for the phones that watch them.
struct NumberPresence: Sendable {
    /// A user who watches a number, and what is known of that.
    struct Watch: Sendable {
        let link: PresenceLink
        var states: [PresenceState]?
    }

    /// A user whom a phone watches, and on which devices it is there.
    struct Watched: Sendable {
        static let mostDevices = 16
        static let mostLinks = 16
        /// Several where phones write the user's address, or their own, in several ways.
        var links: [PresenceLink]
        var isGranted = false
        var devices: [String: PresenceState] = [:]

        func tell(_ event: PresenceEvent) -> [Command] { links.map { .presence($0, event) } }

        var states: [PresenceState] { devices.values.sorted { $0.device < $1.device } }
    }

    private struct Pair: Hashable {
        let number: JID
        let user: JID
    }

    static let limit = 10_000
    private static let pause = Duration.milliseconds(200)
    private static let batch = 10
    private var watches: [Pair: Watch] = [:]
    private var watched: [Pair: Watched] = [:]
    /// Who watched before the start, and is to be told to the other side, a few at a time; the last first.
    private var queue: [Pair]
    /// Users who are to be looked up again, as we heard nothing of them for a while.
    private var missed: [Pair] = []
    private var nextBatch = Instant.zero
    var asked = AskedUsers()

    init(_ stored: [(number: JID, user: JID)]) {
        queue = stored.reversed().map { Pair(number: $0.number, user: $0.user) }
    }

    subscript(watch number: JID, by user: JID) -> Watch? {
        get { watches[Pair(number: number.bare, user: user.bare)] }
        set { watches[Pair(number: number.bare, user: user.bare)] = newValue }
    }

    subscript(watched user: JID, by number: JID) -> Watched? {
        get { watched[Pair(number: number.bare, user: user.bare)] }
        set { watched[Pair(number: number.bare, user: user.bare)] = newValue }
    }

    var watchedCount: Int { watched.count }

    var nextWake: Instant? { queue.isEmpty && missed.isEmpty ? nil : nextBatch }

    /// The next of those who watched before the start, and of those who are to be looked up.
    mutating func takeDue(
        by now: Instant
    ) -> (watches: [(number: JID, user: JID)], lookups: [(number: JID, user: JID)]) {
        guard nextBatch <= now, !queue.isEmpty || !missed.isEmpty else { return ([], []) }
        nextBatch = now + NumberPresence.pause
        return (NumberPresence.takeBatch(&queue), NumberPresence.takeBatch(&missed))
    }

    private static func takeBatch(_ pairs: inout [Pair]) -> [(number: JID, user: JID)] {
        let due = pairs.suffix(batch).reversed().map { (number: $0.number, user: $0.user) }
        pairs.removeLast(due.count)
        return due
    }

    /// What became of users while our stream was down nobody told us.
    mutating func lookAgain() {
        missed = watched.filter { $0.value.isGranted }.map(\.key).sorted {
            ($0.user.description, $0.number.description) > ($1.user.description, $1.number.description)
        }
    }
}
