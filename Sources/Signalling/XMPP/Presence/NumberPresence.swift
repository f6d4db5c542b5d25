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
        let link: PresenceLink
        var isGranted = false
        var devices: [String: PresenceState] = [:]

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
    /// Who watched before the start, and is to be told to the other side, a few at a time.
    private var queue: [Pair]
    private var nextBatch = Instant.zero

    init(_ stored: [(number: JID, user: JID)]) { queue = stored.map { Pair(number: $0.number, user: $0.user) } }

    subscript(watch number: JID, by user: JID) -> Watch? {
        get { watches[Pair(number: number.bare, user: user.bare)] }
        set { watches[Pair(number: number.bare, user: user.bare)] = newValue }
    }

    subscript(watched user: JID, by number: JID) -> Watched? {
        get { watched[Pair(number: number.bare, user: user.bare)] }
        set { watched[Pair(number: number.bare, user: user.bare)] = newValue }
    }

    var watchedCount: Int { watched.count }

    var nextWake: Instant? { queue.isEmpty ? nil : nextBatch }

    /// The next of those who watched before the start.
    mutating func takeDue(by now: Instant) -> [(number: JID, user: JID)] {
        guard !queue.isEmpty, nextBatch <= now else { return [] }
        nextBatch = now + NumberPresence.pause
        let due = queue.prefix(NumberPresence.batch).map { (number: $0.number, user: $0.user) }
        queue.removeFirst(due.count)
        return due
    }
}
