public import Primitives

/// Follows what a peer's RTCP reports say about loss on the way to it (RFC 3550 section 6.4.1), and decides with
/// hysteresis what is done about it.
///
/// Error correction comes on with 5 % in one report or 2 % on average, and goes when the average has been below 0.5 %
/// for 30 s. The lower rate comes when the average has been above 10 % for 15 s, and goes below 3 % for 60 s.
public struct LossControl: Sendable, Hashable {
    /// Whether forward error correction is worth its bits.
    public private(set) var wantsFEC = false
    /// Whether less should be sent, as loss persists.
    public private(set) var wantsLowRate = false
    /// Per cent that the encoder is to be tuned for, 0…30; 0 without error correction.
    public private(set) var expectedLoss = 0

    /// Of the fractions reported, each new one counting a third.
    private var average = 0.0
    private var hasReport = false
    private var lowSince: Instant?
    private var highSince: Instant?
    private var mendedSince: Instant?

    public init() {}

    /// Takes a report block about what we send.
    /// - Parameter fractionLost: 0…1.
    /// - Returns: whether another class of encoder may be wanted now.
    @discardableResult
    public mutating func report(fractionLost: Double, at now: Instant) -> Bool {
        guard fractionLost >= 0, fractionLost <= 1 else { return false }
        let before = (wantsFEC, wantsLowRate)
        average += (fractionLost - average) * (hasReport ? 1.0 / 3 : 1)
        hasReport = true
        if fractionLost >= 0.05 || average >= 0.02 { wantsFEC = true }
        if Self.lasted(average < 0.005, &lowSince, now, .seconds(30)) { wantsFEC = false }
        if Self.lasted(average > 0.1, &highSince, now, .seconds(15)) { wantsLowRate = true }
        if Self.lasted(average < 0.03, &mendedSince, now, .seconds(60)) { wantsLowRate = false }
        expectedLoss = wantsFEC ? min(max(Int((average * 100).rounded(.up)), 2), 30) : 0
        return before != (wantsFEC, wantsLowRate)
    }

    private static func lasted(
        _ holds: Bool, _ since: inout Instant?, _ now: Instant, _ duration: Duration
    ) -> Bool {
        guard holds else {
            since = nil
            return false
        }
        guard let begin = since else {
            since = now
            return false
        }
        return now - begin >= duration
    }
}
