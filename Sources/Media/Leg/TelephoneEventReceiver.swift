/// Makes keys of telephone-event packets, each of which comes several times (RFC 4733 section 2.5). A key that is held
/// for longer than a duration can say comes in segments, which are one key (section 2.5.2.3).
struct TelephoneEventReceiver {
    /// The longest duration there is, at which a segment ends and the next begins (section 2.5.1.3).
    private static let segment: UInt32 = 0xffff

    /// Of the newest segment.
    private var timestamp: UInt32 = 0
    private var duration: UInt16 = 0
    /// Timestamp units of the segments before it.
    private var before: Int64 = 0
    private var code: UInt8 = 0
    private var clockRate = 8000
    private var isActive = false
    private var isKnown = false
    /// Goes up with each key.
    private(set) var count: UInt32 = 0
    /// Whether the packets of the newest key go to the other leg of two as they come, from its first on.
    var isRelayed = false

    init() {}

    /// A packet came.
    /// - Returns: what is to be said, in order: the end of an event whose own end was lost, then this one's news.
    mutating func receive(
        _ payload: UnsafeRawBufferPointer, timestamp: UInt32, clockRate: Int, marker: Bool
    ) -> (first: LegEvent?, second: LegEvent?) {
        guard payload.count >= 4, payload[0] < 16 else { return (nil, nil) }
        let isEnd = payload[1] & 0x80 != 0
        let newDuration = payload.u16(at: 2)
        if isNewest(timestamp) {
            guard isActive, payload[0] == code else { return (nil, nil) }
            duration = max(duration, newDuration)
            return (isEnd ? end() : nil, nil)
        }
        if isKnown, Int32(bitPattern: timestamp &- self.timestamp) < 0 {
            // Older than the newest: a straggler of an event that is over, unless the timestamps began anew.
            guard Int64(self.timestamp &- timestamp) > Int64(clockRate) * 10 else { return (nil, nil) }
        }
        if isKnown, isActive, payload[0] == code, continues(timestamp &- self.timestamp, marker: marker) {
            before &+= Int64(timestamp &- self.timestamp)
            self.timestamp = timestamp
            duration = newDuration
            return (isEnd ? end() : nil, nil)
        }
        let left = isActive ? end() : nil
        count &+= 1
        isRelayed = false
        isKnown = true
        isActive = true
        self.timestamp = timestamp
        self.clockRate = max(clockRate, 1)
        code = payload[0]
        duration = newDuration
        before = 0
        let began = LegEvent.digit(code)
        if !isEnd { return left == nil ? (began, nil) : (left, began) }
        // Everything but an end was lost: it began and ended.
        isActive = false
        return (left ?? began, left == nil ? ended : began)
    }

    /// Whether a timestamp is that of the newest key, or of its newest segment.
    func isNewest(_ timestamp: UInt32) -> Bool { isKnown && timestamp == self.timestamp }

    /// The source is another one now.
    mutating func reset() { isKnown = false }

    /// Whether a segment that begins so much later than the newest goes on with it: where that one ended, as it said last,
    /// or as it would have said at its full length. Of a segment that ends with a packet's time shorter, the last word
    /// may be lost: then only a marker tells a key that is pressed anew.
    private func continues(_ step: UInt32, marker: Bool) -> Bool {
        if step == UInt32(duration) || step == Self.segment { return true }
        let period = UInt32(clamping: clockRate * 60 / 1000)
        return !marker && step < Self.segment && step &+ period >= Self.segment
    }

    private var ended: LegEvent {
        .digitEnded(code, milliseconds: Int((before &+ Int64(duration)) &* 1000 / Int64(clockRate)))
    }

    private mutating func end() -> LegEvent {
        isActive = false
        return ended
    }
}
