/// Sends keys as telephone-event packets in the place of audio (RFC 4733 section 2.5.1): an update each tick, the end
/// three times, then a pause.
struct TelephoneEventSender {
    /// One packet to be sent.
    struct Packet {
        let code: UInt8
        let isEnd: Bool
        /// The first of an event.
        let marker: Bool
        /// In timestamp units.
        let duration: UInt16
        /// Ticks since the event began: its timestamp is that of its first tick.
        let age: UInt32
    }

    private static let limit = 32
    private static let repeats: UInt32 = 3
    private static let pause: UInt32 = 3

    private var codes = InlineArray<32, UInt8>(repeating: 0)
    private var lengths = InlineArray<32, UInt32>(repeating: 0)
    private var first = 0
    private var count = 0
    /// Ticks since the current event began.
    private var age: UInt32 = 0

    init() {}

    /// Whether audio has to make way.
    var isActive: Bool { count > 0 }

    /// Queues a key; dropped when 32 wait already, or it is no key.
    mutating func send(_ code: UInt8, milliseconds: Int) {
        guard count < Self.limit, code < 16 else { return }
        let place = (first + count) % Self.limit
        codes[place] = code
        lengths[place] = UInt32(clamping: min(max(milliseconds, 40), 6000) / 20)
        count += 1
    }

    /// The packet of this tick; nil in the pause after an event, and when there is none.
    mutating func tick(unitsPerTick: UInt32) -> Packet? {
        guard count > 0 else { return nil }
        // No longer than a duration can say (section 2.5.1.3).
        let length = min(lengths[first], max(0xffff / max(unitsPerTick, 1), 1))
        let now = age
        age += 1
        if now < length + Self.repeats - 1 {
            let elapsed = min(now + 1, length)
            return Packet(
                code: codes[first], isEnd: now + 1 >= length, marker: now == 0,
                duration: UInt16(clamping: elapsed * unitsPerTick), age: now)
        }
        if now >= length + Self.repeats - 1 + Self.pause {
            first = (first + 1) % Self.limit
            count -= 1
            age = 0
        }
        return nil
    }

    mutating func cancel() {
        count = 0
        age = 0
    }
}
