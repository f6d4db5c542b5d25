import CLinux
public import Primitives

/// The one place where clocks are read.
public enum MonotonicClock {
    public static var now: Instant { Instant(nanoseconds: confab_clock(CLOCK_MONOTONIC)) }
    public static var wall: WallTime { WallTime(milliseconds: confab_clock(CLOCK_REALTIME) / 1_000_000) }
}
