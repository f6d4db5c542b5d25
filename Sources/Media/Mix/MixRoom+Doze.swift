public import Primitives

/// Rooms in which nothing goes on.
extension MixRoom {
    /// Whether nobody is awake, everyone is sent silence, and there is nothing to tell: then the ticks to come may be
    /// made several at a time, by `doze`, until a packet or a change makes it false.
    public var isIdle: Bool { isSilent && !hasNews }

    /// Ticks of a room that is idle, at once, as if each had been made: packets of silence and reports.
    /// - Parameter passed: how many ticks; ten are usual.
    public mutating func doze(_ passed: Int, now: Instant, into sink: inout some PacketSink & ~Copyable) {
        guard passed > 0 else { return }
        let before = ticks
        ticks &+= UInt64(passed) &- 1
        quiet = UInt32(clamping: min(UInt64(quiet) + UInt64(passed), 1 << 16))
        tendRelay(due: now)
        for slot in 0..<table.bound where table.seat(slot).pointee.isTaken { takeTurn(slot, now, into: &sink) }
        markTape(ticks)
        ticks &+= 1
        if ticks / 50 != before / 50 { tidy() }
    }
}
