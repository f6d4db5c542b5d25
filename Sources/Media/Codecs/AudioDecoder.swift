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
    private var noise = ReceivedNoise()
    /// Native samples that were only measured, of which the resampler has not seen the last ones.
    private var unheard = 0
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
        noise.reset()
        unheard = 0
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
        if noise.isActive { noise.reset() }
        if codec == .opus { return opus.decode(payload, into: output, capacity: Self.longestPacket) }
        catchUp(output)
        let count = decodeNative(payload)
        switch codec {
        case .opus, .g722:
            return wide.process(scratch.samples, count: count, into: output, capacity: Self.longestPacket)
        case .pcmu, .pcma:
            return narrow.process(scratch.samples, count: count, into: output, capacity: Self.longestPacket)
        }
    }

    /// Decodes a payload that is not heard, to be ready for the one that follows it. Memory as for `decode`; what is
    /// written there is of no use.
    mutating func warm(
        _ payload: UnsafeRawBufferPointer, _ codec: AudioCodec, scratch: UnsafeMutablePointer<Int16>
    ) {
        _ = decode(payload, codec, into: scratch)
    }

    /// The mean square of a payload that is not heard, decoded at the codec's own rate: cheaper than `decode`, and the
    /// next one that is heard follows on without a seam. Memory as for `decode`. Zero when it is bad.
    mutating func energy(
        _ payload: UnsafeRawBufferPointer, _ codec: AudioCodec, scratch output: UnsafeMutablePointer<Int16>
    ) -> Double {
        guard codec != .opus, codec == self.codec, payload.count > 0, payload.count * 6 <= Self.longestPacket else {
            return SampleEnergy.meanSquare(output, decode(payload, codec, into: output))
        }
        if noise.isActive { noise.reset() }
        unheard = decodeNative(payload)
        return SampleEnergy.meanSquare(scratch.samples, unheard)
    }

    /// Lets the resampler see the end of what was only measured.
    private mutating func catchUp(_ output: UnsafeMutablePointer<Int16>) {
        guard unheard > 0 else { return }
        let count = min(unheard, codec.sampleRate / 100)
        let end = scratch.samples + (unheard - count)
        if codec == .g722 {
            _ = wide.process(end, count: count, into: output, capacity: Self.longestPacket)
        } else {
            _ = narrow.process(end, count: count, into: output, capacity: Self.longestPacket)
        }
        unheard = 0
    }

    /// Into `scratch`, at 8 or 16 kHz; how many samples.
    private mutating func decodeNative(_ payload: UnsafeRawBufferPointer) -> Int {
        switch codec {
        case .opus: return 0
        case .g722:
            let count = g722.decode(payload, into: scratch.samples)
            wideConcealer.good(scratch.samples, count: count)
            return count
        case .pcmu:
            for index in 0..<payload.count { scratch.samples[index] = G711.linear(ulaw: payload[index]) }
        case .pcma:
            for index in 0..<payload.count { scratch.samples[index] = G711.linear(alaw: payload[index]) }
        }
        narrowConcealer.good(scratch.samples, count: payload.count)
        return payload.count
    }

    /// Takes a payload of comfort noise (RFC 3389); `comfort` makes it heard.
    /// - Returns: whether it was one.
    mutating func takeComfort(_ payload: UnsafeRawBufferPointer) -> Bool { noise.take(payload) }

    /// Whether a payload of comfort noise came after the last of sound.
    var isComfort: Bool { noise.isActive }

    /// Comfort noise, `count` samples at 48 kHz, a multiple of 120 and at most 2880; the last sound is blended into
    /// it. Only while `isComfort`.
    mutating func comfort(_ count: Int, into output: UnsafeMutablePointer<Int16>) -> Int {
        let count = min(max(count / 120 * 120, 120), 2880)
        noise.generate(into: scratch.samples, count: count / 6)
        return narrow.process(scratch.samples, count: count / 6, into: output, capacity: count)
    }

    /// Makes up `count` samples at 48 kHz, a multiple of 120 and at most 2880, for what was lost.
    mutating func conceal(_ count: Int, into output: UnsafeMutablePointer<Int16>) -> Int {
        let count = min(max(count / 120 * 120, 120), 2880)
        catchUp(output)
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
