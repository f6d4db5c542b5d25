/// How much delay a stream needs, from how unevenly its packets come. Times in microseconds.
struct DelayEstimate {
    /// Half the distance to a later packet at once; back within ten seconds or so.
    private static let attack = 0.5
    private static let releaseTime = 10_000_000.0
    /// How long the quickest packet counts; after it, a slower path or a drifting clock is believed.
    private static let memory: Int64 = 5_000_000
    /// Above the observed lateness: what a tick may come early by.
    private static let margin: Int64 = 5000

    let minimum: Int64
    let maximum: Int64
    /// Envelope of how much later than the quickest packets came.
    private var envelope = 0.0
    private var current: Int64 = 0
    private var previous: Int64 = 0
    private var bucketStart: Int64 = 0
    private(set) var isKnown = false

    init(minimum: Int64, maximum: Int64) {
        self.minimum = minimum
        self.maximum = maximum
    }

    /// Forgets the path, not the jitter on it: the timestamps began anew.
    mutating func rebase() { isKnown = false }

    /// The transit of the quickest packet lately: arrival less media time.
    var quickest: Int64 { min(current, previous) }

    /// The delay above the quickest packet's with which nearly all come in time.
    var target: Int64 { min(max(Int64(envelope) + Self.margin, minimum), maximum) }

    /// A packet came: its transit, the media time in it.
    mutating func note(transit: Int64, duration: Int64, at now: Int64) {
        if !isKnown {
            isKnown = true
            current = transit
            previous = transit
            bucketStart = now
        } else if now - bucketStart > Self.memory {
            previous = now - bucketStart > 2 * Self.memory ? transit : current
            current = transit
            bucketStart = now
        } else {
            current = min(current, transit)
        }
        let lateness = Double(min(transit - quickest, maximum))
        if lateness > envelope {
            envelope += (lateness - envelope) * Self.attack
        } else {
            envelope -= (envelope - lateness) * min(Double(duration) / Self.releaseTime, 1)
        }
    }
}
