import Foundation
import Testing

@testable import Media

@Suite struct LimiterTests {
    private func run(_ tones: [(Double, Double)], ticks: Int) -> (output: [Int16], sums: [Int32], gain: Float) {
        var generators = tones.map { ToneGenerator(frequency: $0.0, level: $0.1) }
        var limiter = Limiter()
        var all: [Int16] = []
        var sums: [Int32] = []
        let output = SampleBuffer(count: 960)
        for _ in 0..<ticks {
            var sum = [Int32](repeating: 0, count: 960)
            for index in generators.indices {
                for (place, sample) in frame(&generators[index]).enumerated() { sum[place] += Int32(sample) }
            }
            limiter.apply(sum, into: output.samples)
            sums += sum
            all += UnsafeBufferPointer(start: output.samples, count: 960)
        }
        return (all, sums, limiter.gain)
    }

    @Test func oneTalkerPassesToTheBit() {
        let (output, sums, gain) = run([(440, -6)], ticks: 50)
        #expect(gain == 1)
        #expect(output.map(Int32.init) == sums)
    }

    @Test func twoTonesOfModestLevelPassToTheBit() {
        let (output, sums, _) = run([(440, -7), (1000, -7)], ticks: 50)
        #expect(output.map(Int32.init) == sums)
    }

    @Test func twoToneOfFullScaleNeitherWrapNorDistort() {
        let (output, sums, _) = run([(500, 0), (1200, 0)], ticks: 150)
        // A wrap turns the sign around.
        for (sample, sum) in zip(output, sums) { #expect(Int64(sample) * Int64(sum) >= 0) }
        let settled = Array(output.suffix(96000))
        let first = Goertzel.level(settled, 500)
        let second = Goertzel.level(settled, 1200)
        #expect(abs(first + 6.2) < 0.6 && abs(second + 6.2) < 0.6)
        // Harmonics and intermodulation stay 40 dB below.
        for product in [200.0, 700, 1000, 1500, 1700, 1900, 2200, 2400, 2900, 3600] {
            #expect(Goertzel.level(settled, product) < first - 40, "\(product) Hz")
        }
    }

    @Test func aSteadyMixDoesNotPump() {
        let (output, _, _) = run([(500, 0), (1200, 0)], ticks: 200)
        // The level of a tone from 100 ms to 100 ms.
        var levels: [Double] = []
        for start in stride(from: 48000, to: 48000 * 3, by: 4800) {
            levels.append(Goertzel.level(output[start..<start + 4800], 500))
        }
        let spread = (levels.max() ?? 0) - (levels.min() ?? 0)
        #expect(spread < 0.3)
    }

    @Test func gainComesBackWithinTwoSeconds() {
        var limiter = Limiter()
        let output = SampleBuffer(count: 960)
        limiter.apply([Int32](repeating: 60000, count: 960), into: output.samples)
        #expect(limiter.gain < 0.6)
        var last = limiter.gain
        for _ in 0..<100 {
            limiter.apply([Int32](repeating: 1000, count: 960), into: output.samples)
            #expect(limiter.gain >= last)
            #expect(limiter.gain - last < 0.05)
            last = limiter.gain
        }
        #expect(limiter.gain == 1)
    }

    @Test func aThousandFullScaleTalkersDoNotTrap() {
        var limiter = Limiter()
        let output = SampleBuffer(count: 960)
        for sum in [Int32.max, .min, 32767 * 1000, -32768 * 1000] {
            limiter.apply([Int32](repeating: sum, count: 960), into: output.samples)
            #expect((0..<960).allSatisfy { output.samples[$0].signum() == Int16(sum.signum()) })
        }
    }

    /// A sine of twice full scale that begins at a sample of the second frame, on half a raised cosine of 5 ms.
    private func onset(at place: Int) -> (sums: [Int32], output: [Int16]) {
        let sums = (0..<9600).map { index in
            let time = Double(index - 960 - place)
            let rise = time < 0 ? 0 : time < 240 ? 0.5 - 0.5 * cos(Double.pi * time / 240) : 1
            return Int32((65534 * rise * sin(2 * Double.pi * 500 * time / 48000)).rounded())
        }
        return (sums, limited(sums))
    }

    private func limited(_ sums: [Int32]) -> [Int16] {
        var limiter = Limiter()
        let output = SampleBuffer(count: 960)
        return stride(from: 0, to: sums.count, by: 960).flatMap { start in
            limiter.apply(Array(sums[start..<start + 960]), into: output.samples)
            return Array(UnsafeBufferPointer(start: output.samples, count: 960))
        }
    }

    @Test(arguments: [0, 1, 24, 47, 100, 480, 700, 800, 850, 900, 930, 955])
    func aLoudOnsetAnywhereInAFrameNeitherClipsNorJumps(_ place: Int) {
        let (sums, output) = onset(at: place)
        #expect(output.allSatisfy { abs(Int($0)) <= 32000 })
        // At the ceiling are peaks: the wave is bent by the gain, and cut for a third of a millisecond at most.
        var run = 0
        var longest = 0
        for sample in output {
            run = abs(Int(sample)) == 32000 ? run + 1 : 0
            longest = max(longest, run)
        }
        #expect(longest <= 16, "cut for \(longest) samples")
        // From sample to sample the gain changes little, across the borders of frames too.
        var last: Double?
        for (sum, sample) in zip(sums, output) {
            let gain = abs(sum) > 3000 ? Double(sample) / Double(sum) : nil
            if let gain, let last { #expect(abs(gain - last) < 0.06) }
            last = gain
        }
    }

    @Test func voicesTogetherStayBelowTheCeilingAndKeepTheirShape() {
        for count in 2...6 {
            var voices = (0..<count).map { SpeechSource(seed: UInt64($0) + 20, level: -12, activity: 0.95) }
            let buffer = SampleBuffer(count: 960)
            var sums = [Int32](repeating: 0, count: 48000 * 2)
            for start in stride(from: 0, to: sums.count, by: 960) {
                for voice in voices.indices {
                    voices[voice].generate(into: buffer.samples, count: 960)
                    for index in 0..<960 { sums[start + index] += Int32(buffer.samples[index]) }
                }
            }
            let output = limited(sums)
            let peak = sums.map { abs($0) }.max() ?? 0
            #expect(peak > 32000, "\(count) voices were not loud")
            #expect(output.allSatisfy { abs(Int($0)) <= 32000 })
            // Where it is not quiet, what comes out is the sum times a gain that hardly changes within 4 samples.
            var worst = 0.0
            for index in stride(from: 0, to: sums.count - 4, by: 4)
            where abs(sums[index]) > 6000 && abs(sums[index + 3]) > 6000 {
                let before = Double(output[index]) / Double(sums[index])
                let after = Double(output[index + 3]) / Double(sums[index + 3])
                worst = max(worst, abs(after - before) / before)
            }
            #expect(worst < 0.15, "\(count) voices: \(worst)")
        }
    }

    @Test func aCopyGoesOnAsTheOriginal() {
        var limiter = Limiter()
        let output = SampleBuffer(count: 960)
        let loud = (0..<960).map { Int32(50000 * sin(Double($0) / 15)) }
        limiter.apply(loud, into: output.samples)
        var copy = limiter
        let other = SampleBuffer(count: 960)
        for frame in [loud.map { $0 / 8 }, loud, loud.map { $0 / 3 }] {
            limiter.apply(frame, into: output.samples)
            copy.apply(frame, into: other.samples)
            #expect((0..<960).allSatisfy { output.samples[$0] == other.samples[$0] })
        }
        #expect(limiter.gain == copy.gain && limiter.gain < 1)
    }
}
