/// Makes decoded sound at 48 kHz shorter or longer without changing its pitch: a pitch period is left out or repeated
/// where two in a row are alike, with one faded into the other (pitch-synchronous overlap-add); in silence any amount.
struct TimeStretcher {
    /// 2.5 ms … 15 ms: voices from 66 to 400 Hz.
    private static let shortest = 120
    private static let longest = 720
    private static let fade = 240
    /// What is compared, where there is so much.
    private static let window = 480
    /// How much of the sound is looked at.
    private static let reach = 1920
    /// Coarse search: every so many samples, averaged.
    private static let coarse = 4
    /// Up to this peak (-40 dBFS) a seam is not heard.
    private static let quiet: Int16 = 330
    /// Normalised correlation from which on a seam is not heard.
    private static let alike: Float = 0.85

    private struct Match {
        var start = 0
        var lag = 0
        var likeness: Float = 0
    }

    init() {}

    /// Carries out an order as far as it will not be heard.
    /// - Parameter capacity: samples that the memory holds.
    /// - Returns: how many samples there are now.
    func apply(
        _ order: StretchOrder, to samples: UnsafeMutablePointer<Int16>, count: Int, capacity: Int
    ) -> Int {
        guard count > Self.fade + Self.shortest else { return count }
        let room = count - Self.fade
        switch order {
        case .keep: return count
        case .shorten(let amount):
            guard let match = find(samples, count, upTo: min(amount, room)) else { return count }
            return shorten(samples, count, match)
        case .lengthen(let amount):
            let most = min(room, capacity - count)
            guard let match = find(samples, count, upTo: isQuiet(samples, count) ? min(amount, most) : most) else {
                return count
            }
            return lengthen(samples, count, match)
        }
    }

    /// The same on the decoded samples that wait to be played.
    /// - Returns: samples gained; negative for those taken out. To be told to `JitterBuffer.stretched(by:)`.
    func apply(_ order: StretchOrder, to queue: inout SampleQueue) -> Int {
        guard order != .keep else { return 0 }
        let before = queue.count
        let start = queue.end - before
        let after = apply(order, to: start, count: before, capacity: before + queue.free)
        queue.removeAll()
        queue.append(after)
        return after - before
    }

    // MARK: Seams

    /// Leaves `lag` samples out: what is at `start` goes over into what comes a lag later.
    private func shorten(_ samples: UnsafeMutablePointer<Int16>, _ count: Int, _ match: Match) -> Int {
        let seam = samples + match.start
        for index in 0..<Self.fade { seam[index] = mix(seam[index], seam[match.lag + index], index) }
        let from = match.start + Self.fade
        (samples + from).update(from: samples + from + match.lag, count: count - from - match.lag)
        return count - match.lag
    }

    /// Repeats `lag` samples: a lag after `start`, what would go on there goes over into what was at `start`.
    private func lengthen(_ samples: UnsafeMutablePointer<Int16>, _ count: Int, _ match: Match) -> Int {
        let from = match.start + match.lag
        (samples + from + match.lag).update(from: samples + from, count: count - from)
        // The part from `start` to `from` is there twice now, the second time followed by what came after the first.
        let seam = samples + from
        for index in 0..<Self.fade {
            let new = index < match.lag ? samples[match.start + index] : seam[index]
            seam[index] = mix(seam[match.lag + index], new, index)
        }
        let rest = match.lag - Self.fade
        if rest > 0 { (seam + Self.fade).update(from: samples + match.start + Self.fade, count: rest) }
        return count + match.lag
    }

    /// So far on the way from one to the other.
    private func mix(_ old: Int16, _ new: Int16, _ index: Int) -> Int16 {
        let weight = Int32(truncatingIfNeeded: index)
        let length = Int32(truncatingIfNeeded: Self.fade)
        return Int16(truncatingIfNeeded: (Int32(old) &* (length &- weight) &+ Int32(new) &* weight) / length)
    }

    // MARK: Search

    private func isQuiet(_ samples: UnsafePointer<Int16>, _ count: Int) -> Bool {
        AudioLevel.peak(samples, count) <= Self.quiet
    }

    /// Where a seam is least heard; nil where it would be.
    private func find(_ samples: UnsafePointer<Int16>, _ count: Int, upTo most: Int) -> Match? {
        guard most > 0 else { return nil }
        if isQuiet(samples, count) {
            // As much as was asked for, or a little less where that fits better.
            let lags = most < 2 * Self.fade ? most...most : (most - Self.fade)...most
            return best(samples, count, lags) ?? Match(lag: most)
        }
        guard most >= Self.shortest else { return nil }
        let match = best(samples, count, Self.shortest...min(most, Self.longest))
        return match.flatMap { $0.likeness >= Self.alike ? $0 : nil }
    }

    /// The most alike pair of places; of those that are equally alike, the farthest apart.
    private func best(_ samples: UnsafePointer<Int16>, _ count: Int, _ lags: ClosedRange<Int>) -> Match? {
        let length = min(count, Self.reach) / Self.coarse
        let rough: Match = withUnsafeTemporaryAllocation(of: Int16.self, capacity: length) { small in
            guard let base = small.baseAddress else { return Match() }
            thin(samples, into: base, length)
            return roughly(base, length, lags)
        }
        guard rough.lag > 0 else { return nil }
        var match = Match(start: rough.start)
        let window = min(Self.window, count - rough.start - rough.lag - Self.coarse)
        for lag in rough.lag - Self.coarse...rough.lag + Self.coarse {
            guard lags.contains(lag), rough.start + lag + Self.fade <= count, window > 0 else { continue }
            let value = likeness(samples + rough.start, lag, window)
            if value > match.likeness {
                match.likeness = value
                match.lag = lag
            }
        }
        return match.lag > 0 ? match : nil
    }

    /// Averages of four samples each, brought down to 11 bits so that sums of products fit.
    private func thin(_ samples: UnsafePointer<Int16>, into small: UnsafeMutablePointer<Int16>, _ length: Int) {
        let peak = AudioLevel.peak(samples, length * Self.coarse)
        let shift = Int32(max(0, 5 - (peak.leadingZeroBitCount - 1)) + 2)
        for index in 0..<length {
            let four = samples + index * Self.coarse
            let sum = Int32(four[0]) &+ Int32(four[1]) &+ Int32(four[2]) &+ Int32(four[3])
            small[index] = Int16(truncatingIfNeeded: sum >> shift)
        }
    }

    private func roughly(_ small: UnsafePointer<Int16>, _ length: Int, _ lags: ClosedRange<Int>) -> Match {
        let fade = Self.fade / Self.coarse
        var match = Match()
        var bestScore: Float = 0
        var start = 0
        while start + lags.lowerBound / Self.coarse + fade + 1 < length, bestScore < 0.99 {
            var lag = max(lags.lowerBound / Self.coarse, 1)
            // The fine search goes one step further.
            let last = max(lags.upperBound / Self.coarse - 1, lag)
            while lag <= last, start + lag + fade + 1 <= length {
                let window = min(Self.window / Self.coarse, length - start - lag)
                var product: Int32 = 0
                var before: Int32 = 0
                var after: Int32 = 0
                for index in 0..<window {
                    let one = Int32(small[start + index])
                    let other = Int32(small[start + lag + index])
                    product &+= one &* other
                    before &+= one &* one
                    after &+= other &* other
                }
                if product > 0 {
                    let value = Float(product) / (Float(before) * Float(after)).squareRoot()
                    let score = value + 0.03 * Float(lag * Self.coarse) / Float(Self.longest)
                    if score > bestScore {
                        bestScore = score
                        match = Match(start: start * Self.coarse, lag: lag * Self.coarse, likeness: value)
                    }
                }
                lag += 1
            }
            start += fade
        }
        return match
    }

    /// Normalised correlation of two windows a lag apart, -1…1.
    private func likeness(_ samples: UnsafePointer<Int16>, _ lag: Int, _ window: Int) -> Float {
        var product: Int64 = 0
        var before: Int64 = 0
        var after: Int64 = 0
        for index in 0..<window {
            let one = Int64(samples[index])
            let other = Int64(samples[index + lag])
            product &+= one &* other
            before &+= one &* one
            after &+= other &* other
        }
        guard before > 0, after > 0 else { return 0 }
        return Float(product) / (Float(before) * Float(after)).squareRoot()
    }
}
