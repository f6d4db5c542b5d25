import Primitives
import Synchronization

/// A repeatable sequence (SplitMix64).
struct SIPSeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    static func entropy(_ seed: UInt64) -> Entropy {
        let box = Box(SIPSeededGenerator(seed))
        return Entropy { box.generator.withLock { $0.next() } }
    }

    private final class Box: Sendable {
        let generator: Mutex<SIPSeededGenerator>
        init(_ generator: SIPSeededGenerator) { self.generator = Mutex(generator) }
    }
}
