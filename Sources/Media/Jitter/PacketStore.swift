/// The packets of a jitter buffer: at most 64, placed by sequence number. Memory that was freed last is used first, so
/// that a short buffer touches little of it.
struct PacketStore: ~Copyable {
    static let span: Int64 = 64
    static let payloadSize = PacketLimits.size

    struct Entry {
        /// Extended; -1 for an empty place.
        var sequence: Int64 = -1
        /// Extended, in clock units.
        var timestamp: Int64 = 0
        /// 0 for a packet without audio, which only takes its place in the sequence.
        var duration: Int64 = 0
        var length = 0
        var payloadType: UInt8 = 0
        var block: UInt8 = 0
    }

    private let entries: UnsafeMutablePointer<Entry>
    private let blocks: UnsafeMutableRawPointer
    private let free: UnsafeMutablePointer<UInt8>
    private var freeCount = Int(span)
    private(set) var count = 0

    init() {
        entries = .allocate(capacity: Int(Self.span))
        entries.initialize(repeating: Entry(), count: Int(Self.span))
        blocks = .allocate(byteCount: Int(Self.span) * Self.payloadSize, alignment: 16)
        free = .allocate(capacity: Int(Self.span))
        for index in 0..<Int(Self.span) { (free + index).initialize(to: UInt8(index)) }
    }

    deinit {
        entries.deallocate()
        blocks.deallocate()
        free.deallocate()
    }

    private func place(_ sequence: Int64) -> Int { Int(sequence & (Self.span - 1)) }

    /// The packet with an extended sequence number.
    func entry(_ sequence: Int64) -> Entry? {
        let entry = entries[place(sequence)]
        return entry.sequence == sequence && sequence >= 0 ? entry : nil
    }

    /// The first packet after `sequence`, up to `last`.
    func first(after sequence: Int64, through last: Int64) -> Entry? {
        guard count > 0 else { return nil }
        var next = sequence + 1
        while next <= last {
            if let entry = entry(next) { return entry }
            next += 1
        }
        return nil
    }

    func payload(_ entry: Entry) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: blocks + Int(entry.block) * Self.payloadSize, count: entry.length)
    }

    /// Puts a packet in its place, which must be empty; false when it is not, or the payload is too large.
    mutating func insert(_ entry: Entry, _ payload: UnsafeRawBufferPointer) -> Bool {
        let place = place(entry.sequence)
        guard entry.sequence >= 0, entries[place].sequence < 0, freeCount > 0, payload.count <= Self.payloadSize else {
            return false
        }
        freeCount -= 1
        var entry = entry
        entry.block = free[freeCount]
        entry.length = payload.count
        if let base = payload.baseAddress {
            (blocks + Int(entry.block) * Self.payloadSize).copyMemory(from: base, byteCount: payload.count)
        }
        entries[place] = entry
        count += 1
        return true
    }

    /// Takes a packet out; its memory stays as it is until the next `insert`.
    mutating func remove(_ sequence: Int64) {
        let place = place(sequence)
        guard sequence >= 0, entries[place].sequence == sequence else { return }
        entries[place].sequence = -1
        free[freeCount] = entries[place].block
        freeCount += 1
        count -= 1
    }

    /// How many were thrown away.
    mutating func removeAll() -> Int {
        let thrown = count
        for place in 0..<Int(Self.span) where entries[place].sequence >= 0 { remove(entries[place].sequence) }
        return thrown
    }
}
