import Foundation
import Testing

@testable import Media

@Suite struct DecoderTests {
    private func encode(_ codec: AudioCodec, _ speech: [Int16]) -> [[UInt8]] {
        var encoder = AudioEncoder(.init(codec: codec, ticksPerPacket: 1), MixConfiguration())
        let memory = Memory()
        return (0..<speech.count / 960).map { tick in
            let frame = Array(speech[tick * 960..<tick * 960 + 960])
            return memory.packet(encoder.encode(frame, tick: UInt64(tick), into: memory.bytes))
        }
    }

    private func decode(_ decoder: inout AudioDecoder, _ packet: [UInt8], _ codec: AudioCodec) -> [Int16] {
        let output = SampleBuffer(count: AudioDecoder.longestPacket)
        let count = packet.withUnsafeBytes { decoder.decode($0, codec, into: output.samples) }
        return Array(UnsafeBufferPointer(start: output.samples, count: count))
    }

    private func level(_ samples: some Collection<Int16>) -> Double {
        20 * log10(max(Goertzel.rms(samples), 1) / 32768)
    }

    @Test(arguments: AudioCodec.allCases)
    func aWarmedDecoderSpeaksUpAsIfItHadListenedAllTheTime(_ codec: AudioCodec) {
        let speech = Speech.samples(0, seconds: 4)
        let packets = encode(codec, speech)
        let scratch = SampleBuffer(count: AudioDecoder.longestPacket)
        var cold: [Double] = []
        var warm: [Double] = []
        for start in stride(from: 20, to: 190, by: 6) where Goertzel.rms(speech[start * 960..<start * 960 + 960]) > 500
        {
            var long = AudioDecoder(codec)
            var fresh = AudioDecoder(codec)
            var warmed = AudioDecoder(codec)
            for packet in packets[start - 15..<start] { _ = decode(&long, packet, codec) }
            for packet in packets[start - 3..<start] {
                packet.withUnsafeBytes { warmed.warm($0, codec, scratch: scratch.samples) }
            }
            let expected = decode(&long, packets[start], codec)
            cold.append(abs(level(decode(&fresh, packets[start], codec)) - level(expected)))
            warm.append(abs(level(decode(&warmed, packets[start], codec)) - level(expected)))
        }
        let mean = warm.reduce(0, +) / Double(warm.count)
        if Artefacts.isOn {
            print(codec, "warm", mean, warm.max() ?? 0, "cold", cold.reduce(0, +) / Double(cold.count))
        }
        #expect(warm.count > 5)
        #expect(mean < 2, "\(codec): first frame off by \(mean) dB")
        #expect(mean < cold.reduce(0, +) / Double(cold.count))
    }

    @Test(arguments: AudioCodec.allCases)
    func aResetDecoderIsAsNew(_ codec: AudioCodec) {
        let packets = encode(codec, Speech.samples(1, seconds: 2))
        var used = AudioDecoder(codec)
        for packet in packets[0..<50] { _ = decode(&used, packet, codec) }
        used.reset()
        var fresh = AudioDecoder(codec)
        for packet in packets[50..<60] {
            let mine = decode(&used, packet, codec)
            let its = decode(&fresh, packet, codec)
            #expect(mine == its)
        }
    }

    @Test(arguments: AudioCodec.allCases)
    func whatIsOnlyMeasuredLeavesNoSeam(_ codec: AudioCodec) {
        let packets = encode(codec, Speech.samples(2, seconds: 3))
        let scratch = SampleBuffer(count: AudioDecoder.longestPacket)
        var decoder = AudioDecoder(codec)
        var reference = AudioDecoder(codec)
        var compared = 0
        var measured = 0.0
        var wanted = 0.0
        for (tick, packet) in packets.enumerated() {
            let expected = decode(&reference, packet, codec)
            if tick % 20 < 12 {
                let energy = packet.withUnsafeBytes { decoder.energy($0, codec, scratch: scratch.samples) }
                measured += energy
                wanted += pow(Goertzel.rms(expected), 2)
                compared += 1
            } else {
                let heard = decode(&decoder, packet, codec)
                #expect(zip(heard, expected).allSatisfy { abs(Int($0) - Int($1)) <= 8 }, "\(codec) \(tick)")
            }
        }
        #expect(compared > 20)
        #expect(abs(10 * log10(measured / wanted)) < 1)
    }

    @Test func g722TellsItsLevelWithoutBeingDecoded() {
        var apart: [Double] = []
        for (voice, loud) in [(0, -16.0), (1, -23), (2, -30)] {
            let packets = encode(.g722, Speech.samples(voice, seconds: 4, level: loud))
            var decoder = AudioDecoder(.g722)
            var meter = G722Level()
            for packet in packets {
                let heard = level(decode(&decoder, packet, .g722))
                let energy = packet.withUnsafeBytes { meter.energy($0) }
                if heard > -45 { apart.append(10 * log10(energy / 32768 / 32768) - heard) }
            }
        }
        let mean = apart.reduce(0, +) / Double(apart.count)
        let spread = (apart.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(apart.count)).squareRoot()
        if Artefacts.isOn { print("G.722 level", mean, spread, apart.min() ?? 0, apart.max() ?? 0) }
        #expect(abs(mean) < 5, "\(mean)")
        #expect(spread < 6, "\(spread)")
        var quiet = G722Level()
        var last = 1e9
        for packet in encode(.g722, [Int16](repeating: 0, count: 48000)) {
            last = packet.withUnsafeBytes { quiet.energy($0) }
        }
        #expect(10 * log10(last / 32768 / 32768) < -48)
    }

    @Test func sixFramesInOnePacketAreSixPackets() {
        let packets = encode(.opus, Speech.samples(0, seconds: 2))
        var decoder = AudioDecoder(.opus)
        var reference = AudioDecoder(.opus)
        var joined = 0
        for start in stride(from: 0, to: packets.count - 6, by: 6) {
            let six = packets[start..<start + 6]
            let expected = six.flatMap { decode(&reference, $0, .opus) }
            guard let toc = six.first?[0], six.allSatisfy({ $0[0] == toc && toc & 3 == 0 && $0.count < 250 }) else {
                for packet in six { _ = decode(&decoder, packet, .opus) }
                continue
            }
            // Code 3, variable length, six frames (RFC 6716 section 3.2.5).
            let lengths = six.dropLast().map { UInt8($0.count - 1) }
            let payload = [toc | 3, 0x80 | 6] + lengths + six.flatMap { $0.dropFirst() }
            let samples = payload.withUnsafeBytes { AudioDecoder.samples(in: $0, .opus) }
            #expect(samples == 5760)
            #expect(decode(&decoder, payload, .opus) == expected)
            joined += 1
        }
        #expect(joined > 5)
    }

    @Test func aTalkerWhoChangesModeIsHeardOn() {
        let speech = Speech.samples(0, seconds: 6)
        let memory = Memory()
        var decoder = AudioDecoder(.opus)
        let encoder = OpusEncoder(needed: true)
        var heard: [Int16] = []
        var modes = Set<OpusPacket.Mode>()
        for tick in 0..<300 {
            if tick.isMultiple(of: 25) {
                var configuration = MixConfiguration()
                configuration.opusBitRate = [12000, 32000, 128_000][tick / 25 % 3]
                encoder.configure(.standard, configuration)
            }
            let frame = Array(speech[tick * 960..<tick * 960 + 960])
            let packet = memory.packet(encoder.encode(frame, count: 960, into: memory.bytes))
            if let mode = packet.withUnsafeBytes({ OpusPacket($0)?.mode }) { modes.insert(mode) }
            heard += decode(&decoder, packet, .opus)
        }
        #expect(modes == [.silk, .hybrid, .celt])
        #expect(heard.count == 300 * 960)
        // Twice a second another mode: as loud as what went in, all along.
        for tick in stride(from: 5, to: 290, by: 5) {
            let wanted = Goertzel.rms(speech[tick * 960..<(tick + 10) * 960])
            guard wanted > 500 else { continue }
            let got = Goertzel.rms(heard[(tick * 960 + 312)..<((tick + 10) * 960 + 312)])
            #expect(abs(20 * log10(got / wanted)) < 4, "tick \(tick)")
        }
    }
}
