import CLinux
import Glibc
import Primitives

/// Keeps a thread to which many packets come from waking for each: it naps a little between rounds then, and finds a
/// handful. Costs a fifth of a millisecond of delay at most, and nothing while few come.
struct WakePace {
    /// Over which packets are counted.
    private static let window: Int64 = 20_000_000
    /// Sockets that were ready in a window, from which on naps pay.
    private static let threshold = 300
    private static let length: Int64 = 200_000

    private var began = Instant.zero
    private var count = 0
    private(set) var naps = false

    init() {}

    /// So many sockets were ready.
    mutating func note(_ ready: Int, at now: Instant) {
        count += ready
        guard now.nanoseconds &- began.nanoseconds >= Self.window else { return }
        naps = count >= Self.threshold && now.nanoseconds &- began.nanoseconds < 2 * Self.window
        began = now
        count = 0
    }

    /// - Parameter limit: nanoseconds until there is something to do; negative for never.
    func nap(atMost limit: Int64) {
        guard naps, limit < 0 || limit > 2 * Self.length else { return }
        var time = timespec(tv_sec: 0, tv_nsec: Int(Self.length))
        nanosleep(&time, nil)
    }
}
