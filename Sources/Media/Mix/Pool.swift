/// Things that are dear to make, kept for the next who needs one.
struct Pool<Item: ~Copyable>: ~Copyable {
    private var free: [UnsafeMutablePointer<Item>] = []

    init() {}

    deinit { for item in free { Self.destroy(item) } }

    var count: Int { free.count }

    /// Room for so many, so that none is made when one is given back.
    mutating func reserve(_ limit: Int) { free.reserveCapacity(limit) }

    /// One that was given back, the last first; nil when there is none.
    mutating func take() -> UnsafeMutablePointer<Item>? { free.popLast() }

    /// One that suits.
    mutating func take(where suits: (borrowing Item) -> Bool) -> UnsafeMutablePointer<Item>? {
        var index = free.count - 1
        while index >= 0 {
            if suits(free[index].pointee) {
                free.swapAt(index, free.count - 1)
                return free.popLast()
            }
            index -= 1
        }
        return nil
    }

    mutating func give(_ item: UnsafeMutablePointer<Item>) { free.append(item) }

    /// Lets one go, the one that was not needed for the longest time.
    mutating func shrink() {
        guard !free.isEmpty else { return }
        Self.destroy(free.removeFirst())
    }

    static func make(_ item: consuming Item) -> UnsafeMutablePointer<Item> {
        let place = UnsafeMutablePointer<Item>.allocate(capacity: 1)
        place.initialize(to: item)
        return place
    }

    static func destroy(_ item: UnsafeMutablePointer<Item>) {
        item.deinitialize(count: 1)
        item.deallocate()
    }
}
