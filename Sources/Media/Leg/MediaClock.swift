public import Primitives

/// Ties the monotonic clock to civil time, for the NTP timestamps of sender reports (RFC 3550 section 4).
public struct MediaClock: Sendable, Hashable {
    private let instant: Instant
    private let wall: WallTime

    /// - Parameters:
    ///   - instant: a point on the monotonic clock,
    ///   - wall: and the civil time it was then.
    public init(instant: Instant, wall: WallTime) {
        self.instant = instant
        self.wall = wall
    }

    /// 32 bits of seconds since 1900 and 32 bits of fraction.
    public func ntp(at now: Instant) -> UInt64 {
        let elapsed = now.nanoseconds &- instant.nanoseconds
        let (since1970, overflow) = wall.milliseconds.multipliedReportingOverflow(by: 1_000_000)
        let nanoseconds = (overflow ? 0 : since1970) &+ elapsed
        let seconds = nanoseconds / 1_000_000_000
        let rest = nanoseconds % 1_000_000_000
        let fraction = UInt64(max(rest, 0)) << 32 / 1_000_000_000
        return UInt64(truncatingIfNeeded: seconds &+ 2_208_988_800) << 32 | fraction
    }
}
