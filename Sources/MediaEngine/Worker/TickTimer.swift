import CLinux
import Glibc
import Primitives

/// Absolute deadlines every 20 ms from the kernel: a late tick does not make the next one late.
struct TickTimer: ~Copyable {
    static let interval: Duration = .milliseconds(20)

    let descriptor: Int32

    init() { descriptor = timerfd_create(CLOCK_MONOTONIC, Int32(TFD_NONBLOCK | TFD_CLOEXEC)) }

    deinit { close(descriptor) }

    /// Starts ticking at the next multiple of the interval after `now`.
    /// - Returns: the first deadline.
    func start(at now: Instant) -> Instant {
        let interval = TickTimer.interval.nanoseconds
        let first = (now.nanoseconds / interval + 1) * interval
        set(first: first, every: interval)
        return Instant(nanoseconds: first)
    }

    func stop() { set(first: 0, every: 0) }

    private func set(first: Int64, every: Int64) {
        var spec = itimerspec()
        spec.it_value = timespec(tv_sec: Int(first / 1_000_000_000), tv_nsec: Int(first % 1_000_000_000))
        spec.it_interval = timespec(tv_sec: Int(every / 1_000_000_000), tv_nsec: Int(every % 1_000_000_000))
        timerfd_settime(descriptor, Int32(TFD_TIMER_ABSTIME), &spec, nil)
    }

    /// How many deadlines have passed since last asked.
    func expirations() -> UInt64 {
        var count: UInt64 = 0
        return read(descriptor, &count, 8) == 8 ? count : 0
    }
}
