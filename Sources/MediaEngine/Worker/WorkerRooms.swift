import Conference
import Media

/// A mix and which leg sits in which of its slots.
struct WorkerRoom: ~Copyable {
    let id: MixID
    var mix: MixRoom
    private var legs: [Int?]

    init(_ id: MixID, capacity: Int) {
        self.id = id
        mix = MixRoom(capacity: capacity)
        legs = Array(repeating: nil, count: capacity)
    }

    func leg(in slot: Int) -> Int? { slot >= 0 && slot < legs.count ? legs[slot] : nil }

    mutating func place(_ leg: Int?, in slot: Int) {
        if slot >= 0, slot < legs.count { legs[slot] = leg }
    }

    mutating func growIfFull() {
        guard mix.count == mix.capacity else { return }
        mix.grow(to: mix.capacity * 2)
        legs += Array(repeating: nil, count: mix.capacity - legs.count)
    }
}

/// The rooms of one worker: by number in a tick, by id for commands. A room comes with its first leg, goes with its last.
struct WorkerRooms: ~Copyable {
    private var table = SlotTable<WorkerRoom>()
    private var numbers: [MixID: Int] = [:]

    /// Places in a new room; doubled whenever they are all taken.
    private static let initialCapacity = 8

    var capacity: Int { table.capacity }
    var isEmpty: Bool { table.count == 0 }
    func isTaken(_ number: Int) -> Bool { table.isTaken(number) }

    subscript(_ number: Int) -> UnsafeMutablePointer<WorkerRoom> { table[number] }

    /// Puts a leg's media into a mix; nil, and the media is gone, when its codec cannot be had.
    mutating func add(_ media: consuming MediaLeg, of leg: Int, to mix: MixID) -> (room: Int, slot: Int)? {
        let room: Int
        if let number = numbers[mix] {
            room = number
            table[room].pointee.growIfFull()
        } else {
            room = table.add(WorkerRoom(mix, capacity: WorkerRooms.initialCapacity))
            numbers[mix] = room
        }
        guard let slot = table[room].pointee.mix.add(media) else {
            removeIfEmpty(room)
            return nil
        }
        table[room].pointee.place(leg, in: slot)
        return (room, slot)
    }

    /// Takes a leg's media out of its mix.
    mutating func remove(_ slot: Int, from room: Int) -> MediaLeg? {
        let media = table[room].pointee.mix.remove(slot)
        table[room].pointee.place(nil, in: slot)
        removeIfEmpty(room)
        return media
    }

    private mutating func removeIfEmpty(_ room: Int) {
        guard table[room].pointee.mix.count == 0 else { return }
        numbers[table[room].pointee.id] = nil
        _ = table.remove(room)
    }
}
