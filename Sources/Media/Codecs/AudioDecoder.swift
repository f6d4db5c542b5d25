/// Decodes whatever of the codecs a leg may send, to 48 kHz mono, and makes up what is lost. The codecs are told apart
/// by an enum; all that were agreed are ready from the start, so that a packet allocates nothing.
struct AudioDecoder: ~Copyable {
    /// Most that one packet may hold: 120 ms (RFC 7587 section 4.2).
    static let longestPacket = 5760

    private let opus: OpusDecoder
    private let g722: G722Decoder
    private let narrow: Resampler
    private let wide: Resampler
    private var narrowConcealer = Concealer(rate: 8000)
    private var wideConcealer = Concealer(rate: 16000)
    private let scratch = SampleBuffer(count: longestPacket / 3)
    /// The codec of the last packet.
    private(set) var codec: AudioCodec

    init(_ codec: AudioCodec) {
        self.codec = codec
        opus = OpusDecoder()
        g722 = G722Decoder()
        narrow = Resampler(from: 8000, to: 48000)
        wide = Resampler(from: 16000, to: 48000)
    }

    /// Whether the libraries gave all that is needed.
    var isReady: Bool { opus.isReady && g722.isReady && narrow.isReady && wide.isReady }

    /// Samples at 48 kHz that a payload holds; nil when it cannot be one of the codec's, or is longer than 120 ms.
    static func samples(in payload: UnsafeRawBufferPointer, _ codec: AudioCodec) -> Int? {
        let count: Int
        switch codec {
        case .opus:
            guard let samples = OpusDecoder.samples(in: payload) else { return nil }
            count = samples
        case .g722, .pcmu, .pcma:
            count = payload.count * 6
        }
        return count > 0 && count <= longestPacket ? count : nil
    }

    /// Forgets what was heard: another source, or another codec.
    mutating func reset() {
        opus.reset()
        g722.reset()
        narrow.reset()
        wide.reset()
        narrowConcealer.reset()
        wideConcealer.reset()
    }

    /// The samples of a payload, as many as `samples(in:_:)` says; 0 when it is bad. The memory holds `longestPacket`.
    mutating func decode(
        _ payload: UnsafeRawBufferPointer, _ codec: AudioCodec, into output: UnsafeMutablePointer<Int16>
    ) -> Int {
        if codec != self.codec {
            let sharesState = codec.sampleRate == self.codec.sampleRate
            self.codec = codec
            if !sharesState { reset() }
        }
        guard payload.count > 0, codec == .opus || payload.count * 6 <= Self.longestPacket else { return 0 }
        switch codec {
        case .opus:
            return opus.decode(payload, into: output, capacity: Self.longestPacket)
        case .g722:
            let count = g722.decode(payload, into: scratch.samples)
            wideConcealer.good(scratch.samples, count: count)
            return wide.process(scratch.samples, count: count, into: output, capacity: Self.longestPacket)
        case .pcmu:
            for index in 0..<payload.count { scratch.samples[index] = G711.linear(ulaw: payload[index]) }
        case .pcma:
            for index in 0..<payload.count { scratch.samples[index] = G711.linear(alaw: payload[index]) }
        }
        narrowConcealer.good(scratch.samples, count: payload.count)
        return narrow.process(scratch.samples, count: payload.count, into: output, capacity: Self.longestPacket)
    }

    /// Makes up `count` samples at 48 kHz, a multiple of 120 and at most 2880, for what was lost.
    mutating func conceal(_ count: Int, into output: UnsafeMutablePointer<Int16>) -> Int {
        let count = min(max(count / 120 * 120, 120), 2880)
        switch codec {
        case .opus:
            return opus.conceal(count, into: output)
        case .g722:
            wideConcealer.conceal(into: scratch.samples, count: count / 3)
            return wide.process(scratch.samples, count: count / 3, into: output, capacity: count)
        case .pcmu, .pcma:
            narrowConcealer.conceal(into: scratch.samples, count: count / 6)
            return narrow.process(scratch.samples, count: count / 6, into: output, capacity: count)
        }
    }

    /// Restores `count` lost samples from the packet that follows them, where the codec can; else makes them up.
    mutating func recover(
        _ count: Int, from next: UnsafeRawBufferPointer, into output: UnsafeMutablePointer<Int16>
    ) -> Int {
        guard codec == .opus, count.isMultiple(of: 120), count <= 2880 else { return conceal(count, into: output) }
        let restored = opus.recover(count, from: next, into: output)
        return restored > 0 ? restored : conceal(count, into: output)
    }
}
