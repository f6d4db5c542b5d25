/// What one participant received, told by headers and arrival times alone.
struct Reception: Sendable {
    /// A frame that comes later than this after the earliest would have, is not heard: the buffer of a usual receiver.
    static let playOutDelay: Int64 = 60_000_000
    private static let frame: Int64 = 20_000_000

    private(set) var packets: UInt64 = 0
    private(set) var bytes: UInt64 = 0
    /// Packets that were expected by the sequence numbers and did not come.
    private(set) var lost: Int64 = 0
    private(set) var reordered: UInt64 = 0
    /// Intervals between packets that follow each other; pauses (DTX) count by what they are longer than they say.
    private(set) var gaps: UInt64 = 0
    private(set) var gapsOver30: UInt64 = 0
    private(set) var gapsOver60: UInt64 = 0
    private(set) var longestGap: Int64 = 0
    /// Times at which the timestamps went on without packets between.
    private(set) var pauses: UInt64 = 0
    /// Frames that a receiver with `playOutDelay` would have had to make up, and how often it would have begun to.
    private(set) var missingFrames: UInt64 = 0
    private(set) var missingRuns: UInt64 = 0
    /// RFC 3550 section 6.4.1, in nanoseconds.
    private(set) var jitter: Double = 0
    /// Nanoseconds of the monotonic clock; 0 before there was a packet. Survives `restart`.
    private(set) var firstArrival: Int64 = 0

    private var ssrc: UInt32 = 0
    private var sequence: UInt16 = 0
    private var timestamp: UInt32 = 0
    private var arrival: Int64 = 0
    private var baseTransit: Int64 = 0
    private var transit: Int64 = 0
    private var isMissing = false

    /// Counts anew; the stream goes on.
    mutating func restart() {
        packets = 0
        bytes = 0
        lost = 0
        reordered = 0
        gaps = 0
        gapsOver30 = 0
        gapsOver60 = 0
        longestGap = 0
        pauses = 0
        missingFrames = 0
        missingRuns = 0
    }

    /// A packet arrived.
    /// - Parameters:
    ///   - step: of the timestamp in 20 ms.
    ///   - arrival: nanoseconds of the monotonic clock.
    mutating func take(
        ssrc: UInt32, sequence: UInt16, timestamp: UInt32, length: Int, step: UInt32, arrival: Int64
    ) {
        packets += 1
        bytes += UInt64(length)
        let media = Int64(timestamp) &* Reception.frame / Int64(step)
        let change = Int32(Int16(bitPattern: sequence &- self.sequence))
        if firstArrival == 0 || ssrc != self.ssrc || change > 3000 || change < -3000 {
            if firstArrival == 0 { firstArrival = arrival }
            self.ssrc = ssrc
            baseTransit = arrival &- media
            transit = baseTransit
            return remember(sequence, timestamp, arrival)
        }
        guard change > 0 else {
            reordered += 1
            if change < 0, lost > 0 { lost -= 1 }
            return
        }
        let advance = Int64(Int32(bitPattern: timestamp &- self.timestamp)) &* Reception.frame / Int64(step)
        lost += Int64(change - 1)
        measureGap(arrival &- self.arrival, advance: advance, isNext: change == 1)
        measureTransit(advance, arrival, skipped: UInt64(change - 1))
        remember(sequence, timestamp, arrival)
    }

    private mutating func remember(_ sequence: UInt16, _ timestamp: UInt32, _ arrival: Int64) {
        self.sequence = sequence
        self.timestamp = timestamp
        self.arrival = arrival
    }

    private mutating func measureGap(_ gap: Int64, advance: Int64, isNext: Bool) {
        var gap = gap
        if isNext, advance > Reception.frame {
            pauses += 1
            gap -= advance - Reception.frame
        }
        gaps += 1
        if gap > 30_000_000 { gapsOver30 += 1 }
        if gap > 60_000_000 { gapsOver60 += 1 }
        longestGap = max(longestGap, gap)
    }

    private mutating func measureTransit(_ advance: Int64, _ arrival: Int64, skipped: UInt64) {
        let difference = arrival &- self.arrival &- advance
        guard abs(difference) < 2_000_000_000 else {
            // The sender's clock jumped: nothing can be said about this packet.
            transit = 0
            baseTransit = 0
            return
        }
        transit &+= difference
        // The earliest ages by 50 µs a second, so that clocks may drift.
        baseTransit = min(baseTransit &+ 1000, transit)
        jitter += (Double(abs(difference)) - jitter) / 16
        let isLate = transit &- baseTransit > Reception.playOutDelay
        missingFrames += skipped + (isLate ? 1 : 0)
        if skipped > 0 || isLate {
            if !isMissing || (skipped > 0 && !isLate) { missingRuns += 1 }
        }
        isMissing = isLate
    }
}
