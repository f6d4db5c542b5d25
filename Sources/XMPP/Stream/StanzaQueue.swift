/// Stanzas that wait for a stream, in order, as they will stand on it. Bounded by number and by bytes: the oldest make
/// way for the newest.
struct StanzaQueue: Sendable {
    private var waiting: [[UInt8]] = []
    /// Of `waiting`, those before this one are gone.
    private var first = 0
    private(set) var bytes = 0
    /// How many made way since they were last taken.
    private(set) var dropped = 0
    private let maximumCount: Int
    private let maximumBytes: Int

    init(maximumCount: Int, maximumBytes: Int) {
        self.maximumCount = max(1, maximumCount)
        self.maximumBytes = maximumBytes
    }

    var count: Int { waiting.count - first }

    mutating func append(_ stanza: [UInt8]) {
        waiting.append(stanza)
        bytes += stanza.count
        while count > maximumCount || (bytes > maximumBytes && count > 1) {
            bytes -= waiting[first].count
            waiting[first] = []
            first += 1
            dropped += 1
        }
        if first > 64, first > waiting.count / 2 {
            waiting.removeFirst(first)
            first = 0
        }
    }

    /// All that waits, the oldest first, and how many made way before them.
    mutating func take() -> (stanzas: [[UInt8]], dropped: Int) {
        defer { self = StanzaQueue(maximumCount: maximumCount, maximumBytes: maximumBytes) }
        return (Array(waiting[first...]), dropped)
    }
}
