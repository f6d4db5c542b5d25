public import Primitives

/// Legs that hear each other, owned by one media thread. Every 20 ms: decode who may be heard, sum the loudest, encode
/// what goes.
///
/// Legs sleep until a packet hints at voice. Who is not heard hears the common mix, encoded once for each codec setting;
/// who is heard gets the mix without itself from an encoder of its own, which goes on where the common one is. Silence
/// is not encoded.
public struct MixRoom: ~Copyable, @unchecked Sendable {
    // Sendable: all memory belongs to this value alone, which cannot be copied.

    /// Most legs that are taken in.
    public let capacity: Int
    /// How many slots are taken.
    public var count: Int { table.count }
    /// One more than the highest slot taken so far: no slot is beyond.
    public var slotBound: Int { table.bound }
    let configuration: MixConfiguration
    var table = LegTable()
    /// By the index of their class; those that nobody ever needed are nil.
    let shared: UnsafeMutablePointer<UnsafeMutablePointer<SharedEncoder>?>
    /// The indices of those that are not.
    private(set) var kinds: [Int] = []
    var ears = Pool<Ear>()
    var owns = Pool<OwnMix>()
    /// Legs that are decoded.
    var awake = SlotList()
    /// Legs that do not simply get the common mix.
    var special = SlotList()
    var ranking: SpeakerRanking
    private var probe: OpusProbe?
    var passing = Passing()
    var relay = Relay()
    var sum = MixSum()
    var groups = GroupMixes()
    var farewell = Farewell()
    /// What is played to everybody.
    var player = PromptPlayer()
    let promptFrame = SampleBuffer(count: AudioFrame.count)
    /// The common mix of this tick; until it is made, of the last.
    let common = SampleBuffer(count: AudioFrame.count)
    var limiter = Limiter()
    var contributors = Contributors()
    var muted = MutedSources()
    var tails = HeaderTail()
    var ticks: UInt64 = 0
    /// How many are heard in this tick.
    var heard = 0
    /// Ticks for which nobody was.
    var quiet: UInt32 = 1 << 16
    /// Place among the awake of one whose frame was missing when that was last looked at.
    var missing = 0
    var work = MixWork()
    /// Most that were awake lately.
    var mostAwake = 0
    /// For what is encoded and not sent.
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: PacketLimits.size, alignment: 16)
    /// Where what everybody hears is written down.
    var tape: Unmanaged<MixTape>?
    /// Legs whose names are being said.
    var captures = 0
    private var news: [Int32] = []
    private var newsTaken = 0

    /// - Parameter capacity: most legs; memory is taken as they come.
    public init(capacity: Int, configuration: MixConfiguration = MixConfiguration()) {
        self.capacity = max(capacity, 1)
        self.configuration = configuration
        Fade.prepare()
        ranking = SpeakerRanking(limit: configuration.loudest)
        shared = .allocate(capacity: AudioEncoder.Class.bound)
        shared.initialize(repeating: nil, count: AudioEncoder.Class.bound)
    }

    deinit {
        if let tape {
            tape.takeUnretainedValue().end()
            tape.release()
        }
        for slot in 0..<table.bound {
            forgetPrompt(slot)
            table.seat(slot).pointee.nameTape?.release()
        }
        for index in 0..<special.count { if let own = table.seat(special[index]).pointee.own { Pool.destroy(own) } }
        for kind in kinds { if let encoder = shared[kind] { Pool.destroy(encoder) } }
        shared.deallocate()
        scratch.deallocate()
    }

    /// How many legs are decoded.
    public var awakeCount: Int { awake.count }
    /// The slot of one who is awake, by place below `awakeCount`.
    public func awakeSlot(_ place: Int) -> Int { awake[place] }

    func isTaken(_ slot: Int) -> Bool { table.isTaken(slot) }

    /// Takes a leg in; its slot stays the same until it is removed. Nil, and the leg is gone, when all slots are taken
    /// or its codec cannot be had.
    public mutating func add(_ leg: consuming MediaLeg) -> Int? {
        leg.kind = leg.settings.encoderClass(leg.loss, configuration)
        guard count < capacity, let encoder = prepare(leg.kind) else { return nil }
        let slot = table.add(leg)
        reserve()
        encoder.pointee.listeners += 1
        table.output(slot).pointee.enter(ticks)
        table.output(slot).pointee.kind = UInt8(truncatingIfNeeded: table.leg(slot).pointee.kind.index)
        table.output(slot).pointee.route = table.leg(slot).pointee.sends ? .shared : .none
        if table.leg(slot).pointee.isAwake { table.seat(slot).pointee.awakePlace = awake.add(slot) }
        makeSpecial(slot)
        note(slot)
        findPair()
        return slot
    }

    /// Makes the lists long enough for all legs, so that none grows in a tick.
    private mutating func reserve() {
        let most = table.pageCount * LegTable.pageSize
        awake.reserve(most)
        special.reserve(most)
        ears.reserve(most)
        owns.reserve(most)
        news.reserveCapacity(most)
    }

    /// Takes a leg out: into another room, or to its end. Nil when the slot is empty.
    public mutating func remove(_ slot: Int) -> MediaLeg? {
        guard isTaken(slot) else { return nil }
        if passing.slot == slot { endPassing() }
        endRelay(of: slot)
        silence(slot)
        leaveSpecial(slot)
        leaveGroup(slot)
        forgetPrompt(slot)
        forgetCapture(slot)
        if table.leg(slot).pointee.isAwake { leaveAwake(slot) }
        shared[Int(table.output(slot).pointee.kind)]?.pointee.listeners -= 1
        table.output(slot).pointee.leave(ticks)
        defer { findPair() }
        return table.remove(slot)
    }

    /// What a renegotiation settled: hold, other codecs, another packet time. Ignored for an empty slot.
    public mutating func update(_ slot: Int, _ settings: LegMediaSettings) throws(MediaError) {
        guard isTaken(slot) else { return }
        let leg = table.leg(slot)
        // A mere refresh of the call.
        if isRelayed(to: slot), leg.pointee.settings == settings { return }
        let kind = settings.encoderClass(leg.pointee.loss, configuration)
        guard prepare(kind) != nil else { throw .codecUnavailable(settings.send.codec) }
        if passing.slot == slot { endPassing() }
        endRelay(of: slot)
        if leg.pointee.settings.receives, !settings.receives { silence(slot) }
        if kind.codec != leg.pointee.kind.codec || !settings.sends { leaveSpecial(slot) }
        become(kind, slot)
        leg.pointee.update(settings)
        table.output(slot).pointee.update(settings, kind: table.leg(slot).pointee.kind, tick: ticks)
        guard settings.sends else { return }
        makeSpecial(slot)
        table.output(slot).pointee.route = .special
    }

    /// Moves a leg to another class of encoder, which is there.
    func become(_ kind: AudioEncoder.Class, _ slot: Int) {
        let leg = table.leg(slot)
        let output = table.output(slot)
        shared[Int(output.pointee.kind)]?.pointee.listeners -= 1
        shared[kind.index]?.pointee.listeners += 1
        leg.pointee.kind = kind
        output.pointee.kind = UInt8(truncatingIfNeeded: kind.index)
        output.pointee.ticksPerPacket = UInt8(truncatingIfNeeded: kind.ticksPerPacket)
        if let own = table.seat(slot).pointee.own { _ = own.pointee.encoder.become(kind, configuration) }
    }

    /// Whether the leg is left out of everyone's mix.
    public mutating func setMuted(_ slot: Int, _ muted: Bool) {
        guard isTaken(slot) else { return }
        table.leg(slot).pointee.isMuted = muted
        if !muted { table.leg(slot).pointee.gate.becomeUnsure() }
        self.muted.forget()
    }

    // MARK: What comes

    /// A decrypted RTP or RTCP packet from the leg's peer; told apart by RFC 5761. Empty slots swallow it.
    /// - Returns: whether `isReady(for:)` may give another answer now.
    @discardableResult
    public mutating func receive(_ slot: Int, _ packet: UnsafeRawBufferPointer, at arrival: Instant) -> Bool {
        guard isTaken(slot) else { return false }
        let reception = table.leg(slot).pointee.receive(packet, at: arrival)
        if table.leg(slot).pointee.events.count > 0 { note(slot) }
        return follow(reception, slot, packet)
    }

    /// Does what a packet that was taken asks for.
    mutating func follow(_ reception: Reception, _ slot: Int, _ packet: UnsafeRawBufferPointer) -> Bool {
        switch reception {
        case .nothing: return false
        case .buffered: return true
        case .wake(let sequence): return wake(slot, sequence)
        case .probe(let sequence):
            guard let header = RTPHeader(packet),
                table.leg(slot).pointee.gate.isSound(probed(header.payload(in: packet)))
            else { return false }
            return wake(slot, sequence)
        }
    }

    /// How loud an Opus packet is, by itself.
    mutating func probed(_ payload: UnsafeRawBufferPointer) -> Float {
        work.probes += 1
        if probe == nil { probe = OpusProbe() }
        return probe?.level(payload) ?? Decibels.least
    }

    /// Wakes a leg, unless its own words say that it would not be among the loudest.
    private mutating func wake(_ slot: Int, _ sequence: UInt16) -> Bool {
        let leg = table.leg(slot)
        let seat = table.seat(slot)
        guard !leg.pointee.isAwake, !leg.pointee.isDeaf else { return false }
        if leg.pointee.gate.hasLevels, ranking.isFull {
            guard ranking.admits(leg.pointee.gate.told) else {
                seat.pointee.standing.challenge = 0
                return false
            }
            seat.pointee.standing.challenge += 1
            guard seat.pointee.standing.challenge >= SpeakerRanking.patience else { return false }
        }
        let ear = ears.take() ?? Pool.make(Ear(leg.pointee.settings.receive.first?.codec ?? .opus))
        guard ear.pointee.isReady else {
            ears.give(ear)
            return false
        }
        ear.pointee.reset()
        let before = ear.pointee.decodes
        seat.pointee.standing = SpeakerRanking.Standing()
        seat.pointee.waiting = 0
        leg.pointee.wake(ear, with: sequence)
        seat.pointee.awakePlace = awake.add(slot)
        work.decodes += ear.pointee.decodes - before
        work.wakes += 1
        return true
    }

    /// Whether legs have something to tell.
    var hasNews: Bool { newsTaken < news.count }

    /// The next thing a leg has to tell, until nil.
    public mutating func nextEvent() -> (slot: Int, event: LegEvent)? {
        while newsTaken < news.count {
            let slot = Int(news[newsTaken])
            if isTaken(slot), let event = table.leg(slot).pointee.events.next() { return (slot, event) }
            if isTaken(slot) { table.seat(slot).pointee.hasNews = false }
            newsTaken += 1
        }
        if newsTaken > 0 {
            news.removeAll(keepingCapacity: true)
            newsTaken = 0
        }
        return nil
    }

    mutating func note(_ slot: Int) {
        guard table.leg(slot).pointee.events.count > 0, !table.seat(slot).pointee.hasNews else { return }
        table.seat(slot).pointee.hasNews = true
        news.append(Int32(truncatingIfNeeded: slot))
    }

    // MARK: What goes

    /// Sends a key to the leg's peer (RFC 4733); ignored where telephone-event was not agreed, or nothing is to be sent.
    public mutating func sendDigit(_ slot: Int, _ code: UInt8, milliseconds: Int = 100) {
        guard isTaken(slot), table.leg(slot).pointee.sends, table.leg(slot).pointee.settings.sendEvents != nil else {
            return
        }
        // The other leg's own packets told it.
        if relay.passedKeys.take(code, to: slot, tick: ticks) { return }
        table.leg(slot).pointee.keySender.send(code, milliseconds: milliseconds)
        if table.leg(slot).pointee.isKey { makeSpecial(slot) }
    }

    /// The RTCP BYE with which a leg's stream ends (RFC 3550 section 6.3.7); call before `remove`.
    public mutating func sayGoodbye(_ slot: Int, at now: Instant, into sink: inout some PacketSink & ~Copyable) {
        guard isTaken(slot), let memory = sink.reserve() else { return }
        let length = table.leg(slot).pointee.report(
            now, ticks, table.output(slot).pointee, isBye: true, into: memory)
        if length > 0 { sink.commit(slot: slot, kind: .rtcp, length: length) }
    }

    /// Nil when the slot is empty.
    public func statistics(_ slot: Int) -> LegStatistics? {
        isTaken(slot) ? table.leg(slot).pointee.statistics(table.output(slot).pointee) : nil
    }

    /// Makes the shared encoder of a class, once.
    mutating func prepare(_ kind: AudioEncoder.Class) -> UnsafeMutablePointer<SharedEncoder>? {
        if let encoder = shared[kind.index] { return encoder }
        let encoder = SharedEncoder(kind, configuration)
        guard encoder.encoder.isReady else { return nil }
        shared[kind.index] = Pool.make(encoder)
        kinds.append(kind.index)
        return shared[kind.index]
    }
}
