/// Encodes 48 kHz mono frames of 20 ms in one codec, one to three frames a packet.
struct AudioEncoder: ~Copyable {
    /// What two listeners must have in common to share an encoded frame.
    struct Class: Hashable {
        let codec: AudioCodec
        /// 1, 2 or 3.
        let ticksPerPacket: Int

        static let count = 12
        var index: Int { Int(codec.rawValue) * 3 + ticksPerPacket - 1 }
    }

    let kind: Class
    /// The codec's own state; what the codec does not need is empty.
    private let opus: OpusEncoder
    private let g722: G722Encoder
    private let resampler: Resampler
    /// The frames of the packet that is being filled.
    private let pending: SampleBuffer
    private let scratch = SampleBuffer(count: 960)
    private var lastTick: UInt64?

    init(_ kind: Class, _ configuration: MixConfiguration) {
        self.kind = kind
        opus = OpusEncoder(needed: kind.codec == .opus)
        g722 = G722Encoder(needed: kind.codec == .g722)
        resampler = Resampler(from: 48000, to: kind.codec.sampleRate)
        pending = SampleBuffer(count: AudioFrame.count * kind.ticksPerPacket)
        opus.configure(configuration)
    }

    /// Whether the library gave all that the codec needs.
    var isReady: Bool {
        switch kind.codec {
        case .opus: opus.isReady
        case .g722: g722.isReady && resampler.isReady
        case .pcmu, .pcma: resampler.isReady
        }
    }

    func configure(_ configuration: MixConfiguration) { opus.configure(configuration) }

    /// The loss that listeners report, in per cent; only Opus can do something about it.
    func expect(loss: Int, _ configuration: MixConfiguration) { opus.expect(loss: loss, configuration) }

    /// Whether a packet ends with this tick. All encoders of a class end theirs with the same ticks.
    func ends(with tick: UInt64) -> Bool { tick % UInt64(kind.ticksPerPacket) == UInt64(kind.ticksPerPacket - 1) }

    /// Takes the frame of a tick.
    /// - Returns: the payload's length when a packet ends with it; 0 when it does not, or could not be encoded.
    mutating func encode(
        _ frame: UnsafePointer<Int16>, tick: UInt64, into memory: UnsafeMutableRawBufferPointer
    ) -> Int {
        let position = Int(tick % UInt64(kind.ticksPerPacket))
        if position > 0, lastTick.map({ $0 &+ 1 }) != tick { pending.clear() }
        lastTick = tick
        (pending.samples + position * AudioFrame.count).update(from: frame, count: AudioFrame.count)
        guard position == kind.ticksPerPacket - 1 else { return 0 }
        if kind.codec == .opus {
            let room = UnsafeMutableRawBufferPointer(rebasing: memory[..<min(memory.count, 1275)])
            return opus.encode(pending.samples, count: pending.count, into: room)
        }
        let count = resampler.process(
            pending.samples, count: pending.count, into: scratch.samples, capacity: scratch.count)
        if kind.codec == .g722 { return g722.encode(scratch.samples, count: count, into: memory) }
        guard memory.count >= count else { return 0 }
        if kind.codec == .pcmu {
            for index in 0..<count { memory[index] = G711.ulaw(scratch.samples[index]) }
        } else {
            for index in 0..<count { memory[index] = G711.alaw(scratch.samples[index]) }
        }
        return count
    }

    /// Takes over from another encoder of the same class, so that who listens hears no seam.
    /// - Parameter previous: the frame that the other took last; fills the resampler's memory.
    mutating func adopt(_ other: borrowing AudioEncoder, previous: UnsafePointer<Int16>) {
        guard kind == other.kind else { return }
        lastTick = other.lastTick
        pending.copy(other.pending.samples)
        opus.copyState(of: other.opus)
        g722.copyState(of: other.g722)
        _ = resampler.process(previous, count: AudioFrame.count, into: scratch.samples, capacity: scratch.count)
    }
}
