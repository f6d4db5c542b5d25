public import Primitives

/// Legs that hear each other, owned by one media thread. Every 20 ms: decode what came, sum, encode what goes.
///
/// Who is not heard hears the common mix, encoded once for each codec setting; who is heard gets the mix without
/// itself from an encoder of its own, which goes on where the common one is.
public struct MixRoom: ~Copyable, @unchecked Sendable {
    // Sendable: all memory belongs to this value alone, which cannot be copied.

    /// What the room keeps about a slot beside its leg.
    struct Seat {
        var isTaken = false
        var isMuted = false
        /// In this tick's sum.
        var isHeard = false
        /// Ticks for which the leg keeps its own mix.
        var hangover = 0
        /// Whether the last packet came from the leg's own encoder, or from the shared one.
        var usesOwn = false
        var usedShared = false
        var limiter = Limiter()
    }

    public private(set) var capacity: Int
    /// How many slots are taken.
    public private(set) var count = 0
    let configuration: MixConfiguration
    private(set) var legs: UnsafeMutablePointer<MediaLeg>
    private(set) var seats: UnsafeMutablePointer<Seat>
    /// One more than the highest slot taken so far.
    private(set) var bound = 0
    let shared: UnsafeMutablePointer<SharedEncoder>
    private(set) var hasShared = InlineArray<12, Bool>(repeating: false)
    let sum = MixSum()
    /// The common mix of this tick; until it is made, of the last.
    let common = SampleBuffer(count: AudioFrame.count)
    let own = SampleBuffer(count: AudioFrame.count)
    var limiter = Limiter()
    var contributors = Contributors()
    var ticks: UInt64 = 0

    public init(capacity: Int, configuration: MixConfiguration = MixConfiguration()) {
        self.capacity = max(capacity, 1)
        self.configuration = configuration
        legs = .allocate(capacity: self.capacity)
        seats = .allocate(capacity: self.capacity)
        seats.initialize(repeating: Seat(), count: self.capacity)
        shared = .allocate(capacity: AudioEncoder.Class.count)
    }

    deinit {
        for slot in 0..<bound where seats[slot].isTaken { (legs + slot).deinitialize(count: 1) }
        for index in 0..<AudioEncoder.Class.count where hasShared[index] { (shared + index).deinitialize(count: 1) }
        legs.deallocate()
        seats.deallocate()
        shared.deallocate()
    }

    func isTaken(_ slot: Int) -> Bool { slot >= 0 && slot < bound && seats[slot].isTaken }

    /// Takes a leg in; its slot stays the same until it is removed. Nil, and the leg is gone, when all slots are taken
    /// or its codec cannot be had.
    public mutating func add(_ leg: consuming MediaLeg) -> Int? {
        var slot = 0
        while slot < bound, seats[slot].isTaken { slot += 1 }
        guard slot < capacity, prepare(leg.encoder.kind) else { return nil }
        (legs + slot).initialize(to: leg)
        legs[slot].encoder.configure(configuration)
        seats[slot] = Seat(isTaken: true)
        bound = max(bound, slot + 1)
        count += 1
        return slot
    }

    /// Makes place for more legs; those that are there keep their slots, and nobody hears a seam.
    public mutating func grow(to more: Int) {
        guard more > capacity else { return }
        let moreLegs = UnsafeMutablePointer<MediaLeg>.allocate(capacity: more)
        let moreSeats = UnsafeMutablePointer<Seat>.allocate(capacity: more)
        for slot in 0..<bound where seats[slot].isTaken {
            (moreLegs + slot).moveInitialize(from: legs + slot, count: 1)
        }
        moreSeats.moveInitialize(from: seats, count: capacity)
        (moreSeats + capacity).initialize(repeating: Seat(), count: more - capacity)
        legs.deallocate()
        seats.deallocate()
        legs = moreLegs
        seats = moreSeats
        capacity = more
    }

    /// Takes a leg out: into another room, or to its end. Nil when the slot is empty.
    public mutating func remove(_ slot: Int) -> MediaLeg? {
        guard isTaken(slot) else { return nil }
        seats[slot] = Seat()
        count -= 1
        return (legs + slot).move()
    }

    /// What a renegotiation settled: hold, other codecs, another packet time. Ignored for an empty slot.
    public mutating func update(_ slot: Int, _ settings: LegMediaSettings) throws(MediaError) {
        guard isTaken(slot) else { return }
        guard prepare(settings.encoderClass) else { throw .codecUnavailable(settings.send.codec) }
        let isOther = settings.encoderClass != legs[slot].encoder.kind
        try legs[slot].update(settings)
        legs[slot].encoder.configure(configuration)
        if isOther { seats[slot].usedShared = false }
    }

    /// Whether the leg is left out of everyone's mix.
    public mutating func setMuted(_ slot: Int, _ muted: Bool) {
        if isTaken(slot) { seats[slot].isMuted = muted }
    }

    /// A decrypted RTP or RTCP packet from the leg's peer; told apart by RFC 5761. Empty slots swallow it.
    public mutating func receive(_ slot: Int, _ packet: UnsafeRawBufferPointer, at arrival: Instant) {
        if isTaken(slot) { legs[slot].receive(packet, at: arrival) }
    }

    /// The next thing a leg has to tell, until nil.
    public mutating func nextEvent() -> (slot: Int, event: LegEvent)? {
        for slot in 0..<bound where seats[slot].isTaken && legs[slot].events.count > 0 {
            if let event = legs[slot].events.next() { return (slot, event) }
        }
        return nil
    }

    /// Sends a key to the leg's peer (RFC 4733); ignored where telephone-event was not agreed.
    public mutating func sendDigit(_ slot: Int, _ code: UInt8, milliseconds: Int = 100) {
        guard isTaken(slot), legs[slot].settings.sendEvents != nil else { return }
        legs[slot].keySender.send(code, milliseconds: milliseconds)
    }

    /// The RTCP BYE with which a leg's stream ends (RFC 3550 section 6.3.7); call before `remove`.
    public mutating func sayGoodbye(_ slot: Int, at now: Instant, into sink: inout some PacketSink & ~Copyable) {
        guard isTaken(slot), let memory = sink.reserve() else { return }
        let length = legs[slot].goodbye(now, into: memory)
        if length > 0 { sink.commit(slot: slot, kind: .rtcp, length: length) }
    }

    /// Nil when the slot is empty.
    public func statistics(_ slot: Int) -> LegStatistics? { isTaken(slot) ? legs[slot].statistics : nil }

    /// Makes the shared encoder of a class, once.
    private mutating func prepare(_ kind: AudioEncoder.Class) -> Bool {
        guard !hasShared[kind.index] else { return true }
        let encoder = SharedEncoder(kind, configuration)
        guard encoder.encoder.isReady else { return false }
        (shared + kind.index).initialize(to: encoder)
        hasShared[kind.index] = true
        return true
    }
}
