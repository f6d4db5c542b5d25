public import Primitives

/// Follows what a peer's RTCP reports say about loss on the way to it (RFC 3550 section 6.4.1), and decides with
/// hysteresis what is done about it.
public struct LossControl: Sendable, Hashable {
    /// Whether forward error correction is worth its bits.
    public private(set) var wantsFEC = false
    /// Whether less should be sent, as loss persists.
    public private(set) var wantsLowRate = false
    /// Per cent that the encoder is to be tuned for, 0…30.
    public private(set) var expectedLoss = 0

    private var smoothed = 0.0
    private var reports = 0
    private var goodSince: Instant?
    private var badSince: Instant?
    private var mendedSince: Instant?

    public init() {}

    /// Takes a report block about what we send.
    /// - Parameter fractionLost: 0…1.
    /// - Returns: whether another class of encoder may be wanted now.
    @discardableResult
    public mutating func report(fractionLost: Double, at now: Instant) -> Bool { false }
}
