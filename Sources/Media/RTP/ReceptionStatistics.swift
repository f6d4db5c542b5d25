import Primitives

/// What a receiver counts about one source (RFC 3550 appendices A.1, A.3 and A.8).
struct ReceptionStatistics {
    private(set) var received: UInt64 = 0
    /// The highest sequence number with its cycles in the upper bits.
    private(set) var extendedHighest: UInt32 = 0
    private var base: UInt32 = 0
    private var expectedPrior: UInt32 = 0
    private var receivedPrior: UInt64 = 0
    private var transit: Int64 = 0
    /// In timestamp units, times 16.
    private var scaledJitter: Int64 = 0
    private var clockRate = 8000

    init() {}

    /// A packet of the source came.
    mutating func note(sequence: UInt16, timestamp: UInt32, clockRate: Int, arrival: Instant) {
        let arrivalUnits = arrival.nanoseconds / 1000 &* Int64(clockRate) / 1_000_000
        let newTransit = Int64(Int32(truncatingIfNeeded: arrivalUnits &- Int64(timestamp)))
        if received == 0 || clockRate != self.clockRate {
            self.clockRate = clockRate
            transit = newTransit
            scaledJitter = 0
        } else {
            // Two transits are compared modulo 2^32, as the timestamps wrap. A step as after a jump is no jitter.
            let difference = abs(Int64(Int32(truncatingIfNeeded: newTransit &- transit)))
            transit = newTransit
            if difference < Int64(clockRate) * 2 { scaledJitter += difference - (scaledJitter + 8) >> 4 }
        }
        note(sequence: sequence)
    }

    /// A packet of the source came whose timestamp does not tell when it was made: an event, or the noise of a pause.
    mutating func note(sequence: UInt16) {
        if received == 0 {
            base = UInt32(sequence)
            extendedHighest = UInt32(sequence)
        }
        let step = Int16(truncatingIfNeeded: Int32(sequence) &- Int32(extendedHighest & 0xffff))
        if step > 0 { extendedHighest &+= UInt32(step) }
        received += 1
    }

    /// Whether a number is no jump (RFC 3550 appendix A.1).
    func isNear(_ sequence: UInt16) -> Bool {
        received == 0 || abs(Int(Int16(truncatingIfNeeded: Int32(sequence) &- Int32(extendedHighest & 0xffff)))) < 3000
    }

    /// Interarrival jitter in timestamp units.
    var jitterUnits: UInt32 { UInt32(clamping: scaledJitter >> 4) }

    var jitter: Duration { .microseconds((scaledJitter >> 4) * 1_000_000 / Int64(max(clockRate, 1))) }

    private var expected: UInt32 { received == 0 ? 0 : extendedHighest &- base &+ 1 }

    var lost: Int64 { Int64(expected) - Int64(clamping: received) }

    /// The report block about the source, and the beginning of the next interval.
    mutating func report(about ssrc: UInt32, lastSR: UInt32, delaySinceLastSR: UInt32) -> RTCPReportBlock {
        let expectedInterval = Int64(expected &- expectedPrior)
        let receivedInterval = Int64(clamping: received - receivedPrior)
        expectedPrior = expected
        receivedPrior = received
        let lostInterval = expectedInterval - receivedInterval
        let fraction = expectedInterval <= 0 || lostInterval <= 0 ? 0 : (lostInterval << 8) / expectedInterval
        return RTCPReportBlock(
            ssrc: ssrc, fractionLost: UInt8(clamping: fraction),
            cumulativeLost: Int32(clamping: min(max(lost, -0x80_0000), 0x7f_ffff)), extendedHighest: extendedHighest,
            jitter: jitterUnits, lastSR: lastSR, delaySinceLastSR: delaySinceLastSR)
    }
}
