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
}
