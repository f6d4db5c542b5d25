/// Counts of non-negative durations in steps of 50 µs up to 200 ms.
struct Histogram: Sendable, Hashable {
    private static let step: Int64 = 50_000
    private var counts: [UInt64] = Array(repeating: 0, count: 4001)
    private(set) var count: UInt64 = 0
    private(set) var maximum: Int64 = 0

    mutating func add(_ nanoseconds: Int64) {
        let value = max(0, nanoseconds)
        counts[Int(min(value / Histogram.step, 4000))] += 1
        count += 1
        maximum = max(maximum, value)
    }

    /// The upper end of the step in which a share of all lies, in nanoseconds, at most the maximum; 0 when empty.
    func percentile(_ share: Double) -> Int64 {
        guard count > 0 else { return 0 }
        let target = UInt64((Double(count) * share).rounded(.up))
        var seen: UInt64 = 0
        for (index, value) in counts.enumerated() {
            seen += value
            if seen >= max(target, 1), index < 4000 { return min(Int64(index + 1) * Histogram.step, maximum) }
        }
        return maximum
    }
}
