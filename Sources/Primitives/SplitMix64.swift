import Synchronization

/// A repeatable sequence of numbers, for tests and simulations; never for secrets.
public struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(_ seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

extension Entropy {
    /// The same bits in every run.
    public static func seeded(_ seed: UInt64) -> Entropy {
        final class Sequence: Sendable {
            let numbers: Mutex<SplitMix64>
            init(_ seed: UInt64) { numbers = Mutex(SplitMix64(seed)) }
        }
        let sequence = Sequence(seed)
        return Entropy { sequence.numbers.withLock { $0.next() } }
    }
}
