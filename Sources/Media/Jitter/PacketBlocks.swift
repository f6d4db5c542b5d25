import Synchronization

/// Memory for packets that wait to be played, in blocks of two sizes, shared by all jitter buffers of the process. It is
/// filled as they are made, and keeps what they give back: in steady state nothing is allocated for packets, however
/// unevenly they come. A block that nobody ever took has no memory behind it yet.
final class PacketBlocks: Sendable {
    static let shared = PacketBlocks()

    /// Enough for 20 ms of any codec at the usual rates.
    static let smallSize = 256
    static let largeSize = (PacketLimits.size + 15) & ~15
    /// What is there for each buffer: the longest delay (250 ms), in packets of 20 ms and of 40 ms, with history. When the machine or
    /// the network stands still all buffers grow at once.
    static let smallEach = 24
    static let largeEach = 12
    /// Blocks allocated in one piece, of which but the first has memory behind it before it is taken.
    private static let smallPage = 256
    private static let largePage = 48

    private struct State: ~Copyable {
        var small = Shelf(size: smallSize)
        var large = Shelf(size: largeSize)
        var buffers = 0
    }

    private let state = Mutex(State())

    /// How many blocks were ever allocated.
    var made: (small: Int, large: Int) { state.withLock { ($0.small.made, $0.large.made) } }

    /// One buffer more will take blocks. To be called where memory may be allocated.
    func enlist() {
        let missing = state.withLock {
            $0.buffers += 1
            return (
                small: $0.small.made < $0.buffers * Self.smallEach, large: $0.large.made < $0.buffers * Self.largeEach
            )
        }
        if missing.small { addPage(isLarge: false) }
        if missing.large { addPage(isLarge: true) }
    }

    /// One buffer less will; it has given all back.
    func dismiss() { state.withLock { $0.buffers -= 1 } }

    /// Allocates only when more is in use than ever before and than was foreseen: then for many at once.
    func take(isLarge: Bool) -> UnsafeMutableRawPointer {
        while true {
            let address = state.withLock { isLarge ? $0.large.take() : $0.small.take() }
            if let address, let block = UnsafeMutableRawPointer(bitPattern: address) { return block }
            addPage(isLarge: isLarge)
        }
    }

    func give(_ block: UnsafeMutableRawPointer, isLarge: Bool) {
        let address = UInt(bitPattern: block)
        state.withLock { isLarge ? $0.large.give(address) : $0.small.give(address) }
    }

    /// Nobody waits for the lock meanwhile.
    private func addPage(isLarge: Bool) {
        let count = isLarge ? Self.largePage : Self.smallPage
        let page = UnsafeMutableRawPointer.allocate(
            byteCount: count * (isLarge ? Self.largeSize : Self.smallSize), alignment: 16)
        let address = UInt(bitPattern: page)
        state.withLock { isLarge ? $0.large.add(address, count) : $0.small.add(address, count) }
    }
}

/// Blocks of one size that nobody uses. Each that was used holds the address of the next; those that never were lie side
/// by side in a page, whose first holds the address of the next page and how many are left.
private struct Shelf {
    private let size: Int
    private var used: UInt = 0
    private var pages: UInt = 0
    private(set) var made = 0

    init(size: Int) { self.size = size }

    mutating func add(_ page: UInt, _ count: Int) {
        Self.store(pages, count, at: page)
        pages = page
        made += count
    }

    /// Nil when there is none left.
    mutating func take() -> UInt? {
        if used != 0 {
            defer { used = Self.load(used).next }
            return used
        }
        guard pages != 0 else { return nil }
        let (next, left) = Self.load(pages)
        // The first goes last, as it holds what is known of the others.
        guard left > 1 else {
            defer { pages = next }
            return pages
        }
        Self.store(next, left - 1, at: pages)
        return pages + UInt(size * (left - 1))
    }

    mutating func give(_ block: UInt) {
        Self.store(used, 0, at: block)
        used = block
    }

    private static func store(_ next: UInt, _ count: Int, at address: UInt) {
        guard let place = UnsafeMutableRawPointer(bitPattern: address) else { return }
        place.storeBytes(of: next, as: UInt.self)
        place.storeBytes(of: count, toByteOffset: MemoryLayout<UInt>.size, as: Int.self)
    }

    private static func load(_ address: UInt) -> (next: UInt, count: Int) {
        guard let place = UnsafeMutableRawPointer(bitPattern: address) else { return (0, 0) }
        return (place.load(as: UInt.self), place.load(fromByteOffset: MemoryLayout<UInt>.size, as: Int.self))
    }
}
