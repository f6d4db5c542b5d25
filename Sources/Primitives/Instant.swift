/// A point on the monotonic clock, in nanoseconds since an arbitrary origin.
///
/// Protocol values never read a clock: whoever calls them hands in the instant.
public struct Instant: Hashable, Comparable, Sendable {
    /// Nanoseconds since the clock's origin.
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    public static let zero = Instant(nanoseconds: 0)

    public static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }

    public static func + (a: Instant, b: Duration) -> Instant {
        Instant(nanoseconds: a.nanoseconds &+ b.nanoseconds)
    }

    public static func - (a: Instant, b: Duration) -> Instant {
        Instant(nanoseconds: a.nanoseconds &- b.nanoseconds)
    }

    public static func - (a: Instant, b: Instant) -> Duration {
        .nanoseconds(a.nanoseconds &- b.nanoseconds)
    }

    public static func += (a: inout Instant, b: Duration) { a = a + b }
}

extension Duration {
    /// The duration in whole nanoseconds; saturates at ±292 years.
    public var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        return scaled &+ attoseconds / 1_000_000_000
    }

    /// The duration in seconds, as a floating-point number.
    public var inSeconds: Double { Double(nanoseconds) / 1e9 }
}
