import Primitives

/// How much each of many may still do: so many a second, and five times as many after a silence. A token bucket for each
/// key; one that is full again says nothing that a new one would not, and goes. Where more keys come than are kept, the
/// rest of them share one.
struct Allowances: Sendable {
    /// What became of one that asked.
    enum Verdict: Sendable, Hashable {
        case granted
        /// The first one in a while that is not: to be told.
        case refusedFirst
        /// One of many.
        case refused
    }

    private struct Bucket: Sendable {
        var left: Double
        var asOf: Instant
        /// How many were refused since the last report, and when one was last said to be the first.
        var refused = 0
        var told: Instant?
    }

    private static let burst = 5.0
    /// How often one that goes on is told so.
    private static let tellInterval = Duration.seconds(1)
    private static let sweepInterval = Duration.seconds(5)

    private let rate: Double
    private let limit: Int
    private var buckets: [String: Bucket] = [:]
    private var rest: Bucket?
    private var nextSweep = Instant.zero

    /// - Parameters:
    ///   - rate: a second; 0 for no limit.
    ///   - limit: most keys kept.
    init(rate: Int, limit: Int) {
        self.rate = Double(rate)
        self.limit = limit
    }

    var count: Int { buckets.count }

    /// - Parameter cost: how many it counts as.
    mutating func take(_ key: String, cost: Double = 1, at now: Instant) -> Verdict {
        guard rate > 0 else { return .granted }
        if var bucket = buckets[key] {
            defer { buckets[key] = bucket }
            return take(&bucket, cost, now)
        }
        guard buckets.count < limit else {
            var bucket = rest ?? fresh(now)
            defer { rest = bucket }
            return take(&bucket, cost, now)
        }
        var bucket = fresh(now)
        defer { buckets[key] = bucket }
        return take(&bucket, cost, now)
    }

    /// Since the last time, how many of whose were refused; and what says nothing any more goes. Every five seconds.
    mutating func report(at now: Instant) -> [(key: String, refused: Int)] {
        guard now >= nextSweep else { return [] }
        nextSweep = now + Allowances.sweepInterval
        var found: [(key: String, refused: Int)] = []
        buckets = buckets.filter { key, bucket in
            if bucket.refused > 0 { found.append((key, bucket.refused)) }
            return bucket.refused > 0 || bucket.left + elapsed(bucket, now) * rate < rate * Allowances.burst
        }
        for (key, _) in found { buckets[key]?.refused = 0 }
        if let shared = rest, shared.refused > 0 { found.append(("others", shared.refused)) }
        rest?.refused = 0
        return found.sorted { $0.key < $1.key }
    }

    private func fresh(_ now: Instant) -> Bucket { Bucket(left: rate * Allowances.burst, asOf: now) }

    private func elapsed(_ bucket: Bucket, _ now: Instant) -> Double { max(0, (now - bucket.asOf).inSeconds) }

    private func take(_ bucket: inout Bucket, _ cost: Double, _ now: Instant) -> Verdict {
        bucket.left = min(rate * Allowances.burst, bucket.left + elapsed(bucket, now) * rate)
        bucket.asOf = now
        let cost = min(cost, rate * Allowances.burst)
        guard bucket.left < cost else {
            bucket.left -= cost
            return .granted
        }
        bucket.refused += 1
        if let told = bucket.told, now - told < Allowances.tellInterval { return .refused }
        bucket.told = now
        return .refusedFirst
    }
}
