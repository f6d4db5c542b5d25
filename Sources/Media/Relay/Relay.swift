import Primitives

/// Whether a mix relays while two legs are in it, which two they are, and how far both ways are.
struct Relay {
    var isWanted = false
    /// The two legs; -1 while there are more or fewer.
    private(set) var first = -1
    private(set) var second = -1
    var ways = InlineArray<2, RelayWay>(repeating: RelayWay())
    /// The tick made last, and its deadline: what ties timestamps to the clock.
    var tick: UInt64 = 0
    var due = Instant.zero
    var passedKeys = PassedKeys()

    init() {}

    /// Who is in the mix, while they are two.
    mutating func setPair(_ first: Int, _ second: Int) {
        self.first = first
        self.second = second
    }

    /// Who listens to a leg that talks.
    func other(than slot: Int) -> Int? {
        guard isWanted, first >= 0 else { return nil }
        return slot == first ? second : slot == second ? first : nil
    }

    /// The way on which a leg's packets go.
    func way(from slot: Int) -> Int? {
        if ways[0].source == slot { return 0 }
        return ways[1].source == slot ? 1 : nil
    }

    /// The way on which a leg gets packets.
    func way(to slot: Int) -> Int? {
        if ways[0].target == slot { return 0 }
        return ways[1].target == slot ? 1 : nil
    }

    /// A place for another way.
    var free: Int? { !ways[0].isOn ? 0 : !ways[1].isOn ? 1 : nil }

    /// When a tick is due.
    func due(_ tick: UInt64) -> Instant {
        let ticks = Int64(clamping: tick &- self.tick)
        return due + .milliseconds(20 * min(ticks, 1 << 32))
    }
}

/// Keys that were relayed lately, so that who hears of them otherwise does not send them a second time.
struct PassedKeys {
    /// Ticks for which a key is remembered: 2 s.
    private static let memory: UInt64 = 100
    private static let limit = 16

    private struct Key {
        var tick: UInt64 = 0
        var slot: Int32 = -1
        var code: UInt8 = 0
    }

    private var keys = InlineArray<16, Key>(repeating: Key())
    private var next = 0

    init() {}

    mutating func note(_ code: UInt8, to slot: Int, tick: UInt64) {
        keys[next] = Key(tick: tick, slot: Int32(truncatingIfNeeded: slot), code: code)
        next = (next + 1) % Self.limit
    }

    /// Whether a key was relayed to the leg; it counts once.
    mutating func take(_ code: UInt8, to slot: Int, tick: UInt64) -> Bool {
        for place in 0..<Self.limit {
            let index = (next + place) % Self.limit
            guard keys[index].slot == Int32(truncatingIfNeeded: slot), keys[index].code == code,
                tick &- keys[index].tick <= Self.memory
            else { continue }
            keys[index].slot = -1
            return true
        }
        return false
    }
}
