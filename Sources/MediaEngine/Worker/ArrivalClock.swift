import CLinux
import Primitives

/// Turns the kernel's times of arrival, which are of the realtime clock, into instants of the monotonic one. The distance
/// of the two is read anew for each round, so that neither drift nor a step of the realtime clock adds up.
struct ArrivalClock {
    /// As of the last `read`.
    private(set) var now = Instant.zero
    private var offset: Int64 = 0

    /// What waited longer did not wait: the realtime clock was set in between.
    private static let longest: Int64 = 500_000_000

    /// To be called after each sleep.
    mutating func read() {
        let realtime = confab_clock(CLOCK_REALTIME)
        now = MonotonicClock.now
        offset = now.nanoseconds &- realtime
    }

    init() {}

    /// For tests.
    init(now: Instant, realtime: Int64) {
        self.now = now
        offset = now.nanoseconds &- realtime
    }

    /// When a datagram came; now, when the kernel does not say or cannot be right.
    func instant(_ stamp: Int64) -> Instant {
        guard stamp > 0 else { return now }
        let arrival = stamp &+ offset
        guard arrival <= now.nanoseconds, now.nanoseconds &- arrival <= Self.longest else { return now }
        return Instant(nanoseconds: arrival)
    }
}
