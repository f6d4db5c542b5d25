import Conference
import Primitives

/// Decides which rooms change their thread. A value: it is given the threads' CPU times and the rooms' weights, and says
/// what to do.
///
/// Loads and costs are in thousandths of a thread.
struct LoadBalance {
    enum Action: Equatable {
        case move(MixID, to: Int)
        /// So many more legs of the mix are to be sent for by another thread, or fewer.
        case spread(MixID, count: Int, host: Int)
        case gather(MixID, count: Int)
    }

    /// Between two looks.
    static let interval: Duration = .seconds(2)
    /// Threads that differ by less are left alone.
    static let tolerance = 250
    /// A thread below that gets outlets back that others keep for its rooms.
    static let calm = 300
    /// Fewer legs are not spread.
    static let big = 300
    /// What share of a room's cost is protecting and sending, in thousandths.
    private static let sendingShare = 600
    /// Outlets that come back at a time, so that what they have to send meanwhile can be held.
    private static let gathered = 48

    private(set) var loads: [Int]
    private var busy: [Int64?]
    private var measured = Instant.zero
    private(set) var next = Instant.zero

    init(_ workers: Int) {
        loads = Array(repeating: 0, count: workers)
        busy = Array(repeating: nil, count: workers)
    }

    /// Takes what each thread has run so far; true when a look is due and there was one before.
    mutating func measure(_ times: [Int64?], at now: Instant) -> Bool {
        guard now >= next else { return false }
        let elapsed = (now - measured).nanoseconds
        let isFirst = measured == .zero
        for index in loads.indices {
            if let before = busy[index], let time = times[index], elapsed > 0 {
                loads[index] = Int(min(max((time - before) * 1000 / elapsed, 0), 1000))
            }
            busy[index] = times[index]
        }
        measured = now
        next = now + Self.interval
        return !isFirst
    }

    /// The thread that has the most to do.
    var busiest: Int { loads.indices.max { loads[$0] < loads[$1] } ?? 0 }
    var idlest: Int { loads.indices.min { loads[$0] < loads[$1] } ?? 0 }

    /// Whether the threads differ enough to look at the rooms of the busiest.
    var isUneven: Bool { loads.count > 1 && loads[busiest] - loads[idlest] > Self.tolerance }

    /// What is to be done about a thread.
    /// - Parameters:
    ///   - rooms: what its rooms cost.
    ///   - legs: how many legs a mix has; nil for one that cannot be moved now.
    func actions(_ worker: Int, _ rooms: [RoomWeight], legs: (MixID) -> Int?) -> [Action] {
        guard loads.indices.contains(worker) else { return [] }
        var (high, low) = (loads[worker], loads[idlest])
        if high < Self.calm {
            return rooms.filter { $0.spread > 0 }.map { .gather($0.mix, count: min($0.spread, Self.gathered)) }
        }
        guard worker != idlest, high - low > Self.tolerance else { return [] }
        var actions: [Action] = []
        let byWeight = rooms.filter { $0.spread == 0 }.sorted { ($0.cost, $0.mix) > ($1.cost, $1.mix) }
        for room in byWeight where room.cost > 10 && legs(room.mix) != nil {
            // The move helps when the other is not as busy afterwards as this one is now.
            guard high - low > Self.tolerance / 2, room.cost < high - low - Self.tolerance / 5 else { continue }
            actions.append(.move(room.mix, to: idlest))
            high -= room.cost
            low += room.cost
        }
        if actions.isEmpty, let room = rooms.max(by: { $0.cost < $1.cost }), let count = legs(room.mix),
            count >= Self.big, room.cost > 0
        {
            let here = max(count - room.spread, 0)
            let share = (high - low) / 2 * here * 1000 / (max(room.cost, 1) * Self.sendingShare)
            let more = min(share / 2, here)
            if more > 0 { actions.append(.spread(room.mix, count: more, host: idlest)) }
        }
        return actions
    }
}
