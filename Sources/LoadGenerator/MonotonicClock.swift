import CLinux
import Glibc
import Primitives

/// The system's clocks.
enum MonotonicClock {
    static var now: Instant { Instant(nanoseconds: confab_clock(CLOCK_MONOTONIC)) }

    /// To be added to a kernel's time stamp, which is civil time, to get an `Instant`.
    static var offsetOfCivilTime: Int64 { confab_clock(CLOCK_MONOTONIC) &- confab_clock(CLOCK_REALTIME) }

    /// Processor time of the calling thread.
    static var threadTime: Duration { .nanoseconds(confab_clock(CLOCK_THREAD_CPUTIME_ID)) }
    /// Processor time of all threads.
    static var processTime: Duration { .nanoseconds(confab_clock(CLOCK_PROCESS_CPUTIME_ID)) }

    static func sleep(until deadline: Instant) {
        var time = timespec(
            tv_sec: Int(deadline.nanoseconds / 1_000_000_000), tv_nsec: Int(deadline.nanoseconds % 1_000_000_000))
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil)
    }
}
