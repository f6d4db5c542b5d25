/// Who is mixed when more speak than are: the loudest few. Who is in stays until quiet, or until somebody is louder by
/// a margin for a while.
struct SpeakerRanking {
    /// What the ranking keeps about one who is awake.
    struct Standing: Hashable {
        /// Up at once, down by 50 dB a second; in dBov.
        var loudness = Decibels.least
        var isIn = false
        /// Ticks for which it has been louder than the quietest who is in.
        var challenge: UInt8 = 0
        /// Ticks without sound.
        var silent: UInt8 = 0

        /// A tick's frame.
        mutating func note(_ level: Float, isAudible: Bool) {
            loudness = max(level, loudness - 1)
            silent = isAudible ? 0 : min(silent + 1, 100)
        }
    }

    /// dB by which one must be louder, and ticks for which.
    static let margin: Float = 6
    static let patience: UInt8 = 5
    /// One who is that much quieter than the newcomer makes way at once.
    static let clear: Float = 20
    /// Ticks without any sound after which a place is given up.
    static let hold: UInt8 = 15

    let limit: Int
    /// The slots that are in.
    private(set) var slots = InlineArray<6, Int32>(repeating: -1)
    private(set) var count = 0
    /// The quietest who is in, while all places are taken; else everybody would get in.
    private(set) var threshold = Decibels.least

    init(limit: Int) { self.limit = min(max(limit, 3), 6) }

    var isFull: Bool { count == limit }

    /// Whether somebody of that loudness would get in, now or soon.
    func admits(_ loudness: Float) -> Bool { !isFull || loudness > threshold + Self.margin }

    mutating func enter(_ slot: Int) {
        guard count < limit else { return }
        slots[count] = Int32(truncatingIfNeeded: slot)
        count += 1
    }

    mutating func leave(_ slot: Int) {
        for index in 0..<count where slots[index] == Int32(truncatingIfNeeded: slot) {
            count -= 1
            slots[index] = slots[count]
            threshold = Decibels.least
            return
        }
    }

    /// One tick.
    /// - Parameter awake: the slots that are, with their standing in the table.
    mutating func choose(_ awake: borrowing SlotList, _ table: borrowing LegTable) {
        var index = count - 1
        while index >= 0 {
            let slot = Int(slots[index])
            if table.seat(slot).pointee.standing.silent >= Self.hold {
                table.seat(slot).pointee.standing.isIn = false
                leave(slot)
            }
            index -= 1
        }
        while count < limit, let slot = loudest(awake, table, atLeast: 0) { admit(slot, table) }
        guard isFull else { return threshold = Decibels.least }
        var quietest = Int(slots[0])
        for index in 1..<count {
            let slot = Int(slots[index])
            if table.seat(slot).pointee.standing.loudness < table.seat(quietest).pointee.standing.loudness {
                quietest = slot
            }
        }
        threshold = table.seat(quietest).pointee.standing.loudness
        guard awake.count > count else { return }
        for index in 0..<awake.count {
            let seat = table.seat(awake[index])
            let other = seat.pointee.standing
            guard !other.isIn, other.silent == 0, other.loudness > threshold + Self.margin else {
                seat.pointee.standing.challenge = 0
                continue
            }
            let challenge = min(other.challenge + 1, 200)
            let isClear = other.loudness > threshold + Self.clear
            seat.pointee.standing.challenge = isClear ? max(challenge, Self.patience) : challenge
        }
        guard let slot = loudest(awake, table, atLeast: Self.patience) else { return }
        table.seat(quietest).pointee.standing.isIn = false
        leave(quietest)
        admit(slot, table)
    }

    private mutating func admit(_ slot: Int, _ table: borrowing LegTable) {
        enter(slot)
        table.seat(slot).pointee.standing.isIn = true
        table.seat(slot).pointee.standing.challenge = 0
    }

    /// The loudest who sounds and is not in.
    private func loudest(
        _ awake: borrowing SlotList, _ table: borrowing LegTable, atLeast challenge: UInt8
    ) -> Int? {
        guard awake.count > count else { return nil }
        var best: Int?
        var loudness = -Float.infinity
        for index in 0..<awake.count {
            let other = table.seat(awake[index]).pointee.standing
            guard !other.isIn, other.silent == 0, other.challenge >= challenge, other.loudness > loudness else {
                continue
            }
            best = awake[index]
            loudness = other.loudness
        }
        return best
    }
}
