import Primitives

/// How long to wait before trying again: longer each time, up to a limit, and never in step with others.
public struct Backoff: Sendable, Hashable {
    public var initial: Duration
    public var maximum: Duration
    /// The part of each delay that is left to chance, 0…1: a delay d becomes one of d × (1 − jitter) … d.
    public var jitter: Double
    /// How many delays were given out since `reset`.
    public private(set) var attempts = 0

    public init(initial: Duration = .seconds(1), maximum: Duration = .seconds(60), jitter: Double = 0.5) {
        self.initial = initial
        self.maximum = maximum
        self.jitter = min(max(jitter, 0), 1)
    }

    /// The next delay: twice the last, less the part left to chance.
    public mutating func next(_ entropy: Entropy) -> Duration {
        let doubled = initial.inSeconds * Double(1 << min(attempts, 30))
        let delay = min(doubled, maximum.inSeconds)
        attempts = min(attempts + 1, 1000)
        let chance = Double(entropy.u32()) / Double(UInt32.max)
        return .nanoseconds(Int64(delay * (1 - jitter * chance) * 1e9))
    }

    public mutating func reset() { attempts = 0 }
}
