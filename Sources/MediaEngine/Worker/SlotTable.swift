/// Values of which none can be copied, in places that keep their number and their address: pages are added, never moved,
/// and a place that was left is the next to be taken.
///
/// `@unchecked Sendable`: all memory belongs to this value alone, which cannot be copied.
struct SlotTable<Element: ~Copyable>: ~Copyable, @unchecked Sendable {
    private struct Page {
        let elements: UnsafeMutablePointer<Element>
        let taken: UnsafeMutablePointer<Bool>
    }

    private static var pageShift: Int { 5 }
    private static var pageSize: Int { 1 << pageShift }

    private var pages: [Page] = []
    /// Places left, the last one first.
    private var free: [Int] = []
    /// One more than the highest place ever taken.
    private(set) var bound = 0
    private(set) var count = 0

    init() {}

    deinit {
        for index in 0..<bound where isTaken(index) { place(index).deinitialize(count: 1) }
        for page in pages {
            page.elements.deallocate()
            page.taken.deallocate()
        }
    }

    func isTaken(_ index: Int) -> Bool {
        index >= 0 && index < bound && pages[index >> Self.pageShift].taken[index & (Self.pageSize - 1)]
    }

    /// Where the element is, until it is removed. Not a `_read` and a `_modify`: a coroutine that is not inlined
    /// allocates.
    /// - Precondition: the place is taken.
    subscript(_ index: Int) -> UnsafeMutablePointer<Element> {
        precondition(isTaken(index))
        return place(index)
    }

    private func place(_ index: Int) -> UnsafeMutablePointer<Element> {
        pages[index >> Self.pageShift].elements + (index & (Self.pageSize - 1))
    }

    mutating func add(_ element: consuming Element) -> Int {
        let index: Int
        if let left = free.popLast() {
            index = left
        } else {
            index = bound
            if index >> Self.pageShift == pages.count { addPage() }
            bound += 1
        }
        place(index).initialize(to: element)
        pages[index >> Self.pageShift].taken[index & (Self.pageSize - 1)] = true
        count += 1
        return index
    }

    /// Takes the element out; nil when the place is empty.
    mutating func remove(_ index: Int) -> Element? {
        guard isTaken(index) else { return nil }
        pages[index >> Self.pageShift].taken[index & (Self.pageSize - 1)] = false
        free.append(index)
        count -= 1
        return place(index).move()
    }

    private mutating func addPage() {
        let page = Page(elements: .allocate(capacity: Self.pageSize), taken: .allocate(capacity: Self.pageSize))
        page.taken.initialize(repeating: false, count: Self.pageSize)
        pages.append(page)
    }
}
