import Conference
import Media
import Primitives

/// The rooms of one worker: by number in a tick, by id for commands. A room comes with its first leg, goes with its last.
struct WorkerRooms: ~Copyable {
    private var table = SlotTable<WorkerRoom>()
    private var numbers: [MixID: Int] = [:]
    var wheel = RoomWheel()

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
    mutating func add(_ media: consuming MediaLeg, to number: Int) -> Int? {
        guard let slot = table[number].pointee.mix.add(media) else {
            removeIfEmpty(number)
            return nil
        }
        wheel.weigh(table[number].pointee.place, 1)
        return slot
    }

    /// Takes a leg's media out of its mix.
    mutating func remove(_ slot: Int, from number: Int) -> MediaLeg? {
        let media = table[number].pointee.mix.remove(slot)
        table[number].pointee.empty(slot)
        wheel.weigh(table[number].pointee.place, -1)
        removeIfEmpty(number)
        return media
    }

    /// Takes a room out as it is.
    mutating func take(_ number: Int) -> WorkerRoom? {
        guard table.isTaken(number) else { return nil }
        let place = table[number].pointee.place
        wheel.weigh(place, -table[number].pointee.mix.count)
        if let moved = wheel.remove(place) { table[moved].pointee.place = place }
        numbers[table[number].pointee.id] = nil
        return table.remove(number)
    }

    private mutating func removeIfEmpty(_ number: Int) {
        if table[number].pointee.mix.count == 0 { _ = take(number) }
    }
}
