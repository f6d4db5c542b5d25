/// The common mix in one codec setting: encoded once a tick, for everybody of the class who is not heard.
struct SharedEncoder: ~Copyable {
    private(set) var encoder: AudioEncoder
    private let memory: UnsafeMutableRawBufferPointer
    private let quiet: UnsafeMutableRawBufferPointer
    private var length = 0
    private let quietLength: Int
    private(set) var lastTick: UInt64?
    /// Legs of the class.
    var listeners = 0
    /// Worst loss of the listeners lately, in per cent.
    var loss = 0
    /// Frames that were encoded, ever.
    private(set) var encodes: UInt64 = 0

    init(_ kind: AudioEncoder.Class, _ configuration: MixConfiguration) {
        encoder = AudioEncoder(kind, configuration)
        memory = .allocate(byteCount: PacketLimits.size, alignment: 16)
        quiet = .allocate(byteCount: 640, alignment: 16)
        quietLength = encoder.silence(into: quiet)
        guard kind.codec == .g722 else { return }
        // What is encoded holds how the encoder settles, which would add up when it is repeated. The least steps up in
        // both bands are nothing at all once the step sizes are down (ITU-T G.722 tables 8 and 9).
        for index in 0..<quietLength { quiet[index] = 0xfd }
    }

    deinit {
        memory.deallocate()
        quiet.deallocate()
    }

    /// The tick's payload, valid until the next tick; empty when no packet ends with it.
    @inline(__always)
    mutating func payload(_ frame: UnsafePointer<Int16>, tick: UInt64) -> UnsafeRawBufferPointer {
        if lastTick != tick { encode(frame, tick) }
        return UnsafeRawBufferPointer(rebasing: memory[..<length])
    }

    private mutating func encode(_ frame: UnsafePointer<Int16>, _ tick: UInt64) {
        lastTick = tick
        encodes += 1
        length = encoder.encode(frame, tick: tick, into: memory)
    }

    /// What stands for silence.
    var silence: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: quiet[..<quietLength]) }

    /// Goes on where a talker's own encoder is, while nobody else listens.
    mutating func adopt(_ other: borrowing AudioEncoder, previous: UnsafePointer<Int16>, tick: UInt64) {
        encoder.adopt(other, previous: previous)
        lastTick = tick
    }

    /// Goes on where a talker's packets end that went to the listeners as they were: `AudioEncoder.prime`.
    mutating func prime(
        _ samples: UnsafePointer<Int16>, count: Int, late: Int, tick: UInt64, scratch: UnsafeMutableRawBufferPointer
    ) {
        encoder.prime(samples, count: count, late: late, scratch: scratch)
        lastTick = tick
    }

    /// As new.
    mutating func reset() { encoder.reset() }

    func expect(_ configuration: MixConfiguration) { encoder.expect(loss: loss, configuration) }
}
