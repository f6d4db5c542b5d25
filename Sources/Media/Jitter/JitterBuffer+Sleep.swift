extension JitterBuffer {
    /// What is kept from before the newest packet, or the one played last, in microseconds; but not less than two
    /// packets, whatever time they are from.
    private static let history: Int64 = 60_000

    /// Nobody listens any more. What is there stays as history.
    mutating func sleep() {
        guard !isAsleep else { return }
        isAsleep = true
        settle()
        base = max(base, highest)
        if let newest = store.entry(highest) { forget(before: highest, at: newest.timestamp) }
        store.trim()
    }

    /// Somebody listens again: play-out begins with a packet that was accepted before and is the newest or nearly so,
    /// at the earliest deadline that leaves the target slack. Without one it begins with the next that comes.
    mutating func wake(with sequence: UInt16? = nil) {
        guard isAsleep else { return }
        isAsleep = false
        settle()
        warmup = oldest
        guard hasReference, let sequence else { return }
        let extended = highest + Int64(Int16(bitPattern: sequence &- UInt16(truncatingIfNeeded: highest)))
        if store.entry(extended) != nil { base = extended - 1 }
    }

    /// After `wake`: the next of the packets kept from before the one that woke it, in order, until nil. Valid until
    /// the next `insert`; may be left out.
    mutating func nextWarmup() -> JitterPacket? {
        while warmup <= base {
            let entry = store.entry(warmup)
            warmup += 1
            if let entry, entry.duration > 0 { return packet(entry) }
        }
        warmup = .max
        return nil
    }

    /// Throws away what is too old to warm a decoder.
    mutating func forget(before sequence: Int64, at timestamp: Int64) {
        while oldest < sequence - 2 {
            if let entry = store.entry(oldest) {
                if oldest >= sequence - PacketStore.history, micros(timestamp - entry.end) < Self.history { return }
                store.remove(oldest)
            }
            oldest += 1
        }
    }
}
