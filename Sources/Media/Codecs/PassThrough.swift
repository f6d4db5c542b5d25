/// Hands the Opus packets of somebody who talks alone on to the listeners as they came: no decoding, no encoding. Keeps
/// the last of them, so that the mix can take over when somebody else speaks up: an encoder is primed with what was
/// heard last, and the listeners' decoders go on without a break.
///
/// Order of use: `isEligible` for each packet of the only talker; `pass` for those that go out; when the mix is to take
/// over, `decode` (which brings a fresh decoder to where the talker is), then `prime` on the mix' encoder, then the mix.
struct PassThrough: ~Copyable {
    /// Packets kept: 100 ms.
    static let kept = 5

    private let memory: UnsafeMutableRawBufferPointer
    private var lengths = InlineArray<5, Int>(repeating: 0)
    /// How many of the last packets there are, and where the next one goes.
    private(set) var count = 0
    private var next = 0
    /// The largest packet that is kept.
    private static let size = 400

    init() { memory = .allocate(byteCount: Self.size * Self.kept, alignment: 16) }

    deinit { memory.deallocate() }

    /// Whether any packet can go to listeners of a class as it is: Opus of changing size, in one packet a tick, while they
    /// report no loss.
    static func suits(_ kind: AudioEncoderClass) -> Bool {
        kind.codec == .opus && kind.ticksPerPacket == 1 && !kind.opus.isConstant && !kind.opus.isLeast && !kind.opus.fec
    }

    /// Whether a packet can go to listeners of a class as it is: Opus in one packet a tick, mono, sound of no wider a
    /// band than theirs, and no larger than three times what they get on average.
    static func isEligible(_ payload: UnsafeRawBufferPointer, _ kind: AudioEncoderClass, rate: Int) -> Bool {
        guard suits(kind), let packet = OpusPacket(payload), packet.samples == AudioFrame.count,
            packet.frame == AudioFrame.count,
            !packet.isStereo
        else { return false }
        let band =
            switch kind.opus.tier {
            case .full: 20000
            case .wide, .low: 8000
            case .narrow: 4000
            }
        let average = kind.opus.bitRate(rate) / 400
        return packet.bandwidth <= band && payload.count <= min(average * 3, size)
    }

    /// A packet went out as it came.
    mutating func pass(_ payload: UnsafeRawBufferPointer) {
        guard let source = payload.baseAddress, payload.count <= Self.size else { return miss() }
        (memory.baseAddress.map { $0 + next * Self.size })?.copyMemory(from: source, byteCount: payload.count)
        lengths[next] = payload.count
        next = (next + 1) % Self.kept
        count = min(count + 1, Self.kept)
    }

    /// A packet of the talker is missing; listeners see a gap in the sequence and make up for it.
    mutating func miss() {
        lengths[next] = 0
        next = (next + 1) % Self.kept
        count = min(count + 1, Self.kept)
    }

    /// Octets of the last packet; 0 when it was missing.
    var lastLength: Int { count > 0 ? lengths[(next + Self.kept - 1) % Self.kept] : 0 }

    /// The mix goes on alone, or another one talks.
    mutating func forget() {
        count = 0
        next = 0
    }

    /// Decodes what is kept with a decoder that was reset, oldest first: `count` frames one after the other.
    /// - Parameter samples: memory for `kept` frames.
    /// - Returns: how many samples were written.
    func decode(_ decoder: inout AudioDecoder, into samples: UnsafeMutablePointer<Int16>) -> Int {
        var written = 0
        for index in 0..<count {
            let place = (next + Self.kept - count + index) % Self.kept
            let end = samples + written
            let payload = UnsafeRawBufferPointer(
                rebasing: memory[place * Self.size..<place * Self.size + lengths[place]])
            let isFrame = AudioDecoder.samples(in: payload, .opus) == AudioFrame.count
            var got = isFrame ? decoder.decode(payload, .opus, into: end) : 0
            if got != AudioFrame.count { got = decoder.conceal(AudioFrame.count, into: end) }
            written += got
        }
        return written
    }

    /// By how many samples the mix should be late, 0…480, so that what the encoder's delay makes the listener hear twice
    /// is as near as can be to whole periods of the talker's voice.
    /// - Parameters:
    ///   - samples: the last that were decoded, `count` of them, at least 1920.
    static func splice(_ samples: UnsafePointer<Int16>, count: Int, lookAhead: Int = OpusEncoder.lookAhead) -> Int {
        guard count >= 1920 else { return 0 }
        let window = 480
        let end = samples + count
        var best = 0
        var bestScore = -1.0
        for late in stride(from: 0, through: 480, by: 2) {
            let lag = lookAhead + late
            var product: Int64 = 0
            var own: Int64 = 1
            var other: Int64 = 1
            for index in stride(from: 1, through: window, by: 3) {
                let now = Int64(end[-index])
                let before = Int64(end[-index - lag])
                product &+= now &* before
                own &+= now &* now
                other &+= before &* before
            }
            // A little against being late without need.
            let score = Double(product) / (Double(own) * Double(other)).squareRoot() - Double(late) * 0.0002
            if score > bestScore {
                bestScore = score
                best = late
            }
        }
        return best
    }
}
