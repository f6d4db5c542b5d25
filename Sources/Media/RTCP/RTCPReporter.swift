import Primitives

/// When a leg reports, and what the peer's reports tell (RFC 3550 section 6).
struct RTCPReporter {
    /// The two parties of a leg report every five seconds or so (section 6.2).
    static let interval = Duration.seconds(5)

    private var random: SplitMix
    /// When the next report is due; set by the first look at the time.
    private(set) var due: Instant?
    /// Packets sent when the last report went.
    private var sentAtLastReport: UInt64 = 0

    private var lastSR: UInt32 = 0
    private var lastSRArrival = Instant.zero
    private(set) var roundTrip: Duration?
    private(set) var remoteFractionLost = 0.0
    private(set) var remoteJitterUnits: UInt32 = 0
    private var hasNews = false
    /// What the peer said last of our packets, and when.
    private var heard: (block: RTCPReportBlock, at: Instant)?
    /// Three intervals of the peer's: what is older says nothing of now.
    private static let memory = Duration.seconds(15)

    init(seed: UInt64) { random = SplitMix(seed) }

    /// Whether a report is due; if so, the next one is scheduled, between half and one and a half intervals later,
    /// brought down for the skew of reconsideration (section 6.3.1). The first comes in half the time.
    mutating func isDue(_ now: Instant) -> Bool {
        guard let due else {
            self.due = now + step() / 2
            return false
        }
        guard now >= due else { return false }
        self.due = now + step()
        return true
    }

    private mutating func step() -> Duration {
        let unit = Double(random.next() >> 11) / Double(1 << 53)
        return .nanoseconds(Int64(Self.interval.inSeconds * (0.5 + unit) / 1.21828 * 1e9))
    }

    /// A report for now; a sender report when packets went since the last.
    mutating func compound(
        _ now: Instant, ssrc: UInt32, ntp: UInt64, rtpTimestamp: UInt32, packets: UInt64, octets: UInt64,
        about source: UInt32?, _ reception: inout ReceptionStatistics
    ) -> RTCPCompound {
        var compound = RTCPCompound(ssrc: ssrc)
        if packets != sentAtLastReport {
            compound.sender = RTCPSenderInfo(
                ntp: ntp, rtpTimestamp: rtpTimestamp, packets: UInt32(truncatingIfNeeded: packets),
                octets: UInt32(truncatingIfNeeded: octets))
            sentAtLastReport = packets
        }
        if let source, reception.received > 0 {
            let delay = lastSR == 0 ? 0 : max(now.nanoseconds &- lastSRArrival.nanoseconds, 0)
            compound.block = reception.report(
                about: source, lastSR: lastSR,
                delaySinceLastSR: UInt32(clamping: delay / 1000 &* 65536 / 1_000_000))
        }
        return compound
    }

    /// A sender report from the source that is heard.
    mutating func note(_ sender: RTCPSenderInfo, at arrival: Instant) {
        lastSR = UInt32(truncatingIfNeeded: sender.ntp >> 16)
        lastSRArrival = arrival
    }

    /// A report block about us. The round trip is what the clocks leave when the peer's delay is taken away.
    mutating func note(_ block: RTCPReportBlock, ntp: UInt64) {
        remoteFractionLost = Double(block.fractionLost) / 256
        remoteJitterUnits = block.jitter
        hasNews = true
        guard block.lastSR != 0 else { return }
        let now = UInt32(truncatingIfNeeded: ntp >> 16)
        let units = Int32(bitPattern: now &- block.lastSR &- block.delaySinceLastSR)
        guard units >= 0, units < 60 << 16 else { return }
        roundTrip = .microseconds(Int64(units) * 1_000_000 / 65536)
    }

    /// The peer reported at that time.
    mutating func keep(_ block: RTCPReportBlock, at arrival: Instant) { heard = (block, arrival) }

    /// What the peer said lately of our packets.
    func block(at now: Instant) -> RTCPReportBlock? { heard.flatMap { now - $0.at <= Self.memory ? $0.block : nil } }

    /// The peer's report, once for each time it reported.
    mutating func takeReport() -> RTCPFeedback? {
        guard hasNews else { return nil }
        hasNews = false
        return RTCPFeedback(fractionLost: remoteFractionLost, jitterUnits: remoteJitterUnits, roundTrip: roundTrip)
    }

    /// The peer is another one now.
    mutating func forgetSource() {
        lastSR = 0
        lastSRArrival = .zero
    }
}
