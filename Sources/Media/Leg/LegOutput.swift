/// All that a packet to a leg needs beside its payload, in one cache line: a room keeps those of all legs side by side.
struct LegOutput {
    /// How a room serves the leg.
    enum Route: UInt8 {
        /// Nobody is there, or nothing is to be sent.
        case none
        /// The common mix.
        case shared
        /// Looked at apart: a talker, or keys are being sent.
        case special
        /// The packets of the other leg of two, as they come.
        case relayed
    }

    /// -dBov of the comfort noise that the listener makes (RFC 3389 section 3).
    private static let noiseLevel: UInt8 = 75

    var ssrc: UInt32
    /// Timestamp of the room's tick 0; outside of a room, of the tick that comes next.
    var base: UInt32
    /// The tick, in its lower bits, with which the next packet ends if the talk spurt goes on.
    private var next: UInt32 = 0
    var unitsPerTick: UInt32
    var sequence: UInt16
    private var isFresh = true
    /// Whether the next packet must not reach back behind `floor`, which is where those before it ended: one of several
    /// ticks may be due in the middle of them.
    private var hasFloor = false
    private var floor: UInt32 = 0
    var route = Route.none
    var payloadType: UInt8
    /// Payload number of comfort noise (RFC 3389); 255 where it was not agreed.
    var comfortNoise: UInt8
    /// RFC 6465; 0 where it was not agreed.
    var levelID: UInt8
    var ticksPerPacket: UInt8
    /// Index of the encoder's class.
    var kind: UInt8
    private(set) var packets: UInt64 = 0
    private(set) var octets: UInt64 = 0

    init(_ settings: LegMediaSettings, kind: AudioEncoder.Class, sequence: UInt16, timestamp: UInt32) {
        ssrc = settings.ssrc
        base = timestamp
        self.sequence = sequence
        unitsPerTick = settings.send.codec.clockPerTick
        payloadType = settings.send.payloadType & 0x7f
        comfortNoise = settings.comfortNoise.map { $0 & 0x7f } ?? 255
        levelID = settings.mixerLevelID ?? 0
        ticksPerPacket = UInt8(truncatingIfNeeded: kind.ticksPerPacket)
        self.kind = UInt8(truncatingIfNeeded: kind.index)
    }

    /// What a renegotiation settled: sequence and timestamps go on.
    mutating func update(_ settings: LegMediaSettings, kind: AudioEncoder.Class, tick: UInt64) {
        let old = self
        self = LegOutput(settings, kind: kind, sequence: sequence, timestamp: 0)
        base = old.timestamp(tick) &- UInt32(truncatingIfNeeded: tick) &* unitsPerTick
        next = old.next
        isFresh = old.isFresh || old.payloadType != payloadType
        (hasFloor, floor) = (old.packets > 0, old.timestamp(tick))
        packets = old.packets
        octets = old.octets
    }

    /// Timestamp of a tick's first sample.
    func timestamp(_ tick: UInt64) -> UInt32 { base &+ UInt32(truncatingIfNeeded: tick) &* unitsPerTick }

    /// Whether a packet ends with the tick.
    func ends(with tick: UInt64) -> Bool { ticksPerPacket == 1 || (tick &+ 1) % UInt64(ticksPerPacket) == 0 }

    /// Into a room whose next tick is `tick`.
    mutating func enter(_ tick: UInt64) {
        (hasFloor, floor) = (packets > 0, base)
        base &-= UInt32(truncatingIfNeeded: tick) &* unitsPerTick
        isFresh = true
    }

    /// Out of a room whose next tick is `tick`.
    mutating func leave(_ tick: UInt64) {
        base = timestamp(tick)
        route = .none
    }

    /// The next packet is the first after a pause.
    mutating func interrupt() { isFresh = true }

    /// Writes the header and what follows it of the packet of sound that ends with a tick.
    /// - Returns: where its payload begins; nil when there is no room.
    mutating func begin(
        _ tick: UInt64, _ tail: UnsafeRawBufferPointer, contributors: UInt8, into memory: UnsafeMutableRawBufferPointer
    ) -> Int? {
        let end = UInt32(truncatingIfNeeded: tick)
        let marker = isFresh || next != end
        return header(
            payloadType | (marker ? 0x80 : 0), start(tick &- UInt64(ticksPerPacket &- 1)), tail, contributors, memory)
    }

    /// Timestamp of the packet whose first tick that is. Where it would reach back, the clock goes on by as much.
    private mutating func start(_ tick: UInt64) -> UInt32 {
        guard hasFloor else { return timestamp(tick) }
        hasFloor = false
        let back = Int64(Int32(bitPattern: floor &- timestamp(tick)))
        if back > 0, back <= 6 * Int64(unitsPerTick) { base &+= UInt32(truncatingIfNeeded: back) }
        return timestamp(tick)
    }

    /// The packet of sound was written, with so many octets of payload.
    mutating func finish(_ tick: UInt64, payload: Int) {
        isFresh = false
        next = UInt32(truncatingIfNeeded: tick) &+ UInt32(ticksPerPacket)
        count(payload)
    }

    /// Writes a whole packet of sound.
    /// - Returns: its length; 0 when there is no room, or nothing to be sent.
    @inline(__always)
    mutating func pack(
        _ payload: UnsafeRawBufferPointer, _ tick: UInt64, _ tail: UnsafeRawBufferPointer, contributors: UInt8,
        into memory: UnsafeMutableRawBufferPointer
    ) -> Int {
        guard payload.count > 0, let source = payload.baseAddress,
            let start = begin(tick, tail, contributors: contributors, into: memory),
            payload.count <= min(memory.count, PacketLimits.size) - start, let target = memory.baseAddress
        else { return 0 }
        (target + start).copyMemory(from: source, byteCount: payload.count)
        finish(tick, payload: payload.count)
        return start + payload.count
    }

    /// Writes a packet that stands for silence: comfort noise where it was agreed, else the codec's own.
    mutating func packSilence(
        _ payload: UnsafeRawBufferPointer, _ tick: UInt64, into memory: UnsafeMutableRawBufferPointer
    ) -> Int {
        // Once in a tick is enough.
        guard !isFresh || packets == 0 || next != UInt32(truncatingIfNeeded: tick) else { return 0 }
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        // Within a packet's time, the one before it: sound may yet come and take this one's.
        let length = UInt64(max(ticksPerPacket, 1))
        let start = tick / length &* length &- (ends(with: tick) ? 0 : length)
        let isNoise = comfortNoise < 128
        guard let offset = header(isNoise ? comfortNoise : payloadType, self.start(start), nothing, 0, memory) else {
            return 0
        }
        let room = UnsafeMutableRawBufferPointer(rebasing: memory[offset..<min(memory.count, PacketLimits.size)])
        var written = 0
        if isNoise, room.count > 0 {
            room[0] = Self.noiseLevel
            written = 1
        } else if let target = room.baseAddress, let source = payload.baseAddress, payload.count <= room.count {
            target.copyMemory(from: source, byteCount: payload.count)
            written = payload.count
        }
        guard written > 0 else { return 0 }
        isFresh = true
        next = UInt32(truncatingIfNeeded: tick)
        count(written)
        return offset + written
    }

    /// One packet went.
    mutating func count(_ payload: Int) {
        sequence &+= 1
        packets &+= 1
        octets &+= UInt64(truncatingIfNeeded: payload)
    }

    /// A packet went under a number that was chosen elsewhere; the next goes on behind the newest.
    mutating func count(_ payload: Int, as number: UInt16) {
        let next = number &+ 1
        if Int16(bitPattern: next &- sequence) > 0 { sequence = next }
        packets &+= 1
        octets &+= UInt64(truncatingIfNeeded: payload)
    }

    /// Sets the timestamp of a tick's first sample; what went before ended there.
    mutating func set(_ timestamp: UInt32, at tick: UInt64) {
        base = timestamp &- UInt32(truncatingIfNeeded: tick) &* unitsPerTick
        (hasFloor, floor) = (true, timestamp)
    }

    /// Timestamp units in so many nanoseconds.
    func units(in nanoseconds: Int64) -> UInt32 {
        UInt32(truncatingIfNeeded: min(nanoseconds, 1 << 42) / 1000 &* Int64(unitsPerTick) / 20_000)
    }

    @inline(__always)
    private func header(
        _ second: UInt8, _ timestamp: UInt32, _ tail: UnsafeRawBufferPointer, _ contributors: UInt8,
        _ memory: UnsafeMutableRawBufferPointer
    ) -> Int? {
        guard let base = memory.baseAddress, memory.count >= 12 + tail.count else { return nil }
        base.storeBytes(of: 0x80 | contributors, as: UInt8.self)
        base.storeBytes(of: second, toByteOffset: 1, as: UInt8.self)
        base.storeBytes(of: sequence.bigEndian, toByteOffset: 2, as: UInt16.self)
        base.storeBytes(of: timestamp.bigEndian, toByteOffset: 4, as: UInt32.self)
        base.storeBytes(of: ssrc.bigEndian, toByteOffset: 8, as: UInt32.self)
        if tail.count > 0, let source = tail.baseAddress { (base + 12).copyMemory(from: source, byteCount: tail.count) }
        return 12 + tail.count
    }
}
