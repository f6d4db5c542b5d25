/// Makes keys of telephone-event packets, each of which comes several times (RFC 4733 section 2.5).
struct TelephoneEventReceiver {
    private var timestamp: UInt32 = 0
    private var code: UInt8 = 0
    private var duration: UInt16 = 0
    private var clockRate = 8000
    private var isActive = false
    private var isKnown = false

    init() {}

    /// A packet came.
    /// - Returns: what is to be said, in order: the end of an event whose own end was lost, then this one's news.
    mutating func receive(
        _ payload: UnsafeRawBufferPointer, timestamp: UInt32, clockRate: Int
    ) -> (first: LegEvent?, second: LegEvent?) {
        guard payload.count >= 4, payload[0] < 16 else { return (nil, nil) }
        let isEnd = payload[1] & 0x80 != 0
        let newDuration = payload.u16(at: 2)
        if isKnown, timestamp == self.timestamp {
            guard isActive, payload[0] == code else { return (nil, nil) }
            duration = max(duration, newDuration)
            return (isEnd ? end() : nil, nil)
        }
        if isKnown, Int32(bitPattern: timestamp &- self.timestamp) < 0 {
            // Older than the newest: a straggler of an event that is over, unless the timestamps began anew.
            guard Int64(self.timestamp &- timestamp) > Int64(clockRate) * 10 else { return (nil, nil) }
        }
        let left = isActive ? end() : nil
        isKnown = true
        isActive = true
        self.timestamp = timestamp
        self.clockRate = max(clockRate, 1)
        code = payload[0]
        duration = newDuration
        let began = LegEvent.digit(code)
        if !isEnd { return left == nil ? (began, nil) : (left, began) }
        // Everything but an end was lost: it began and ended.
        isActive = false
        return (left ?? began, left == nil ? ended : began)
    }

    /// The source is another one now.
    mutating func reset() { isKnown = false }

    private var ended: LegEvent { .digitEnded(code, milliseconds: Int(duration) * 1000 / clockRate) }

    private mutating func end() -> LegEvent {
        isActive = false
        return ended
    }
}
