public import Primitives

/// How much one may write: so many texts a second, and more in a burst after a silence.
struct TextAllowance: Sendable {
    private var left: Double
    private var asOf: Instant

    init(burst: Double, at now: Instant) {
        left = burst
        asOf = now
    }

    /// Takes one text off; false when there is none left.
    mutating func take(rate: Double, burst: Double, at now: Instant) -> Bool {
        left = min(burst, left + max(0, (now - asOf).inSeconds) * rate)
        asOf = now
        guard left >= 1 else { return false }
        left -= 1
        return true
    }

    func isFull(rate: Double, burst: Double, at now: Instant) -> Bool {
        left + max(0, (now - asOf).inSeconds) * rate >= burst
    }
}

/// How much more each may write, or ask for. What is full again says nothing that a new one would not, and goes.
public struct TextAllowances: Sendable {
    private static let interval = Duration.seconds(5)
    private static let limit = 65_536

    private var byWriter: [String: TextAllowance] = [:]
    private var nextSweep = Instant.zero

    public init() {}

    var count: Int { byWriter.count }

    /// Takes one off; false when there is none left.
    public mutating func take(_ writer: String, rate: Double, at now: Instant) -> Bool {
        let burst = 5 * rate
        if now >= nextSweep {
            byWriter = byWriter.filter { !$0.value.isFull(rate: rate, burst: burst, at: now) }
            nextSweep = now + TextAllowances.interval
        }
        guard byWriter[writer] != nil || byWriter.count < TextAllowances.limit else { return false }
        var allowance = byWriter[writer] ?? TextAllowance(burst: burst, at: now)
        defer { byWriter[writer] = allowance }
        return allowance.take(rate: rate, burst: burst, at: now)
    }
}
