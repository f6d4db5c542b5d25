/// Encodes 48 kHz mono frames of 20 ms in one codec, one to three frames a packet.
struct AudioEncoder: ~Copyable {
    /// What this encoder makes; another one of the same codec after `become`.
    private(set) var kind: AudioEncoderClass
    /// The codec's own state; what the codec does not need is empty.
    private let opus: OpusEncoder
    private let g722: G722Encoder
    private let resampler: Resampler
    /// The frames of the packet that is being filled.
    private let pending: SampleBuffer
    private let scratch = SampleBuffer(count: 960)
    private var lastTick: UInt64?
    /// First octet of the last Opus packet (RFC 6716 section 3.1): hybrid, fullband, 20 ms before there was one.
    private var lastTOC: UInt8 = 15 << 3

    /// Samples by which the input is held back since `prime`, and those that are held.
    private(set) var late = 0
    private let held = SampleBuffer(count: AudioFrame.count)
    /// Packets that are yet to be made without reference to those before.
    private var independent = 0

    typealias Class = AudioEncoderClass

    init(_ kind: Class, _ configuration: MixConfiguration) {
        self.kind = kind
        opus = OpusEncoder(needed: kind.codec == .opus)
        g722 = G722Encoder(needed: kind.codec == .g722)
        resampler = Resampler(from: 48000, to: kind.codec.sampleRate)
        pending = SampleBuffer(count: AudioFrame.count * 3)
        opus.configure(kind.opus, configuration)
    }

    /// Whether the library gave all that the codec needs.
    var isReady: Bool {
        switch kind.codec {
        case .opus: opus.isReady
        case .g722: g722.isReady && resampler.isReady
        case .pcmu, .pcma: resampler.isReady
        }
    }

    func configure(_ configuration: MixConfiguration) { opus.configure(kind.opus, configuration) }

    /// The loss that listeners report, in per cent; only Opus can do something about it.
    func expect(loss: Int, _ configuration: MixConfiguration) { opus.expect(loss: loss, kind.opus, configuration) }

    /// Whether a packet ends with this tick. All encoders of a class end theirs with the same ticks.
    func ends(with tick: UInt64) -> Bool { kind.ends(with: tick) }

    /// Takes the frame of a tick.
    /// - Returns: the payload's length when a packet ends with it; 0 when it does not, or could not be encoded.
    mutating func encode(
        _ frame: UnsafePointer<Int16>, tick: UInt64, into memory: UnsafeMutableRawBufferPointer
    ) -> Int {
        let position = Int(tick % UInt64(kind.ticksPerPacket))
        if position > 0, lastTick.map({ $0 &+ 1 }) != tick { pending.clear() }
        lastTick = tick
        let place = pending.samples + position * AudioFrame.count
        if late == 0 {
            place.update(from: frame, count: AudioFrame.count)
        } else {
            place.update(from: held.samples, count: late)
            (place + late).update(from: frame, count: AudioFrame.count - late)
            held.samples.update(from: frame + (AudioFrame.count - late), count: late)
        }
        guard position == kind.ticksPerPacket - 1 else { return 0 }
        return encodePending(into: memory)
    }

    /// A packet of silence in a tick with which one ends, for `kind.silenceInterval` ticks in which nothing else is
    /// sent; after at least 200 ms of encoded quiet. Opus: the first octet of the last packet and nothing more, which
    /// a decoder takes for DTX (RFC 6716 section 3.2.1) and fills with its own comfort noise. Others: a packet of
    /// zeros. The first two packets after it rest on none before, as the listeners' decoders have made up their own
    /// quiet meanwhile: without that, the first word may be 20 dB too loud for a moment.
    /// - Returns: the payload's length.
    mutating func silence(into memory: UnsafeMutableRawBufferPointer) -> Int {
        lastTick = nil
        late = 0
        pending.clear()
        guard kind.codec == .opus else { return encodePending(into: memory) }
        guard memory.count > 0 else { return 0 }
        memory[0] = lastTOC & 0xfc
        startIndependently(2)
        return 1
    }

    private mutating func encodePending(into memory: UnsafeMutableRawBufferPointer) -> Int {
        let samples = AudioFrame.count * kind.ticksPerPacket
        if kind.codec == .opus {
            let room = UnsafeMutableRawBufferPointer(rebasing: memory[..<min(memory.count, 1275)])
            if independent > 0 {
                independent -= 1
                opus.setIndependent(independent > 0)
            }
            let length = opus.encode(pending.samples, count: samples, into: room)
            if length > 0 { lastTOC = room[0] }
            return length
        }
        let count = resampler.process(pending.samples, count: samples, into: scratch.samples, capacity: scratch.count)
        if kind.codec == .g722 { return g722.encode(scratch.samples, count: count, into: memory) }
        guard memory.count >= count else { return 0 }
        if kind.codec == .pcmu {
            for index in 0..<count { memory[index] = G711.ulaw(scratch.samples[index]) }
        } else {
            for index in 0..<count { memory[index] = G711.alaw(scratch.samples[index]) }
        }
        return count
    }

    /// Takes over from another encoder of the same codec, so that who listens hears no seam: the other class' sound
    /// goes on in this class' bit rate, bandwidth and error correction. A packet that the other has begun is finished
    /// only where both have as many ticks in one.
    /// - Parameter previous: the frame that the other took last; fills the resampler's memory.
    mutating func adopt(_ other: borrowing AudioEncoder, previous: UnsafePointer<Int16>) {
        guard kind.codec == other.kind.codec else { return }
        let isSameLength = kind.ticksPerPacket == other.kind.ticksPerPacket
        lastTick = isSameLength ? other.lastTick : nil
        if isSameLength { pending.copy(other.pending.samples) } else { pending.clear() }
        lastTOC = other.lastTOC
        late = other.late
        independent = other.independent
        held.copy(other.held.samples)
        opus.copyState(of: other.opus)
        g722.copyState(of: other.g722)
        _ = resampler.process(previous, count: AudioFrame.count, into: scratch.samples, capacity: scratch.count)
    }

    /// Encodes as another class of the same codec from now on; what was encoded so far is kept in mind.
    /// - Returns: false, and nothing changed, for another codec.
    mutating func become(_ other: Class, _ configuration: MixConfiguration) -> Bool {
        guard other.codec == kind.codec else { return false }
        guard other != kind else { return true }
        if other.ticksPerPacket != kind.ticksPerPacket {
            lastTick = nil
            pending.clear()
        }
        kind = other
        opus.configure(other.opus, configuration)
        return true
    }

    /// Starts a fresh encoder where a talker's packets, passed through until now, end: it takes the sound that the
    /// listeners heard last, and gives nothing out. What comes after is held back by `late` samples, until `silence`
    /// or `reset`, and its first packets rest on nothing that the listeners' decoders cannot know.
    /// - Parameters:
    ///   - samples: decoded with `PassThrough.decode`, `count` of them.
    ///   - late: from `PassThrough.splice`, 0 ..< 960.
    ///   - scratch: 1275 octets of no further use.
    mutating func prime(
        _ samples: UnsafePointer<Int16>, count: Int, late: Int, independent packets: Int = 1,
        scratch: UnsafeMutableRawBufferPointer
    ) {
        reset()
        guard kind.codec == .opus, kind.ticksPerPacket == 1, late >= 0, late < AudioFrame.count, count > late else {
            return
        }
        var start = (count - late) % AudioFrame.count
        while start + AudioFrame.count <= count - late {
            pending.samples.update(from: samples + start, count: AudioFrame.count)
            _ = encodePending(into: scratch)
            start += AudioFrame.count
        }
        held.samples.update(from: samples + (count - late), count: late)
        self.late = late
        startIndependently(packets)
    }

    /// The next packets rest on none before them.
    private mutating func startIndependently(_ packets: Int) {
        independent = packets + 1
        opus.setIndependent(packets > 0)
    }

    /// As new: for another use out of a pool. Its first two packets do for a decoder that heard something else before.
    mutating func reset() {
        opus.reset()
        g722.reset()
        resampler.reset()
        pending.clear()
        lastTick = nil
        lastTOC = 15 << 3
        late = 0
        startIndependently(2)
    }
}
