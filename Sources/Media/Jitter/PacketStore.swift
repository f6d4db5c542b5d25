/// The packets of a jitter buffer: at most 64, placed by sequence number. Memory for payloads comes in two sizes out of
/// what all buffers share, and is used again before more is taken.
struct PacketStore: ~Copyable {
    static let span: Int64 = 64
    /// Packets before the newest that may be kept as history.
    static let history: Int64 = 8
    static let payloadSize = PacketLimits.size
    static let smallSize = PacketBlocks.smallSize
    /// Blocks that `trim` leaves: packets kept as history, and one more.
    private static let keptSmall = 6
    private static let keptLarge = 2

    struct Entry {
        /// Extended; -1 for an empty place.
        var sequence: Int64 = -1
        /// Extended, in clock units.
        var timestamp: Int64 = 0
        fileprivate var block: UnsafeMutableRawPointer?
        /// 0 for a packet without audio, which only takes its place in the sequence.
        private var units: Int32 = 0
        fileprivate var length: UInt16 = 0
        var payloadType: UInt8 = 0

        var duration: Int64 { Int64(units) }
        var end: Int64 { timestamp + duration }

        init(sequence: Int64 = -1, timestamp: Int64 = 0, duration: Int64 = 0, payloadType: UInt8 = 0) {
            self.sequence = sequence
            self.timestamp = timestamp
            units = Int32(clamping: duration)
            self.payloadType = payloadType
        }
    }

    private let entries: UnsafeMutablePointer<Entry>
    /// Bit i: place i is taken.
    private var occupied: UInt64 = 0
    /// Blocks not in use; each holds the address of the next.
    private var smallFree: UnsafeMutableRawPointer?
    private var largeFree: UnsafeMutableRawPointer?
    private var smallCount = 0
    private var largeCount = 0

    init() {
        entries = .allocate(capacity: Int(Self.span))
        entries.initialize(repeating: Entry(), count: Int(Self.span))
        PacketBlocks.shared.enlist()
    }

    deinit {
        for place in 0..<Int(Self.span) where occupied >> UInt64(place) & 1 == 1 {
            guard let block = entries[place].block else { continue }
            PacketBlocks.shared.give(block, isLarge: Int(entries[place].length) > Self.smallSize)
        }
        Self.giveBack(all: smallFree, isLarge: false)
        Self.giveBack(all: largeFree, isLarge: true)
        PacketBlocks.shared.dismiss()
        entries.deallocate()
    }

    var count: Int { occupied.nonzeroBitCount }

    /// Bytes that it holds now.
    var memory: Int {
        Int(Self.span) * MemoryLayout<Entry>.stride + smallCount * Self.smallSize + largeCount * PacketBlocks.largeSize
    }

    private func place(_ sequence: Int64) -> Int { Int(sequence & (Self.span - 1)) }

    /// The packet with an extended sequence number.
    func entry(_ sequence: Int64) -> Entry? {
        let entry = entries[place(sequence)]
        return entry.sequence == sequence && sequence >= 0 ? entry : nil
    }

    /// The first packet after `sequence`, at most 64 on.
    func first(after sequence: Int64) -> Entry? {
        let start = UInt64(place(sequence + 1))
        var mask = occupied
        if start > 0 { mask = mask >> start | mask << (64 - start) }
        while mask != 0 {
            let entry = entries[place(sequence + 1 + Int64(mask.trailingZeroBitCount))]
            if entry.sequence > sequence { return entry }
            mask &= mask - 1
        }
        return nil
    }

    func payload(_ entry: Entry) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: entry.block.map { UnsafeRawPointer($0) }, count: Int(entry.length))
    }

    /// Puts a packet in its place, where an older one gives way; false when it is taken, or the payload is too large.
    mutating func insert(_ entry: Entry, _ payload: UnsafeRawBufferPointer) -> Bool {
        let place = place(entry.sequence)
        guard entry.sequence >= 0, entries[place].sequence < entry.sequence, payload.count <= Self.payloadSize else {
            return false
        }
        remove(entries[place].sequence)
        var entry = entry
        entry.length = UInt16(truncatingIfNeeded: payload.count)
        entry.block = nil
        if let base = payload.baseAddress, payload.count > 0 {
            let block = take(isLarge: payload.count > Self.smallSize)
            block.copyMemory(from: base, byteCount: payload.count)
            entry.block = block
        }
        entries[place] = entry
        occupied |= 1 << UInt64(place)
        return true
    }

    /// Takes a packet out; its memory stays as it is until the next `insert`, but for its first bytes.
    mutating func remove(_ sequence: Int64) {
        let place = place(sequence)
        guard sequence >= 0, entries[place].sequence == sequence else { return }
        entries[place].sequence = -1
        occupied &= ~(1 << UInt64(place))
        guard let block = entries[place].block else { return }
        give(block, isLarge: Int(entries[place].length) > Self.smallSize)
    }

    mutating func removeAll() {
        var mask = occupied
        while mask != 0 {
            remove(entries[mask.trailingZeroBitCount].sequence)
            mask &= mask - 1
        }
    }

    /// Gives memory back that a burst took.
    mutating func trim() {
        while smallCount > Self.keptSmall, let block = smallFree {
            smallFree = Self.next(block)
            PacketBlocks.shared.give(block, isLarge: false)
            smallCount -= 1
        }
        while largeCount > Self.keptLarge, let block = largeFree {
            largeFree = Self.next(block)
            PacketBlocks.shared.give(block, isLarge: true)
            largeCount -= 1
        }
    }

    // MARK: Blocks

    private mutating func take(isLarge: Bool) -> UnsafeMutableRawPointer {
        if let block = isLarge ? largeFree : smallFree {
            if isLarge { largeFree = Self.next(block) } else { smallFree = Self.next(block) }
            return block
        }
        if isLarge { largeCount += 1 } else { smallCount += 1 }
        return PacketBlocks.shared.take(isLarge: isLarge)
    }

    private mutating func give(_ block: UnsafeMutableRawPointer, isLarge: Bool) {
        block.storeBytes(of: isLarge ? largeFree : smallFree, as: UnsafeMutableRawPointer?.self)
        if isLarge { largeFree = block } else { smallFree = block }
    }

    private static func next(_ block: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        block.load(as: UnsafeMutableRawPointer?.self)
    }

    private static func giveBack(all list: UnsafeMutableRawPointer?, isLarge: Bool) {
        var list = list
        while let block = list {
            list = next(block)
            PacketBlocks.shared.give(block, isLarge: isLarge)
        }
    }
}
