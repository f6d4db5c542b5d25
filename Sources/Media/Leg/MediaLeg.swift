import Primitives

/// One leg's media, owned by exactly one media thread: what comes in is buffered and decoded, what goes out is encoded
/// and packed, and both are reported on. Made anywhere, then moved into its `MixRoom`.
public struct MediaLeg: ~Copyable, @unchecked Sendable {
    // Sendable: all memory and handles belong to this value alone, which cannot be copied.

    public internal(set) var settings: LegMediaSettings

    // MARK: What comes in

    var payloads: PayloadMap
    var source = SourceLock()
    var jitter: JitterBuffer
    var decoder: AudioDecoder
    var decoded = SampleQueue(capacity: AudioDecoder.longestPacket + AudioFrame.count)
    /// A packet left out to shorten the delay; what follows is blended into it.
    let skipped = SampleBuffer(count: AudioDecoder.longestPacket)
    var skippedCount = 0
    /// The tick's decoded samples.
    let frame = SampleBuffer(count: AudioFrame.count)
    var peak: Int16 = 0
    var lastPayloadLength = 0
    /// Ticks since the last that played anything.
    var idleTicks = 0
    /// RFC 6464, from the last packet that carried one.
    var clientLevel: AudioLevel.Client?
    var keys = TelephoneEventReceiver()
    var reception = ReceptionStatistics()
    var events = EventQueue()
    var counts = LegStatistics()

    // MARK: What goes out

    let configuration: MixConfiguration
    var encoder: AudioEncoder
    var keySender = TelephoneEventSender()
    var keyTimestamp: UInt32 = 0
    var sequence: UInt16
    /// Timestamp of the first sample of the current tick.
    var timestamp: UInt32
    /// The next packet is the first after a pause.
    var marksNext = true
    var reporter: RTCPReporter
    let clock: MediaClock
    var cname: [UInt8]

    /// - Parameters:
    ///   - clock: for the NTP timestamps of sender reports.
    ///   - seed: fresh random bits: first sequence number, first timestamp, RTCP intervals.
    public init(
        _ settings: LegMediaSettings, clock: MediaClock, seed: UInt64,
        configuration: MixConfiguration = MixConfiguration()
    ) throws(MediaError) {
        var random = SplitMix(seed)
        self.settings = settings
        self.configuration = configuration
        self.clock = clock
        payloads = PayloadMap(settings)
        let first = settings.receive.first?.codec ?? settings.send.codec
        jitter = JitterBuffer(clockRate: first.clockRate)
        decoder = AudioDecoder(first)
        encoder = AudioEncoder(settings.encoderClass, configuration)
        // The upper half is left free, so that no early wrap confuses those who guess the cycle (RFC 3711 section 3.3.1).
        sequence = UInt16(truncatingIfNeeded: random.next()) & 0x7fff
        timestamp = UInt32(truncatingIfNeeded: random.next())
        reporter = RTCPReporter(seed: random.next())
        cname = Array(settings.cname.utf8.prefix(255))
        guard decoder.isReady else { throw .codecUnavailable(first) }
        guard encoder.isReady else { throw .codecUnavailable(settings.send.codec) }
    }

    /// What a renegotiation settled. The stream goes on: sequence, timestamp and what is buffered stay.
    mutating func update(_ new: LegMediaSettings) throws(MediaError) {
        if new.encoderClass != encoder.kind {
            let other = AudioEncoder(new.encoderClass, configuration)
            guard other.isReady else { throw .codecUnavailable(new.send.codec) }
            encoder = other
        }
        if settings.receives, !new.receives { forgetHeard() }
        if new.sends, !settings.sends { marksNext = true }
        if new.sendEvents == nil { keySender.cancel() }
        payloads = PayloadMap(new)
        cname = Array(new.cname.utf8.prefix(255))
        settings = new
    }

    /// What was heard so far no longer counts: another source, or hold.
    mutating func forgetHeard() {
        jitter.reset(clockRate: Int(jitter.clockRate))
        decoder.reset()
        decoded.removeAll()
        skippedCount = 0
        keys.reset()
        clientLevel = nil
    }

    var statistics: LegStatistics {
        var all = counts
        all.packetsLost = reception.lost
        all.packetsLate = jitter.late
        all.packetsDuplicate = jitter.duplicate
        all.packetsDiscarded = jitter.discarded
        all.jitter = reception.jitter
        all.targetDelay = .microseconds(jitter.target)
        all.currentDelay = .microseconds(jitter.delay)
        all.remoteFractionLost = reporter.remoteFractionLost
        all.remoteJitter = .microseconds(
            Int64(reporter.remoteJitterUnits) * 1_000_000 / Int64(settings.send.codec.clockRate))
        all.roundTrip = reporter.roundTrip
        return all
    }
}

extension LegMediaSettings {
    var encoderClass: AudioEncoder.Class {
        AudioEncoder.Class(codec: send.codec, ticksPerPacket: ticksPerPacket)
    }
}
