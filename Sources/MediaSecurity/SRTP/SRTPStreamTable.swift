/// The streams of a session by SSRC. No stream is ever dropped: with it would go the index, and a sender would use a key
/// stream twice, a receiver take old packets for new.
struct SRTPStreamTable<Stream: BitwiseCopyable>: ~Copyable {
    private struct Entry: BitwiseCopyable {
        var ssrc: UInt32
        var stream: Stream
    }

    private var entries: UnsafeMutablePointer<Entry>
    private var capacity = 1
    private var count = 0
    private var last = 0

    init() { entries = .allocate(capacity: capacity) }

    deinit { entries.deallocate() }

    /// Where the stream of this SSRC is.
    mutating func slot(of ssrc: UInt32) -> Int? {
        if last < count, entries[last].ssrc == ssrc { return last }
        for slot in 0..<count where entries[slot].ssrc == ssrc {
            last = slot
            return slot
        }
        return nil
    }

    /// The stream at a slot that `slot(of:)` or `add` gave.
    subscript(slot: Int) -> Stream {
        _read { yield entries[slot].stream }
        _modify { yield &entries[slot].stream }
    }

    /// Adds the stream of an SSRC that has none.
    mutating func add(_ stream: Stream, for ssrc: UInt32) throws(SRTPError) -> Int {
        if count == capacity { try grow() }
        (entries + count).initialize(to: Entry(ssrc: ssrc, stream: stream))
        last = count
        count += 1
        return last
    }

    private mutating func grow() throws(SRTPError) {
        guard capacity < SRTPSession.maximumSources else { throw .tooManySources }
        capacity *= 2
        let more = UnsafeMutablePointer<Entry>.allocate(capacity: capacity)
        more.moveInitialize(from: entries, count: count)
        entries.deallocate()
        entries = more
    }
}
