import Testing

@testable import Media

/// The kernels against plain arithmetic, on random samples, extremes and lengths that are no multiple of a vector.
@Suite struct SampleKernelsTests {
    private static let counts = [1, 3, 16, 17, 48, 159, 160, 960]

    private func samples(_ count: Int, _ seed: UInt64) -> [Int16] {
        var random = SplitMix(seed)
        return (0..<count).map { _ in
            switch random.next() % 8 {
            case 0: .min
            case 1: .max
            default: Int16(truncatingIfNeeded: random.next())
            }
        }
    }

    @Test(arguments: counts)
    func sumsAndDifferencesAreExact(_ count: Int) {
        let frames = (0..<5).map { samples(count, $0) }
        var sum = [Int32](repeating: 77, count: count)
        SampleKernels.widen(frames[0], into: &sum, count: count)
        for frame in frames.dropFirst() { SampleKernels.add(frame, to: &sum, count: count) }
        var rest = [Int32](repeating: 0, count: count)
        SampleKernels.subtract(frames[2], from: sum, into: &rest, count: count)
        for index in 0..<count {
            let all = frames.reduce(0) { $0 + Int($1[index]) }
            #expect(Int(sum[index]) == all)
            #expect(Int(rest[index]) == all - Int(frames[2][index]))
        }
        var output = [Int16](repeating: 0, count: count)
        SampleKernels.saturate(sum, into: &output, count: count)
        for index in 0..<count { #expect(Int32(output[index]) == min(max(sum[index], -32768), 32767)) }
        let highest = sum.map(abs).max() ?? 0
        for limit in [0, 20000, 32000, 32767] as [Int32] {
            var same = output
            #expect(SampleKernels.saturate(sum, into: &same, count: count, limit: limit) == (highest <= limit))
            #expect(same == output)
        }
        #expect(SampleKernels.peak(sum, count: count) == sum.map(abs).max())
    }

    @Test(arguments: counts)
    func peakAndEnergyAreExact(_ count: Int) {
        for seed in 0..<20 as Range<UInt64> {
            let frame = samples(count, seed)
            #expect(SampleKernels.peak(frame, count: count) == frame.map { $0 == .min ? .max : abs($0) }.max())
            #expect(SampleKernels.energy(frame, count: count) == frame.reduce(0) { $0 + Int64($1) * Int64($1) })
        }
    }

    @Test func extremesDoNotOverflow() {
        #expect(SampleKernels.peak([Int16](repeating: .min, count: 960), count: 960) == .max)
        #expect(SampleKernels.peak([Int32.min, 0, .max], count: 3) == .max)
        #expect(SampleKernels.peak([Int32.min], count: 1) == .max)
        let loudest = [Int16](repeating: .min, count: 65536)
        #expect(SampleKernels.energy(loudest, count: loudest.count) == 1 << 46)
        var output = [Int16](repeating: 0, count: 2)
        SampleKernels.saturate([.min, .max], into: &output, count: 2)
        #expect(output == [-32768, 32767])
        for extreme in [Int32.min, .max, -32001, 32001] {
            #expect(!SampleKernels.saturate([extreme, 0], into: &output, count: 2, limit: 32000))
        }
        #expect(SampleKernels.saturate([-32000, 32000], into: &output, count: 2, limit: 32000))
    }

    @Test(arguments: counts)
    func gainsGoOnAStraightLineAndRoundToTheNearest(_ count: Int) {
        let frame = samples(count, 9)
        var scaled = frame
        SampleKernels.scale(&scaled, count: count, from: 0.25, to: 2)
        var sum = [Int32](repeating: 5, count: count)
        SampleKernels.addScaled(frame, to: &sum, count: count, from: 0.25, to: 2)
        for index in 0..<count {
            let gain = 0.25 + 1.75 * Double(index + 1) / Double(count)
            let wanted = min(max(Double(frame[index]) * gain, -32767), 32767)
            #expect(abs(Double(scaled[index]) - wanted) <= 0.51 + 1e-3 + abs(wanted) * 1e-6)
            #expect(sum[index] == Int32(scaled[index]) + 5)
        }
    }

    @Test func aGainOfOneChangesNothing() {
        let frame = samples(960, 4).map { max($0, -32767) }
        var scaled = frame
        SampleKernels.scale(&scaled, count: 960, from: 1, to: 1)
        #expect(scaled == frame)
        SampleKernels.multiply(&scaled, by: [Float](repeating: 1, count: 960), count: 960)
        #expect(scaled == frame)
    }
}
