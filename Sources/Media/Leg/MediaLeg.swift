import Primitives

/// One leg's media, owned by exactly one media thread: what comes in is looked at and buffered, and decoded while it may
/// be voice; what goes out is packed; both are reported on. Made anywhere, then moved into its `MixRoom`.
///
/// While it sleeps, it is no more than this: what decodes is lent to it when it wakes, and given back.
public struct MediaLeg: ~Copyable, @unchecked Sendable {
    // Sendable: all memory and handles belong to this value alone, which cannot be copied.

    // MARK: What comes in, packet by packet

    var payloads: PayloadMap
    var source = SourceLock()
    var gate = SpeakerGate()
    var g722 = G722Level()
    /// Identifier of the client's level, or 0.
    var levelID: UInt8
    var isHeld: Bool
    /// Left out of everyone's mix.
    var isMuted = false
    /// RFC 6464, from the last packet that carried one.
    var clientLevel: AudioLevel.Client?
    /// Nil while the leg sleeps.
    private(set) var ear: UnsafeMutablePointer<Ear>?
    var reception = ReceptionStatistics()
    var counts = LegStatistics()
    var jitter: JitterBuffer

    // MARK: The rest

    public internal(set) var settings: LegMediaSettings
    let configuration: MixConfiguration
    var gain = GainControl()
    var keys = TelephoneEventReceiver()
    /// Where the peer agreed no telephone-event.
    var inbandKeys: InbandKeys?
    var events = EventQueue()
    /// Outside of a room; within one, the room keeps it.
    var output: LegOutput
    var loss = LossControl()
    var kind: AudioEncoder.Class
    /// The peer's reports may ask for another.
    var isKindOld = false
    private(set) var sends: Bool
    var keySender = TelephoneEventSender()
    var keyTimestamp: UInt32 = 0
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
        levelID = settings.clientLevelID ?? 0
        isHeld = !settings.receives
        sends = settings.sends
        let first = settings.receive.first?.codec ?? settings.send.codec
        jitter = JitterBuffer(clockRate: first.clockRate)
        jitter.sleep()
        kind = settings.encoderClass(loss, configuration)
        // The upper half is left free, so that no early wrap confuses those who guess the cycle (RFC 3711 section 3.3.1).
        let sequence = UInt16(truncatingIfNeeded: random.next()) & 0x7fff
        output = LegOutput(
            settings, kind: kind, sequence: sequence, timestamp: UInt32(truncatingIfNeeded: random.next()))
        reporter = RTCPReporter(seed: random.next())
        cname = Array(settings.cname.utf8.prefix(255))
        inbandKeys = settings.wantsInbandKeys ? InbandKeys() : nil
    }

    deinit {
        guard let ear else { return }
        ear.deinitialize(count: 1)
        ear.deallocate()
    }

    /// Whether what comes is neither decoded nor looked at.
    var isDeaf: Bool { isHeld || isMuted }

    /// What a renegotiation settled. The stream goes on: sequence, timestamp and what is buffered stay.
    mutating func update(_ new: LegMediaSettings) {
        if settings.receives, !new.receives { forgetHeard() }
        if new.sendEvents == nil || !new.sends { keySender.cancel() }
        payloads = PayloadMap(new)
        levelID = new.clientLevelID ?? 0
        if isHeld, new.receives { gate.becomeUnsure() }
        isHeld = !new.receives
        sends = new.sends
        cname = Array(new.cname.utf8.prefix(255))
        kind = new.encoderClass(loss, configuration)
        if new.wantsInbandKeys != settings.wantsInbandKeys { inbandKeys = new.wantsInbandKeys ? InbandKeys() : nil }
        settings = new
    }

    /// What was heard so far no longer counts: another source, or hold.
    mutating func forgetHeard() {
        jitter.reset(clockRate: Int(jitter.clockRate))
        ear?.pointee.reset()
        g722 = G722Level()
        gate.forget()
        gain.reset()
        keys.reset()
        clientLevel = nil
    }

    // MARK: Sleep

    var isAwake: Bool { ear != nil }

    /// From now on the leg is decoded, beginning with a packet that came just now.
    /// - Parameter other: as new; the leg's until `sleep`.
    mutating func wake(_ other: UnsafeMutablePointer<Ear>, with sequence: UInt16?) {
        guard ear == nil else { return }
        ear = other
        gate.wake()
        jitter.wake(with: sequence)
        // The decoder finds its state in what came right before; what it makes of that is not heard.
        while let packet = jitter.nextWarmup() {
            guard case .audio(let codec) = payloads[packet.payloadType] else { continue }
            _ = other.pointee.decoder.decode(packet.payload, codec, into: other.pointee.skipped.samples)
            other.pointee.decodes += 1
            counts.packetsDecoded += 1
        }
    }

    /// - Returns: what decoded, which the leg needs no more.
    mutating func sleep() -> UnsafeMutablePointer<Ear>? {
        gate.sleep()
        jitter.sleep()
        defer { ear = nil }
        return ear
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

    /// The same, with what went out.
    func statistics(_ output: LegOutput) -> LegStatistics {
        var all = statistics
        all.packetsSent = output.packets
        all.octetsSent = output.octets
        return all
    }
}
