import Glibc
import Primitives

/// The system's clocks.
enum MonotonicClock {
    static var now: Instant { Instant(nanoseconds: read(CLOCK_MONOTONIC)) }

    /// To be added to a kernel's time stamp, which is civil time, to get an `Instant`.
    static var offsetOfCivilTime: Int64 { read(CLOCK_MONOTONIC) &- read(CLOCK_REALTIME) }

    /// Processor time of the calling thread.
    static var threadTime: Duration { .nanoseconds(read(CLOCK_THREAD_CPUTIME_ID)) }
    /// Processor time of all threads.
    static var processTime: Duration { .nanoseconds(read(CLOCK_PROCESS_CPUTIME_ID)) }

    static func sleep(until deadline: Instant) {
        var time = timespec(
            tv_sec: Int(deadline.nanoseconds / 1_000_000_000), tv_nsec: Int(deadline.nanoseconds % 1_000_000_000))
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil)
    }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}
