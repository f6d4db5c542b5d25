import Primitives

/// The deadlines of rooms: twenty phases of a round, so that a thousand rooms do not fire at once. A room stays in its
/// phase; its next deadline is a round after the last. Adding, removing and going round cost the same for any number.
struct RoomWheel: ~Copyable {
    /// Nanoseconds between the ticks of a room.
    static let interval: Int64 = 20_000_000
    static let phases = 20
    /// Nanoseconds from one phase to the next.
    private let spacing: Int64

    /// Numbers of the rooms, by phase; a room knows its place.
    private var rooms: [[Int32]] = Array(repeating: [], count: phases)
    /// Legs a phase has to serve.
    private var legs: [Int] = Array(repeating: 0, count: phases)
    private var count = 0
    /// The next step that was not looked at, in steps since the clock's origin.
    private var cursor: Int64 = 0

    /// - Parameter round: nanoseconds after which each phase comes again.
    init(round: Int64 = interval) { spacing = round / Int64(Self.phases) }

    var isEmpty: Bool { count == 0 }

    /// The phase with the least to do; of several that are equal the one farthest from others would be no better.
    private var quietest: Int {
        var best = 0
        for phase in 1..<Self.phases
        where (legs[phase], rooms[phase].count) < (legs[best], rooms[best].count) { best = phase }
        return best
    }

    /// Takes a room in.
    /// - Parameter last: its last deadline, when it had one; it keeps its phase then.
    /// - Returns: its place, and the first deadline after `now`.
    mutating func add(_ room: Int, at now: Instant, last: Instant? = nil) -> (place: Place, due: Instant) {
        let current = now.nanoseconds / spacing
        if count == 0 { cursor = current }
        let phase =
            if let last { Int((last.nanoseconds / spacing) % Int64(Self.phases)) } else { quietest }
        let ahead = (Int64(phase) - current % Int64(Self.phases) + Int64(Self.phases)) % Int64(Self.phases)
        let step = current + (ahead == 0 ? Int64(Self.phases) : ahead)
        rooms[phase].append(Int32(truncatingIfNeeded: room))
        count += 1
        return (Place(phase: phase, index: rooms[phase].count - 1), Instant(nanoseconds: step * spacing))
    }

    /// Where a room is.
    struct Place { var phase = 0, index = 0 }

    /// Takes a room out.
    /// - Returns: the room that has its place now, if any.
    mutating func remove(_ place: Place) -> Int? {
        let last = rooms[place.phase].count - 1
        guard place.index <= last else { return nil }
        count -= 1
        let moved = rooms[place.phase][last]
        rooms[place.phase].removeLast()
        guard place.index < last else { return nil }
        rooms[place.phase][place.index] = moved
        return Int(moved)
    }

    /// Legs came to or went from a room.
    mutating func weigh(_ place: Place, _ change: Int) { legs[place.phase] += change }

    /// How many rooms a phase has.
    func count(in phase: Int) -> Int { rooms[phase].count }

    /// The room at a place.
    func room(_ phase: Int, _ index: Int) -> Int { Int(rooms[phase][index]) }

    /// The next phase whose time has come, once for each time; steps long past are looked at only once.
    mutating func nextDue(_ now: Instant) -> Int? {
        guard count > 0 else { return nil }
        let current = now.nanoseconds / spacing
        if current - cursor >= Int64(Self.phases) { cursor = current - Int64(Self.phases) + 1 }
        while cursor <= current {
            let phase = Int(cursor % Int64(Self.phases))
            cursor += 1
            if !rooms[phase].isEmpty { return phase }
        }
        return nil
    }

    /// When the next phase with a room comes; nil without rooms.
    var next: Instant? {
        guard count > 0 else { return nil }
        for ahead in 0..<Int64(Self.phases) where !rooms[Int((cursor + ahead) % Int64(Self.phases))].isEmpty {
            return Instant(nanoseconds: (cursor + ahead) * spacing)
        }
        return nil
    }
}
