/// How much delay a stream needs, from how unevenly its packets come. Times in microseconds.
///
/// What counts is how much later than the quickest packets came. The worst of each quarter of a second is kept for
/// eight seconds; the worst but one of these is what must be waited for, so that a single outage is no reason to wait.
struct DelayEstimate {
    private static let windows = 32
    private static let window: Int64 = 250_000
    /// How long the quickest packet counts, once or twice; after it, a slower path or a drifting clock is believed.
    private static let memory: Int64 = 5_000_000
    private static let margin: Int64 = 2000
    /// So many losses within twice the memory make restoring worth its delay.
    private static let losses = 3

    let minimum: Int64
    let maximum: Int64
    private var peaks = InlineArray<32, Int32>(repeating: 0)
    private var place = 0
    private var windowStart: Int64 = 0
    private var peak: Int64 = 0
    /// The two worst of the windows that are over.
    private var worst: Int64 = 0
    private var second: Int64 = 0

    private var current: Int64 = 0
    private var previous: Int64 = 0
    private var bucketStart: Int64 = 0
    private var lost = 0
    private var lostBefore = 0
    private(set) var isKnown = false

    init(minimum: Int64, maximum: Int64) {
        self.minimum = minimum
        self.maximum = maximum
    }

    /// Forgets the path, not the jitter on it: the timestamps began anew.
    mutating func rebase() { isKnown = false }

    /// The transit of the quickest packet lately: arrival less media time.
    var quickest: Int64 { min(current, previous) }

    /// How much later than the quickest packets come, but for rare ones.
    var lateness: Int64 { peak >= worst ? worst : max(second, peak) }

    /// The delay above the quickest packet's with which nearly all come in time.
    var target: Int64 { min(max(lateness + Self.margin, minimum), maximum) }

    /// Whether enough is lost for restoring to be worth a longer delay.
    var losesOften: Bool { lost + lostBefore >= Self.losses }

    mutating func noteLoss() { lost += 1 }

    /// A packet came, with its transit.
    /// - Returns: how much later than the quickest it was.
    mutating func note(transit: Int64, at now: Int64) -> Int64 {
        if !isKnown {
            isKnown = true
            current = transit
            previous = transit
            bucketStart = now
        } else if now - bucketStart > Self.memory {
            let isLong = now - bucketStart > 2 * Self.memory
            previous = isLong ? transit : current
            current = transit
            bucketStart = now
            lostBefore = isLong ? 0 : lost
            lost = 0
        } else {
            current = min(current, transit)
        }
        let late = transit - quickest
        if now - windowStart >= Self.window { turn(now) }
        peak = max(peak, min(late, maximum))
        return late
    }

    /// The window is over. However long nothing came, it counts as one.
    private mutating func turn(_ now: Int64) {
        peaks[place] = Int32(clamping: peak)
        place = (place + 1) % Self.windows
        peak = 0
        windowStart = now
        var first: Int32 = 0
        var next: Int32 = 0
        for index in 0..<Self.windows {
            let value = peaks[index]
            if value > first {
                next = first
                first = value
            } else if value > next {
                next = value
            }
        }
        worst = Int64(first)
        second = Int64(next)
    }
}
