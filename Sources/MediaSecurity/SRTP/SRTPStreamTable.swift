/// The streams of a session by SSRC. No stream is ever dropped: with it would go the roll-over counter, and a sender
/// would use a key stream twice, a receiver take old packets for new.
struct SRTPStreamTable: ~Copyable {
    /// As many SSRCs as a session has states for. Only authentic packets make one, so this bounds what a peer that
    /// has the keys can take.
    static let limit = 256

    private var ssrcs: UnsafeMutablePointer<UInt32>
    private var streams: UnsafeMutablePointer<SRTPStream>
    private var capacity = 4
    private var count = 0
    private var last = 0

    init() {
        ssrcs = .allocate(capacity: capacity)
        streams = .allocate(capacity: capacity)
    }

    deinit {
        ssrcs.deallocate()
        streams.deallocate()
    }

    /// Where the stream of this SSRC is.
    mutating func slot(of ssrc: UInt32) -> Int? {
        if last < count, ssrcs[last] == ssrc { return last }
        for slot in 0..<count where ssrcs[slot] == ssrc {
            last = slot
            return slot
        }
        return nil
    }

    /// The stream at a slot that `slot(of:)` or `add` gave.
    subscript(slot: Int) -> SRTPStream {
        _read { yield streams[slot] }
        _modify { yield &streams[slot] }
    }

    /// Adds the stream of an SSRC that has none.
    mutating func add(_ stream: SRTPStream, for ssrc: UInt32) throws(SRTPError) -> Int {
        if count == capacity { try grow() }
        (ssrcs + count).initialize(to: ssrc)
        (streams + count).initialize(to: stream)
        last = count
        count += 1
        return last
    }

    private mutating func grow() throws(SRTPError) {
        guard capacity < SRTPStreamTable.limit else { throw .tooManySources }
        capacity *= 2
        let (moreSSRCs, moreStreams) = (
            UnsafeMutablePointer<UInt32>.allocate(capacity: capacity),
            UnsafeMutablePointer<SRTPStream>.allocate(capacity: capacity)
        )
        moreSSRCs.moveInitialize(from: ssrcs, count: count)
        moreStreams.moveInitialize(from: streams, count: count)
        ssrcs.deallocate()
        streams.deallocate()
        (ssrcs, streams) = (moreSSRCs, moreStreams)
    }
}
