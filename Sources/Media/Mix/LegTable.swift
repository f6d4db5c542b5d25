/// Legs by slot, in pages that never move: a leg comes and goes in the same time however many there are.
struct LegTable: ~Copyable {
    static let pageSize = 32

    struct Page {
        let legs: UnsafeMutablePointer<MediaLeg>
        let seats: UnsafeMutablePointer<Seat>
        let outputs: UnsafeMutablePointer<LegOutput>
    }

    private(set) var pages: UnsafeMutablePointer<Page>
    private var pageLimit = 4
    private(set) var pageCount = 0
    private var firstFree: Int32 = -1
    private(set) var count = 0
    /// One more than the highest slot taken so far.
    private(set) var bound = 0

    init() { pages = .allocate(capacity: pageLimit) }

    deinit {
        for slot in 0..<bound where isTaken(slot) { leg(slot).deinitialize(count: 1) }
        for page in 0..<pageCount {
            pages[page].legs.deallocate()
            pages[page].seats.deallocate()
            pages[page].outputs.deallocate()
        }
        pages.deallocate()
    }

    func isTaken(_ slot: Int) -> Bool { slot >= 0 && slot < bound && seat(slot).pointee.isTaken }

    @inline(__always)
    func leg(_ slot: Int) -> UnsafeMutablePointer<MediaLeg> {
        pages[slot / Self.pageSize].legs + slot % Self.pageSize
    }

    @inline(__always)
    func seat(_ slot: Int) -> UnsafeMutablePointer<Seat> { pages[slot / Self.pageSize].seats + slot % Self.pageSize }

    @inline(__always)
    func output(_ slot: Int) -> UnsafeMutablePointer<LegOutput> {
        pages[slot / Self.pageSize].outputs + slot % Self.pageSize
    }

    /// - Returns: the leg's slot: the one that was freed last, or the next.
    mutating func add(_ leg: consuming MediaLeg) -> Int {
        let slot: Int
        if firstFree >= 0 {
            slot = Int(firstFree)
            firstFree = seat(slot).pointee.nextFree
        } else {
            slot = bound
            if slot / Self.pageSize == pageCount { addPage() }
            bound += 1
        }
        count += 1
        let output = leg.output
        self.leg(slot).initialize(to: leg)
        self.output(slot).initialize(to: output)
        seat(slot).pointee = Seat()
        seat(slot).pointee.isTaken = true
        return slot
    }

    /// Takes a leg out; the slot must be taken.
    mutating func remove(_ slot: Int) -> MediaLeg {
        let output = self.output(slot).pointee
        self.output(slot).pointee.route = .none
        seat(slot).pointee = Seat()
        seat(slot).pointee.nextFree = firstFree
        firstFree = Int32(truncatingIfNeeded: slot)
        count -= 1
        var leg = self.leg(slot).move()
        leg.output = output
        return leg
    }

    private mutating func addPage() {
        if pageCount == pageLimit {
            let more = UnsafeMutablePointer<Page>.allocate(capacity: pageLimit * 2)
            more.moveInitialize(from: pages, count: pageCount)
            pages.deallocate()
            pages = more
            pageLimit *= 2
        }
        let page = Page(
            legs: .allocate(capacity: Self.pageSize), seats: .allocate(capacity: Self.pageSize),
            outputs: .allocate(capacity: Self.pageSize))
        page.seats.initialize(repeating: Seat(), count: Self.pageSize)
        (pages + pageCount).initialize(to: page)
        pageCount += 1
    }
}
