/// The inner loops of the mixer, each over `count` samples of 16 bits or sums of 32; all are made for SIMD.
/// Sums hold at most 65,535 frames of full scale.
enum SampleKernels {
    /// `sum += frame`.
    static func add(_ frame: UnsafePointer<Int16>, to sum: UnsafeMutablePointer<Int32>, count: Int) {
        for index in 0..<count { sum[index] &+= Int32(frame[index]) }
    }

    /// `sum = frame`: the first of a sum, instead of clearing it.
    static func widen(_ frame: UnsafePointer<Int16>, into sum: UnsafeMutablePointer<Int32>, count: Int) {
        for index in 0..<count { sum[index] = Int32(frame[index]) }
    }

    /// `rest = sum - frame`: everybody but one.
    static func subtract(
        _ frame: UnsafePointer<Int16>, from sum: UnsafePointer<Int32>, into rest: UnsafeMutablePointer<Int32>,
        count: Int
    ) {
        for index in 0..<count { rest[index] = sum[index] &- Int32(frame[index]) }
    }

    /// Sums as samples, held within 16 bits.
    static func saturate(_ sum: UnsafePointer<Int32>, into samples: UnsafeMutablePointer<Int16>, count: Int) {
        for index in 0..<count {
            samples[index] = Int16(truncatingIfNeeded: min(max(sum[index], -32768), 32767))
        }
    }

    /// Sums as samples, held within 16 bits.
    /// - Returns: whether all were within ±`limit`, 0…32767.
    static func saturate(
        _ sum: UnsafePointer<Int32>, into samples: UnsafeMutablePointer<Int16>, count: Int, limit: Int32
    ) -> Bool {
        // The sign of one of the two is set where a sum is beyond the limit, also where they wrap.
        var beyond: Int32 = 0
        for index in 0..<count {
            let value = sum[index]
            beyond |= (value &+ limit) | (limit &- value)
            samples[index] = Int16(truncatingIfNeeded: min(max(value, -32768), 32767))
        }
        return beyond >= 0
    }

    /// The largest magnitude; 32767 for -32768 too.
    static func peak(_ samples: UnsafePointer<Int16>, count: Int) -> Int16 {
        var high: Int16 = 0
        var low: Int16 = 0
        for index in 0..<count {
            high = max(high, samples[index])
            low = min(low, samples[index])
        }
        return max(high, low == .min ? .max : -low)
    }

    /// The largest magnitude of sums; `Int32.max` for `Int32.min` too.
    static func peak(_ sum: UnsafePointer<Int32>, count: Int) -> Int32 {
        var high: Int32 = 0
        var low: Int32 = 0
        for index in 0..<count {
            high = max(high, sum[index])
            low = min(low, sum[index])
        }
        return max(high, low == .min ? .max : -low)
    }

    /// The sum of the squares, exact; at most 65,536 samples.
    static func energy(_ samples: UnsafePointer<Int16>, count: Int) -> Int64 {
        var low: UInt32 = 0
        var high: UInt32 = 0
        for index in 0..<min(count, 65536) {
            let sample = Int32(samples[index])
            let square = UInt32(truncatingIfNeeded: sample &* sample)
            low &+= square & 0xffff
            high &+= square >> 16
        }
        return Int64(low) + Int64(high) << 16
    }

    /// `samples *= gain`, where the gain goes on a straight line from `start`, before the first sample, to `end`, at the
    /// last one.
    static func scale(_ samples: UnsafeMutablePointer<Int16>, count: Int, from start: Float, to end: Float) {
        guard count > 0 else { return }
        let step = (end - start) / Float(count)
        for index in 0..<count {
            let gain = start + step * Float(Int32(truncatingIfNeeded: index &+ 1))
            let value = Float(samples[index]) * gain
            samples[index] = Int16(truncatingIfNeeded: rounded(value))
        }
    }

    /// Sums times such a gain as samples, held within ±`limit`.
    static func scale(
        _ sum: UnsafePointer<Int32>, into samples: UnsafeMutablePointer<Int16>, count: Int, from start: Float,
        to end: Float, limit: Float
    ) {
        guard count > 0 else { return }
        let step = (end - start) / Float(count)
        for index in 0..<count {
            let gain = start + step * Float(Int32(truncatingIfNeeded: index &+ 1))
            samples[index] = Int16(truncatingIfNeeded: rounded(Float(sum[index]) * gain, limit))
        }
    }

    /// `sum += samples * gain` on such a line.
    static func addScaled(
        _ samples: UnsafePointer<Int16>, to sum: UnsafeMutablePointer<Int32>, count: Int, from start: Float,
        to end: Float
    ) {
        guard count > 0 else { return }
        let step = (end - start) / Float(count)
        for index in 0..<count {
            let gain = start + step * Float(Int32(truncatingIfNeeded: index &+ 1))
            sum[index] &+= rounded(Float(samples[index]) * gain)
        }
    }

    /// `samples *= gains`, gain by gain.
    static func multiply(_ samples: UnsafeMutablePointer<Int16>, by gains: UnsafePointer<Float>, count: Int) {
        for index in 0..<count {
            samples[index] = Int16(truncatingIfNeeded: rounded(Float(samples[index]) * gains[index]))
        }
    }

    /// `samples *= gains`, the gains from the last to the first.
    static func multiplyReversed(_ samples: UnsafeMutablePointer<Int16>, by gains: UnsafePointer<Float>, count: Int) {
        let last = gains + (count - 1)
        for index in 0..<count {
            samples[index] = Int16(truncatingIfNeeded: rounded(Float(samples[index]) * last[-index]))
        }
    }

    /// To the nearest, held within ±`limit`, which is below 2^22: what is added leaves no bits behind the point, and the
    /// integer in the low ones. Made so, loops of it are vectors.
    @inline(__always)
    static func rounded(_ value: Float, _ limit: Float = 32767) -> Int32 {
        let low = value > -limit ? value : -limit
        let held = low < limit ? low : limit
        return Int32(truncatingIfNeeded: (held + 12_582_912).bitPattern &- 0x4b40_0000)
    }
}
