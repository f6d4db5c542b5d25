/// Keeps a mix within 16 bits: gain goes down within the millisecond before a peak that is too high, stays, and comes
/// back slowly. What is not too loud passes unchanged, to the bit, without delay.
///
/// It looks ahead within the frame only. Where a frame begins with a peak, the gain is down by the first sample that
/// needs it, or within a third of a millisecond, in which peaks are cut. A copy goes on as the original would: so a mix
/// of one's own begins.
struct Limiter: Sendable {
    /// -0.2 dBFS.
    static let ceiling: Float = 32000
    /// A millisecond.
    private static let block = 48
    /// Fewest samples in which the gain goes down; peaks within them are cut.
    private static let shortest = 16
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
        if gain == 1, SampleKernels.saturate(sum, into: output, count: AudioFrame.count, limit: Int32(Self.ceiling)) {
            return
        }
        var bound = needed(sum)
        for block in 0..<Self.blocks {
            let start = sum + block * Self.block
            let after = block + 1 < Self.blocks ? needed(start + Self.block) : 1
            let next = advance(min(bound, after))
            var place = 0
            if block == 0, bound < gain {
                // Nothing could be seen of this before: down until the first sample above the ceiling.
                let threshold = Self.ceiling / gain
                while place < Self.block, abs(Float(start[place])) <= threshold { place += 1 }
                place = max(place, Self.shortest)
                SampleKernels.scale(start, into: output, count: place, from: gain, to: next, limit: Self.ceiling)
                gain = next
            }
            SampleKernels.scale(
                start + place, into: output + block * Self.block + place, count: Self.block - place, from: gain,
                to: next, limit: Self.ceiling)
            gain = next
            bound = after
        }
    }

    /// The gain that the block from there on must not exceed.
    private func needed(_ block: UnsafePointer<Int32>) -> Float {
        let peak = Float(SampleKernels.peak(block, count: Self.block))
        return peak > Self.ceiling ? Self.ceiling / peak : 1
    }

    /// The gain at a block's end.
    private mutating func advance(_ bound: Float) -> Float {
        if bound <= gain {
            if bound < 1 { held = Self.hold }
            return bound
        }
        if held > 0 {
            held -= 1
            return gain
        }
        let next = min(gain + (1 - gain) * Self.release, bound)
        return next > 0.999 ? min(1, bound) : next
    }
}
