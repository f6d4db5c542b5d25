/// Some of those who are muted, to be named beside who is heard with the level 127 (RFC 6465 section 2): a few at a time,
/// and others the next time, so that nobody is left out for good.
struct MutedSources {
    /// Ticks between two times, and how long one lasts: as long as the longest packet.
    static let interval: UInt64 = 48
    static let duration: UInt64 = 6
    static let limit = 8
    /// Slots looked at in one go.
    static let reach = 64

    private(set) var sources = InlineArray<8, UInt32>(repeating: 0)
    private(set) var count = 0
    /// The slot that is looked at next.
    private var cursor = 0

    init() {}

    /// What was found holds no longer.
    mutating func forget() { count = 0 }

    /// Looks on from where it was.
    mutating func find(in table: borrowing LegTable) {
        count = 0
        let bound = table.bound
        guard bound > 0 else { return }
        for _ in 0..<min(bound, Self.reach) where count < Self.limit {
            if cursor >= bound { cursor = 0 }
            let seat = table.seat(cursor)
            let slot = cursor
            cursor += 1
            guard seat.pointee.isTaken, !seat.pointee.isHeard, !seat.pointee.isMixed else { continue }
            let leg = table.leg(slot)
            guard leg.pointee.isMuted, let source = leg.pointee.source.ssrc else { continue }
            sources[count] = source
            count += 1
        }
    }
}

extension MixRoom {
    /// For a moment every second, those who are muted stand beside who is heard, as far as there is room.
    mutating func nameMuted() {
        let phase = ticks % MutedSources.interval
        guard contributors.count > 0, phase < MutedSources.duration else { return }
        if phase == 0 { muted.find(in: table) }
        for index in 0..<muted.count where contributors.count < Contributors.limit {
            contributors.add(muted.sources[index], level: 127)
        }
    }
}
