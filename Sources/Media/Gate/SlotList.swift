/// Slots in no order; each is told its place, so that it is taken out at once.
struct SlotList: ~Copyable {
    private var slots: [Int32] = []
    private(set) var count = 0

    init() {}

    /// Room for so many, so that none is made later.
    mutating func reserve(_ limit: Int) { slots.reserveCapacity(limit) }

    subscript(_ index: Int) -> Int { Int(slots[index]) }

    /// - Returns: the slot's place.
    mutating func add(_ slot: Int) -> Int32 {
        if count < slots.count {
            slots[count] = Int32(truncatingIfNeeded: slot)
        } else {
            slots.append(Int32(truncatingIfNeeded: slot))
        }
        count += 1
        return Int32(truncatingIfNeeded: count - 1)
    }

    /// Takes a place out.
    /// - Returns: the slot that has that place now; nil when none has.
    mutating func remove(at place: Int32) -> Int? {
        guard place >= 0, Int(place) < count else { return nil }
        count -= 1
        slots[Int(place)] = slots[count]
        return Int(place) < count ? Int(slots[Int(place)]) : nil
    }
}
