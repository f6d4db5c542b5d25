import Primitives
import Synchronization

/// SplitMix64.
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
}

private final class SharedRandom: Sendable {
    let state: Mutex<SeededRandom>
    init(_ seed: UInt64) { state = Mutex(SeededRandom(seed)) }
}

extension Entropy {
    static func seeded(_ seed: UInt64) -> Entropy {
        let random = SharedRandom(seed)
        return Entropy { random.state.withLock { $0.next() } }
    }
}

extension SocketAddress: ExpressibleByStringLiteral {
    /// `192.0.2.1:5060` or `[2001:db8::1]:5060`.
    public init(stringLiteral text: String) {
        let colon = text.lastIndex(of: ":") ?? text.endIndex
        self.init(IPAddress(text[..<colon]) ?? .any4, UInt16(text[colon...].dropFirst()) ?? 0)
    }
}

extension Instant {
    static func milliseconds(_ count: Int) -> Instant { .zero + .milliseconds(count) }
    static func seconds(_ count: Int) -> Instant { .zero + .seconds(count) }
}
