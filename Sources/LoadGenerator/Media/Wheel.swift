import Primitives

/// Who sends when: 20 ms in slots of half a millisecond, one after the other.
///
/// Participants are spread by the golden ratio, so that however many have joined, they lie evenly. What is held back
/// goes to a later slot, up to a second away.
struct Wheel {
    static let slots = 40
    static let slot = Duration.microseconds(500)
    private static let ahead = 2048

    /// A packet that was held back.
    struct Held {
        var participant: Int32
        var frame: Int32
        var sequence: UInt16
        var timestamp: UInt32
        var marker: Bool
    }

    private(set) var members: [[Int32]] = Array(repeating: [], count: Wheel.slots)
    private var held: [[Held]] = Array(repeating: [], count: Wheel.ahead)
    /// Slots since the beginning.
    private(set) var position: Int64 = 0
    private let start: Instant

    init(start: Instant) { self.start = start }

    /// When the slot at `position` is due.
    var due: Instant {
        Instant(nanoseconds: start.nanoseconds &+ position &* Wheel.slot.nanoseconds)
    }

    /// The slot of the n-th to join.
    static func slot(of number: Int) -> Int {
        let turns = Double(number) * 0.618_033_988_749_895
        return Int((turns - turns.rounded(.down)) * Double(slots))
    }

    /// Puts a participant into a slot, beside others of its socket.
    mutating func add(_ participant: Int32, slot: Int, order: (Int32) -> Int32) {
        let key = order(participant)
        let place = members[slot].firstIndex { order($0) > key } ?? members[slot].endIndex
        members[slot].insert(participant, at: place)
    }

    mutating func remove(_ participant: Int32) {
        for slot in 0..<Wheel.slots { members[slot].removeAll { $0 == participant } }
    }

    /// The members of the slot at `position`.
    var current: Int { Int(position % Int64(Wheel.slots)) }

    mutating func hold(_ packet: Held, slots: Int) {
        held[Int((position &+ Int64(min(max(slots, 1), Wheel.ahead - 1))) % Int64(Wheel.ahead))].append(packet)
    }

    /// What was held back for the slot at `position`.
    mutating func takeHeld() -> [Held] {
        let place = Int(position % Int64(Wheel.ahead))
        if held[place].isEmpty { return [] }
        defer { held[place].removeAll(keepingCapacity: true) }
        return held[place]
    }

    mutating func advance() { position &+= 1 }
}
