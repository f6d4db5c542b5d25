/// Keeps a mix within 16 bits: gain goes down within the millisecond before a peak that is too high, stays, and comes
/// back slowly. What is not too loud passes unchanged, to the bit, without delay.
struct Limiter {
    /// -0.2 dBFS.
    static let ceiling: Float = 32000
    /// A millisecond.
    private static let block = 48
    private static let blocks = AudioFrame.count / block
    /// Blocks that the gain stays down after a peak.
    private static let hold = 60
    /// Share of the way back in each block: 300 ms.
    private static let release: Float = 1 / 300

    /// At the end of the last frame.
    private(set) var gain: Float = 1
    private var held = 0

    init() {}

    /// Writes a frame of sums as samples.
    mutating func apply(_ sum: UnsafePointer<Int32>, into output: UnsafeMutablePointer<Int16>) {
        var needed = InlineArray<20, Float>(repeating: 1)
        var isLoud = false
        for block in 0..<Self.blocks {
            var peak: Int32 = 0
            for index in block * Self.block..<(block + 1) * Self.block {
                let sample = sum[index]
                peak = max(peak, sample == .min ? .max : abs(sample))
            }
            if Float(peak) > Self.ceiling {
                needed[block] = Self.ceiling / Float(peak)
                isLoud = true
            }
        }
        guard isLoud || gain < 1 else {
            for index in 0..<AudioFrame.count { output[index] = Int16(truncatingIfNeeded: sum[index]) }
            return
        }
        for block in 0..<Self.blocks {
            let bound = min(needed[block], block + 1 < Self.blocks ? needed[block + 1] : 1)
            var next = gain
            if bound <= next {
                next = bound
                if bound < 1 { held = Self.hold }
            } else if held > 0 {
                held -= 1
            } else {
                next = min(next + (1 - next) * Self.release, bound)
                if next > 0.999 { next = min(1, bound) }
            }
            let step = (next - gain) / Float(Self.block)
            var current = gain
            for index in block * Self.block..<(block + 1) * Self.block {
                current += step
                let sample = (Float(sum[index]) * current).rounded()
                output[index] = Int16(min(max(sample, -Self.ceiling), Self.ceiling))
            }
            gain = next
        }
    }
}
