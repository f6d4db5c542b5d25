/// Values of which none can be copied, in places that keep their number; grows by doubling when one is added.
struct SlotTable<Element: ~Copyable>: ~Copyable {
    private var elements: UnsafeMutablePointer<Element>
    private var taken: UnsafeMutablePointer<Bool>
    private(set) var capacity: Int
    private(set) var count = 0

    init() {
        capacity = 16
        elements = .allocate(capacity: capacity)
        taken = .allocate(capacity: capacity)
        taken.initialize(repeating: false, count: capacity)
    }

    deinit {
        for index in 0..<capacity where taken[index] { (elements + index).deinitialize(count: 1) }
        elements.deallocate()
        taken.deallocate()
    }

    func isTaken(_ index: Int) -> Bool { index >= 0 && index < capacity && taken[index] }

    /// Where the element is, until one is added or this one removed. Not a `_read` and a `_modify`: a coroutine that is
    /// not inlined allocates.
    /// - Precondition: the place is taken.
    subscript(_ index: Int) -> UnsafeMutablePointer<Element> {
        precondition(isTaken(index))
        return elements + index
    }

    mutating func add(_ element: consuming Element) -> Int {
        var index = 0
        while index < capacity, taken[index] { index += 1 }
        if index == capacity { grow() }
        (elements + index).initialize(to: element)
        taken[index] = true
        count += 1
        return index
    }

    /// Takes the element out; nil when the place is empty.
    mutating func remove(_ index: Int) -> Element? {
        guard isTaken(index) else { return nil }
        taken[index] = false
        count -= 1
        return (elements + index).move()
    }

    private mutating func grow() {
        let more = UnsafeMutablePointer<Element>.allocate(capacity: capacity * 2)
        let flags = UnsafeMutablePointer<Bool>.allocate(capacity: capacity * 2)
        flags.initialize(repeating: false, count: capacity * 2)
        for index in 0..<capacity where taken[index] {
            (more + index).moveInitialize(from: elements + index, count: 1)
            flags[index] = true
        }
        elements.deallocate()
        taken.deallocate()
        elements = more
        taken = flags
        capacity *= 2
    }
}
