import Primitives

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
}
