import Foundation
import Testing

@testable import Media

@Suite struct GainControlTests {
    /// The level of the frames of speech, in dBFS.
    private func level(_ frames: some Collection<[Int16]>) -> Double {
        let energies = frames.map { $0.reduce(0.0) { $0 + Double($1) * Double($1) } / Double($0.count) }
        let mean = energies.reduce(0, +) / Double(max(energies.count, 1))
        let active = energies.filter { $0 > mean * 0.025 }
        return 10 * log10(active.reduce(0, +) / Double(max(active.count, 1)) / (32767 * 32767))
    }

    private func run(
        _ gain: inout GainControl, seconds: Int, isSpeech: Bool = true,
        _ make: (UnsafeMutablePointer<Int16>) -> Void
    ) -> (sent: [[Int16]], heard: [[Int16]], gains: [Float]) {
        let buffer = SampleBuffer(count: 960)
        var sent: [[Int16]] = []
        var heard: [[Int16]] = []
        var gains: [Float] = []
        for _ in 0..<seconds * 50 {
            make(buffer.samples)
            sent.append(Array(UnsafeBufferPointer(start: buffer.samples, count: 960)))
            gain.process(buffer.samples, isSpeech: isSpeech)
            heard.append(Array(UnsafeBufferPointer(start: buffer.samples, count: 960)))
            gains.append(gain.decibels)
        }
        return (sent, heard, gains)
    }

    @Test(arguments: [-35.0, -30, -26, -14, -10])
    func speechComesNearTheTarget(_ sentLevel: Double) {
        for seed in [sentLevel < -20 ? 1 : 2] as [UInt64] {
            var gain = GainControl()
            var voice = SpeechSource(seed: seed, level: sentLevel)
            let result = run(&gain, seconds: 22) { voice.generate(into: $0, count: 960) }
            let sent = level(result.sent.suffix(500))
            let heard = level(result.heard.suffix(500))
            let wanted = min(max(sent, -23), -17)
            let reachable = min(max(wanted, sent - 12), sent + 12)
            #expect(abs(heard - reachable) < 1.5, "voice \(seed): \(sent) became \(heard) dBFS")
            for (now, before) in zip(result.gains.dropFirst(), result.gains) {
                #expect(now - before <= 0.031 && now - before >= -0.051)
            }
        }
    }

    @Test func speechNearTheTargetPassesToTheBit() {
        for seed in [1, 2, 4] as [UInt64] {
            var gain = GainControl()
            var voice = SpeechSource(seed: seed, level: -19)
            let result = run(&gain, seconds: 15) { voice.generate(into: $0, count: 960) }
            let sent = level(result.sent)
            #expect(abs(sent + 20) < 2.5, "voice \(seed) spoke at \(sent) dBFS")
            #expect(gain.decibels == 0 && result.sent == result.heard, "voice \(seed): \(gain.decibels) dB")
        }
    }

    @Test(arguments: [-40.0, -24, -12, -6, 0])
    func steadyTonesPassToTheBit(_ level: Double) {
        var gain = GainControl()
        var tone = ToneGenerator(frequency: 440, level: level)
        var other = ToneGenerator(frequency: 1000, level: level - 7)
        let buffer = SampleBuffer(count: 960)
        let result = run(&gain, seconds: 20) {
            tone.generate(into: $0, count: 960)
            other.generate(into: buffer.samples, count: 960)
            for index in 0..<960 { $0[index] = Int16(clamping: Int($0[index]) + Int(buffer.samples[index])) }
        }
        #expect(result.sent == result.heard)
    }

    @Test func toneBurstsPassToTheBit() {
        var gain = GainControl()
        var tone = ToneGenerator(frequency: 1000, level: -30)
        var tick = 0
        let result = run(&gain, seconds: 30) {
            tone.generate(into: $0, count: 960)
            // A tenth of a second of each.
            if tick % 50 >= 5 { $0.update(repeating: 0, count: 960) }
            tick += 1
        }
        #expect(result.sent == result.heard)
    }

    @Test(arguments: [-70.0, -60, -50, -40])
    func noiseIsNotBroughtUp(_ level: Double) {
        var gain = GainControl()
        var noise = RoomNoise(seed: 3, level: level)
        var sum = [Int32](repeating: 0, count: 960)
        let result = run(&gain, seconds: 20) {
            sum.withUnsafeMutableBufferPointer { sum in
                guard let base = sum.baseAddress else { return }
                base.update(repeating: 0, count: 960)
                noise.add(to: base)
            }
            SampleKernels.saturate(sum, into: $0, count: 960)
        }
        #expect(result.sent == result.heard)
    }

    @Test func noiseBehindQuietSpeechIsNotBroughtAboveTheCeiling() {
        var gain = GainControl()
        var voice = SpeechSource(seed: 2, level: -32, noise: -52)
        _ = run(&gain, seconds: 25) { voice.generate(into: $0, count: 960) }
        #expect((2...5.5).contains(gain.decibels), "\(gain.decibels) dB")
    }

    @Test func aPauseFreezesTheGain() {
        var gain = GainControl()
        var voice = SpeechSource(seed: 1, level: -34)
        _ = run(&gain, seconds: 12) { voice.generate(into: $0, count: 960) }
        let before = gain.decibels
        #expect(before > 3)
        let silent = run(&gain, seconds: 10) { $0.update(repeating: 0, count: 960) }
        #expect(gain.decibels == before && silent.heard == silent.sent)
        _ = run(&gain, seconds: 10, isSpeech: false) { voice.generate(into: $0, count: 960) }
        #expect(gain.decibels == before)
    }

    @Test func aShoutAfterQuietSpeechIsNotBroughtOverFullScale() {
        var gain = GainControl()
        var quiet = SpeechSource(seed: 1, level: -36)
        _ = run(&gain, seconds: 20) { quiet.generate(into: $0, count: 960) }
        #expect(gain.decibels > 8)
        var tone = ToneGenerator(frequency: 300, level: -3)
        let shout = run(&gain, seconds: 1) { tone.generate(into: $0, count: 960) }
        for (sent, heard) in zip(shout.sent, shout.heard) {
            #expect(heard.allSatisfy { abs(Int($0)) <= 32767 })
            // Beyond the first millisecond nothing is held at full scale.
            #expect(heard.dropFirst(48).allSatisfy { abs(Int($0)) <= 31000 })
            #expect(zip(sent, heard).allSatisfy { Int($0) * Int($1) >= 0 })
        }
    }

    @Test func gainIsSmoothFromFrameToFrame() {
        // What the gain does to a sample is within a tenth of a dB of what it did to the one before.
        var gain = GainControl()
        var voice = SpeechSource(seed: 6, level: -34)
        let result = run(&gain, seconds: 15) { voice.generate(into: $0, count: 960) }
        var last: Double?
        var most = 0.0
        for (sent, heard) in zip(result.sent.joined(), result.heard.joined()) {
            let factor = abs(Int(sent)) > 2000 ? Double(heard) / Double(sent) : nil
            if let factor, let last { #expect(abs(factor - last) < 0.012) }
            last = factor
            most = max(most, factor ?? 0)
        }
        #expect(most > 1.5)
    }
}
