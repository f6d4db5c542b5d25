import Primitives
import Testing

@testable import Media

@Suite struct CodecTests {
    /// Encodes and decodes two seconds of a tone and gives the last one.
    private func roundTrip(_ codec: AudioCodec, _ frequency: Double, level: Double, ticks: Int = 1) -> [Int16] {
        var encoder = AudioEncoder(.init(codec: codec, ticksPerPacket: ticks), MixConfiguration())
        var decoder = AudioDecoder(codec)
        var tone = ToneGenerator(frequency: frequency, level: level)
        let memory = Memory()
        let output = SampleBuffer(count: AudioDecoder.longestPacket)
        var heard: [Int16] = []
        for tick in 0..<UInt64(99) {
            let length = encoder.encode(frame(&tone), tick: tick, into: memory.bytes)
            guard length > 0 else { continue }
            let payload = UnsafeRawBufferPointer(rebasing: memory.bytes[..<length])
            let samples = AudioDecoder.samples(in: payload, codec)
            #expect(samples == 960 * ticks)
            #expect(decoder.decode(payload, codec, into: output.samples) == samples)
            heard += UnsafeBufferPointer(start: output.samples, count: 960 * ticks)
        }
        return Array(heard.suffix(48000))
    }

    @Test(arguments: AudioCodec.allCases, [300.0, 440, 1000, 1700, 2500, 3000])
    func aToneKeepsItsLevel(_ codec: AudioCodec, _ frequency: Double) {
        for level in [-6.0, -20] {
            let heard = Goertzel.level(roundTrip(codec, frequency, level: level), frequency)
            #expect(abs(heard - level) < 0.5, "\(codec) \(frequency) Hz: \(heard) instead of \(level) dBFS")
        }
    }

    @Test(arguments: AudioCodec.allCases)
    func packetsOfSeveralFramesKeepTheLevelToo(_ codec: AudioCodec) {
        for ticks in 2...3 {
            let heard = Goertzel.level(roundTrip(codec, 800, level: -10, ticks: ticks), 800)
            #expect(abs(heard + 10) < 0.5)
        }
    }

    @Test func everyG711ByteSurvivesDecodingAndEncoding() {
        for byte in UInt8.min...UInt8.max {
            let ulaw = G711.ulaw(G711.linear(ulaw: byte))
            // µ-law has two zeros.
            #expect(ulaw == byte || (byte == 0x7f && ulaw == 0xff))
            #expect(G711.alaw(G711.linear(alaw: byte)) == byte)
        }
    }

    @Test func g711MatchesTheReferencePoints() {
        #expect(G711.ulaw(0) == 0xff)
        #expect(G711.ulaw(.max) == 0x80)
        #expect(G711.ulaw(.min) == 0x00)
        #expect(G711.linear(ulaw: 0x80) == 32124)
        #expect(G711.alaw(0) == 0xd5)
        #expect(G711.alaw(.max) == 0xaa)
        #expect(G711.alaw(.min) == 0x2a)
        #expect(G711.linear(alaw: 0xaa) == 32256)
        for sample in stride(from: Int16.min, to: .max - 97, by: 97) {
            let error = abs(Int(G711.linear(ulaw: G711.ulaw(sample))) - Int(sample))
            #expect(error <= max(abs(Int(sample)) / 16, 4) + 8 || abs(Int(sample)) > 32124)
            let other = abs(Int(G711.linear(alaw: G711.alaw(sample))) - Int(sample))
            #expect(other <= max(abs(Int(sample)) / 16, 16))
        }
    }

    @Test(arguments: AudioCodec.allCases)
    func aLostFrameOfAToneIsHardlyHeard(_ codec: AudioCodec) {
        var encoder = AudioEncoder(.init(codec: codec, ticksPerPacket: 1), MixConfiguration())
        var decoder = AudioDecoder(codec)
        var tone = ToneGenerator(frequency: 400, level: -10)
        let memory = Memory()
        let output = SampleBuffer(count: AudioDecoder.longestPacket)
        for tick in 0..<UInt64(60) {
            let length = encoder.encode(frame(&tone), tick: tick, into: memory.bytes)
            let isLost = tick >= 30 && tick % 10 == 0
            let count =
                isLost
                ? decoder.conceal(960, into: output.samples)
                : decoder.decode(
                    UnsafeRawBufferPointer(rebasing: memory.bytes[..<length]), codec, into: output.samples)
            #expect(count == 960)
            guard tick >= 30 else { continue }
            let rms = Goertzel.rms(UnsafeBufferPointer(start: output.samples, count: 960))
            // libopus fades sooner than we do.
            #expect(rms > 7326 * (codec == .opus ? 0.3 : 0.6) && rms < 7326 * 1.4, "\(codec) tick \(tick): \(rms)")
        }
    }

    @Test(arguments: [AudioCodec.g722, .pcmu, .pcma])
    func aLongLossFadesToSilence(_ codec: AudioCodec) {
        var encoder = AudioEncoder(.init(codec: codec, ticksPerPacket: 1), MixConfiguration())
        var decoder = AudioDecoder(codec)
        var tone = ToneGenerator(frequency: 400, level: -10)
        let memory = Memory()
        let output = SampleBuffer(count: AudioDecoder.longestPacket)
        for tick in 0..<UInt64(20) {
            let length = encoder.encode(frame(&tone), tick: tick, into: memory.bytes)
            _ = decoder.decode(UnsafeRawBufferPointer(rebasing: memory.bytes[..<length]), codec, into: output.samples)
        }
        for _ in 0..<5 { _ = decoder.conceal(960, into: output.samples) }
        #expect(AudioLevel.peak(output.samples, 960) <= 1)
    }

    @Test func opusStereoIsBroughtDownToMono() {
        // A stereo Opus packet announces itself by a bit; the decoder gives as many samples as for mono.
        var decoder = AudioDecoder(.opus)
        let output = SampleBuffer(count: AudioDecoder.longestPacket)
        // Configuration 31 (CELT, 20 ms), stereo, one frame.
        let packet: [UInt8] = [31 << 3 | 4] + [UInt8](repeating: 0xff, count: 20)
        packet.withUnsafeBytes { #expect(decoder.decode($0, .opus, into: output.samples) == 960) }
    }

    @Test func randomPayloadsNeverTrap() {
        var random = SplitMix64(5)
        var decoder = AudioDecoder(.opus)
        let output = SampleBuffer(count: AudioDecoder.longestPacket)
        for _ in 0..<2000 {
            let length = Int.random(in: 0...1400, using: &random)
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            for codec in AudioCodec.allCases {
                bytes.withUnsafeBytes { payload in
                    guard AudioDecoder.samples(in: payload, codec) != nil else { return }
                    #expect(decoder.decode(payload, codec, into: output.samples) <= AudioDecoder.longestPacket)
                    #expect(decoder.recover(960, from: payload, into: output.samples) <= 2880)
                }
            }
        }
    }

    @Test(arguments: AudioCodec.allCases)
    func anEncoderTakesOverWithoutASeam(_ codec: AudioCodec) {
        let kind = AudioEncoder.Class(codec: codec, ticksPerPacket: 1)
        var first = AudioEncoder(kind, MixConfiguration())
        var second = AudioEncoder(kind, MixConfiguration())
        var reference = AudioEncoder(kind, MixConfiguration())
        var tone = ToneGenerator(frequency: 620, level: -10)
        let memory = Memory()
        let other = Memory()
        var last: [Int16] = []
        var differing = 0
        for tick in 0..<UInt64(60) {
            let samples = frame(&tone)
            let expected = reference.encode(samples, tick: tick, into: other.bytes)
            if tick == 30 { second.adopt(first, previous: last) }
            let length =
                tick < 30
                ? first.encode(samples, tick: tick, into: memory.bytes)
                : second.encode(samples, tick: tick, into: memory.bytes)
            if memory.packet(length) != other.packet(expected) { differing += 1 }
            last = samples
        }
        #expect(differing == 0)
    }
}
