import Conference
import Primitives

/// How many are in the call of each room, as its contacts were told: told anew at most once in a while, and the last
/// number always.
struct TalkStates: Sendable {
    private struct State: Alarmed, Sendable {
        var told: Int
        var due: Instant?
        /// Before this it is not told again.
        var resting = Instant.zero
        var nextWake: Instant? { due }
    }

    /// What comes together is told together.
    private static let settling = Duration.milliseconds(300)

    private let interval: Duration
    /// Of rooms whose contacts were told something else than that nobody is there, or are to be.
    private var states = AlarmTable<RoomName, State>()

    /// - Parameter interval: least time between two presences to the same contact.
    init(interval: Duration) { self.interval = interval }

    var nextWake: Instant? { states.nextWake }
    var count: Int { states.count }

    /// What the contacts of a room know, or are to know from now on: those who ask later are told the same.
    mutating func known(_ room: RoomName, _ live: () -> Int) -> Int {
        if let state = states[room] { return state.told }
        let count = live()
        if count > 0 { states[room] = State(told: count) }
        return count
    }

    /// A room changed, in this way or another.
    mutating func changed(_ room: RoomName, at now: Instant) {
        guard states[room]?.due == nil else { return }
        var state = states[room] ?? State(told: 0)
        state.due = max(now + TalkStates.settling, state.resting)
        states[room] = state
    }

    /// The rooms whose contacts are to be told a number, and which.
    mutating func takeDue(by now: Instant, _ live: (RoomName) -> Int) -> [(room: RoomName, count: Int)] {
        var news: [(room: RoomName, count: Int)] = []
        for room in states.takeDue(by: now).sorted() {
            guard var state = states[room] else { continue }
            let count = live(room)
            state.due = nil
            if count != state.told {
                state.told = count
                state.resting = now + interval
                news.append((room, count))
            }
            // Kept while it says more than none would: a number, or that it was told just now.
            if state.told == 0, state.resting > now { state.due = state.resting }
            states[room] = state.told == 0 && state.due == nil ? nil : state
            states.arm(room)
        }
        return news
    }

    /// Everybody is told everything anew.
    mutating func forget() { states = AlarmTable() }
}

extension Room {
    /// How many are in its call.
    var talkers: Int {
        participants.count { person in
            person.endpoints.contains {
                !$0.isMUC && [.connected, .onHold, .mutedViaFocus].contains($0.status)
            }
        }
    }
}
