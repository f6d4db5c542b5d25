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

    subscript(_ number: Int) -> WorkerRoom {
        _read { yield table[number] }
        _modify { yield &table[number] }
    }

    /// Puts a leg's media into a mix.
    /// - Returns: the room's number, the slot, and the slots of legs that had to move when the room grew.
    mutating func add(
        _ media: consuming MediaLeg, of leg: Int, to mix: MixID
    ) -> (room: Int, slot: Int, moved: [(leg: Int, slot: Int)])? {
        let room: Int
        if let number = numbers[mix] {
            room = number
        } else {
            room = table.add(WorkerRoom(mix, capacity: WorkerRooms.initialCapacity))
            numbers[mix] = room
        }
        var moved: [(leg: Int, slot: Int)] = []
        if table[room].mix.count == table[room].mix.capacity { moved = grow(room) }
        guard let slot = table[room].mix.add(media) else { return nil }
        table[room].place(leg, in: slot)
        return (room, slot, moved)
    }

    mutating func remove(_ slot: Int, from room: Int) {
        _ = table[room].mix.remove(slot)
        table[room].place(nil, in: slot)
        guard table[room].mix.count == 0 else { return }
        numbers[table[room].id] = nil
        _ = table.remove(room)
    }

    private mutating func grow(_ room: Int) -> [(leg: Int, slot: Int)] {
        var bigger = WorkerRoom(table[room].id, capacity: table[room].mix.capacity * 2)
        var moved: [(leg: Int, slot: Int)] = []
        for old in 0..<table[room].mix.capacity {
            guard let leg = table[room].leg(in: old), let media = table[room].mix.remove(old),
                let slot = bigger.mix.add(media)
            else { continue }
            bigger.place(leg, in: slot)
            moved.append((leg, slot))
        }
        table[room] = bigger
        return moved
    }
}
