import Primitives

/// One way of a relay: how the packets of one leg become packets of the other's stream (a translator, RFC 3550
/// section 7.1). Sequence numbers and timestamps are moved by the same amounts for as long as the way is on, so that what
/// is lost, late or out of order before us is so for the listener.
struct RelayWay {
    /// A jump in the sequence that is another beginning (RFC 3550 appendix A.1).
    private static let mostAhead = 3000
    /// What a packet takes of the allowance, and how much of it there can be: 250 packets a second, 100 at once.
    private static let price: Int64 = 4_000_000
    private static let mostBudget: Int64 = 400_000_000

    /// What is to be done with a packet.
    enum Verdict: Hashable {
        /// To go out under this number, the newest so far or not.
        case number(UInt16)
        /// Seen before, too old, or the first of a jump that may be a beginning.
        case nothing
        /// The source counts anew.
        case restart
    }

    /// Slots of who talks and who listens; -1 while the way is not in use.
    private(set) var source = -1
    private(set) var target = -1
    /// The SSRC of the packets that are relayed.
    private(set) var ssrc: UInt32 = 0
    private var isMapped = false
    private var sequenceOffset: UInt16 = 0
    private var timestampOffset: UInt32 = 0
    /// Where the listener's timestamps go on.
    private var start: UInt32 = 0
    /// The newest of the source's numbers; bit i: `highest - i` was seen.
    private var highest: UInt16 = 0
    private var seen = UInt64.max
    private var suspect: UInt16?
    /// Whether the packet that was given a place last is newer than all before.
    private(set) var isNewest = false
    /// Of the newest packet of sound, or of the noise of a pause, as it went: timestamp, length, and when it came.
    private(set) var timestamp: UInt32 = 0
    private(set) var duration: UInt32 = 0
    private(set) var arrival = Instant.zero
    /// The tick in which anything came last.
    private(set) var tick: UInt64 = 0
    /// Whether something was left out since sound went.
    private var hasLeftOut = false
    private var budget = RelayWay.mostBudget
    private var budgetTime = Instant.zero

    init() {}

    var isOn: Bool { source >= 0 }
    /// Whether anything went yet.
    var hasSent: Bool { isMapped }

    /// - Parameter start: timestamp that the first packet is to have.
    init(from source: Int, to target: Int, ssrc: UInt32, start: UInt32, at arrival: Instant, tick: UInt64) {
        self.source = source
        self.target = target
        self.ssrc = ssrc
        self.start = start
        timestamp = start
        self.arrival = arrival
        self.tick = tick
        budgetTime = arrival
    }

    /// Where a packet goes in the listener's sequence.
    /// - Parameter next: the number that the listener would get next.
    mutating func place(_ sequence: UInt16, _ timestamp: UInt32, next: UInt16) -> Verdict {
        guard isMapped else {
            isMapped = true
            isNewest = true
            highest = sequence
            sequenceOffset = next &- sequence
            timestampOffset = start &- timestamp
            return .number(next)
        }
        let step = Int(Int16(bitPattern: sequence &- highest))
        guard step > -64, step <= Self.mostAhead else {
            defer { suspect = sequence &+ 1 }
            return suspect == sequence ? .restart : .nothing
        }
        suspect = nil
        isNewest = step > 0
        if step > 0 {
            seen = step < 64 ? seen << UInt64(step) | 1 : 1
            highest = sequence
        } else {
            guard seen >> UInt64(-step) & 1 == 0 else { return .nothing }
            seen |= 1 << UInt64(-step)
        }
        return .number(sequence &+ sequenceOffset)
    }

    /// Whether a packet is missing there.
    func isMissing(_ sequence: UInt16) -> Bool {
        let age = Int(Int16(bitPattern: highest &- sequence))
        return isMapped && age > 0 && age < 64 && seen >> UInt64(age) & 1 == 0
    }

    /// A packet that the listener cannot take: its number is given to the next, so that none is missed.
    mutating func leaveOut(_ sequence: UInt16) {
        guard isMapped else { return }
        let step = Int(Int16(bitPattern: sequence &- highest))
        guard step > 0, step <= Self.mostAhead else { return }
        highest = sequence
        hasLeftOut = true
        // What came before and is late has no number any more.
        seen = .max
        sequenceOffset &-= 1
    }

    /// The listener's timestamp for one of the source's.
    func moved(_ timestamp: UInt32) -> UInt32 { timestamp &+ timestampOffset }

    /// A packet of sound is to go.
    /// - Returns: whether the listener gets it after a pause, in which the source sent what was left out.
    mutating func resumes(_ timestamp: UInt32) -> Bool {
        guard isNewest, hasLeftOut else { return false }
        hasLeftOut = false
        return timestamp != self.timestamp &+ duration
    }

    /// A packet of sound went, or of the noise of a pause, which has no length.
    mutating func note(_ timestamp: UInt32, duration: UInt32, at arrival: Instant, tick: UInt64) {
        self.tick = tick
        guard isNewest else { return }
        self.arrival = arrival
        self.timestamp = timestamp
        self.duration = duration
    }

    /// A packet of a key went: its timestamp is that of the key's beginning.
    mutating func note(tick: UInt64) { self.tick = tick }

    /// Whether one more packet is within what a call may need: a peer that floods us floods nobody else.
    mutating func allows(at now: Instant) -> Bool {
        let elapsed = max(now.nanoseconds &- budgetTime.nanoseconds, 0)
        budget = min(budget &+ min(elapsed, Self.mostBudget), Self.mostBudget)
        budgetTime = now
        guard budget >= Self.price else { return false }
        budget -= Self.price
        return true
    }
}
