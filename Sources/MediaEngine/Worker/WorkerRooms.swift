import Conference
import Media
import Primitives

/// The rooms of one worker: by number in a tick, by id for commands. A room comes with its first leg, goes with its last.
struct WorkerRooms: ~Copyable {
    private var table = SlotTable<WorkerRoom>()
    private var numbers: [MixID: Int] = [:]
    var wheel = RoomWheel()
    /// Rooms in which nothing goes on: ten ticks at a time.
    var dozing = RoomWheel(round: 10 * RoomWheel.interval)

    var isEmpty: Bool { table.count == 0 }
    var bound: Int { table.bound }
    func isTaken(_ number: Int) -> Bool { table.isTaken(number) }
    func index(of mix: MixID) -> Int? { numbers[mix] }

    subscript(_ number: Int) -> UnsafeMutablePointer<WorkerRoom> { table[number] }

    /// The room of a mix, made when it is not there.
    mutating func room(of mix: MixID, _ configuration: MixConfiguration, at now: Instant) -> Int {
        if let number = numbers[mix] { return number }
        return add(WorkerRoom(mix, configuration), at: now)
    }

    /// Takes a room in; one that had a deadline keeps it.
    mutating func add(_ room: consuming WorkerRoom, at now: Instant) -> Int {
        let last = room.due == .zero ? nil : Optional(room.due)
        let id = room.id
        let number = table.add(room)
        numbers[id] = number
        let (place, due) = wheel.add(number, at: now, last: last)
        table[number].pointee.place = place
        if last == nil { table[number].pointee.due = due }
        table[number].pointee.weighed = now
        (table[number].pointee.cost, table[number].pointee.packets) = (0, 0)
        wheel.weigh(place, table[number].pointee.mix.count)
        return number
    }

    /// Puts a leg's media into a room; nil, and the media is gone, when its codec cannot be had.
    mutating func add(_ media: consuming MediaLeg, to number: Int, at now: Instant) -> Int? {
        rouse(number, at: now)
        guard let slot = table[number].pointee.mix.add(media) else {
            removeIfEmpty(number)
            return nil
        }
        wheel.weigh(table[number].pointee.place, 1)
        return slot
    }

    /// Takes a leg's media out of its mix.
    mutating func remove(_ slot: Int, from number: Int, at now: Instant) -> MediaLeg? {
        rouse(number, at: now)
        let media = table[number].pointee.mix.remove(slot)
        table[number].pointee.empty(slot)
        wheel.weigh(table[number].pointee.place, -1)
        removeIfEmpty(number)
        return media
    }

    /// Takes a room out as it is.
    mutating func take(_ number: Int) -> WorkerRoom? {
        guard table.isTaken(number) else { return nil }
        leaveWheel(number)
        table[number].pointee.isDozing = false
        numbers[table[number].pointee.id] = nil
        return table.remove(number)
    }

    /// Takes a room out of the wheel it is in.
    private mutating func leaveWheel(_ number: Int) {
        let (place, legs) = (table[number].pointee.place, table[number].pointee.mix.count)
        let moved: Int?
        if table[number].pointee.isDozing {
            dozing.weigh(place, -legs)
            moved = dozing.remove(place)
        } else {
            wheel.weigh(place, -legs)
            moved = wheel.remove(place)
        }
        if let moved { table[moved].pointee.place = place }
    }

    // MARK: Rooms in which nothing goes on

    /// Lets a silent room doze: its ticks come ten at a time.
    mutating func doze(_ number: Int, at now: Instant) {
        guard !table[number].pointee.isDozing else { return }
        leaveWheel(number)
        table[number].pointee.isDozing = true
        table[number].pointee.place = dozing.add(number, at: now).place
        dozing.weigh(table[number].pointee.place, table[number].pointee.mix.count)
    }

    /// Something happens in a room: its ticks come one by one again, in its own phase.
    mutating func rouse(_ number: Int, at now: Instant) {
        guard table[number].pointee.isDozing else { return }
        leaveWheel(number)
        table[number].pointee.isDozing = false
        table[number].pointee.mix.skip(pass(number, now))
        table[number].pointee.place = wheel.add(number, at: now, last: table[number].pointee.due).place
        wheel.weigh(table[number].pointee.place, table[number].pointee.mix.count)
    }

    /// Puts the room's deadline behind `now`.
    /// - Returns: how many passed.
    func pass(_ number: Int, _ now: Instant) -> Int {
        let late = now.nanoseconds - table[number].pointee.due.nanoseconds
        guard late >= 0 else { return 0 }
        let passed = late / RoomWheel.interval + 1
        table[number].pointee.due.nanoseconds += passed * RoomWheel.interval
        return Int(passed)
    }

    private mutating func removeIfEmpty(_ number: Int) {
        if table[number].pointee.mix.count == 0 { _ = take(number) }
    }
}
