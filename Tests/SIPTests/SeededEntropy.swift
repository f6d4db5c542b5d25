import Primitives
import Synchronization

/// A repeatable sequence (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

extension Entropy {
    static func seeded(_ seed: UInt64) -> Entropy {
        let generator = Box(SeededGenerator(seed))
        return Entropy { generator.value.withLock { $0.next() } }
    }
}

private final class Box: Sendable {
    let value: Mutex<SeededGenerator>
    init(_ generator: SeededGenerator) { value = Mutex(generator) }
}
