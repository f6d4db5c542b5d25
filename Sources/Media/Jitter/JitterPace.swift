/// When the pace of playing is to change, and by how much. Times in microseconds.
///
/// A packet is needed at the deadline of the first tick that plays any of it; how long before that the quickest would
/// have come is its slack. Decoded samples left over at a deadline delay what follows and help nobody. So the delay
/// changes in steps of a tick: by as much as the slack is a whole tick too long or too short, and what is left over goes.
struct JitterPace {
    static let tick: Int64 = 20_000
    /// A pattern of packets and ticks has repeated itself after this.
    private static let pattern: Int64 = 120_000
    /// Between two changes in speech.
    private static let interval: Int64 = 300_000
    /// From here on there is hurry.
    private static let pressing: Int64 = 60_000
    /// The slack may be as much below the target, or more above the next step, before something is done.
    private static let below: Int64 = 500
    private static let above: Int64 = 3000

    /// Less than this is not worth a seam.
    private static let least: Int64 = 500
    private static let leastInSpeech: Int64 = 2500

    private var leastSlack = Int64.max
    private var leastAhead = Int64.max
    /// Media played in this look at slack and rest, and since the last change.
    private var looked: Int64 = 0
    private(set) var sinceChange: Int64 = 0
    private var hasChanged = false
    /// The change that is due takes out so much that a tick needs the packet after its own.
    private(set) var needsNext = false

    init() {}

    /// What was seen is past: the delay has changed.
    mutating func restart() {
        lookAgain()
        sinceChange = 0
    }

    private mutating func lookAgain() {
        leastSlack = .max
        leastAhead = .max
        looked = 0
        needsNext = false
    }

    /// An order was carried out.
    mutating func change() {
        restart()
        hasChanged = true
    }

    /// A packet is played.
    /// - Parameter ahead: what was left over at the deadline; nil when it is not the tick's first packet.
    mutating func note(slack: Int64, ahead: Int64?, duration: Int64) {
        leastSlack = min(leastSlack, slack)
        if let ahead { leastAhead = min(leastAhead, ahead) }
        looked += duration
        sinceChange += duration
    }

    /// What is to be done now, in microseconds: above zero is longer.
    /// - Parameter room: what may be taken out without leaving the tick short.
    mutating func correction(target: Int64, isSilent: Bool, isLate: Bool, room: Int64) -> Int64 {
        guard looked >= Self.pattern, leastAhead < .max else { return 0 }
        var amount = -leastAhead
        if leastSlack < target - Self.below {
            amount += (target - leastSlack + Self.tick - 1) / Self.tick * Self.tick
        } else {
            amount -= max(leastSlack - target - Self.above, 0) / Self.tick * Self.tick
        }
        let hurries = isSilent || isLate || !hasChanged || abs(amount) > Self.pressing
        let isWorth = amount > 0 || -amount >= (isSilent ? Self.least : Self.leastInSpeech)
        guard isWorth, hurries || sinceChange >= Self.interval else {
            lookAgain()
            return 0
        }
        if -amount > room, room < Self.leastInSpeech {
            needsNext = true
            return 0
        }
        restart()
        hasChanged = false
        return max(amount, -room)
    }
}
