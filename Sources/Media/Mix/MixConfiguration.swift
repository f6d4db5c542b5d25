/// How a room encodes and when somebody counts as heard.
public struct MixConfiguration: Sendable, Hashable {
    /// Opus bit rate towards everyone, bit/s.
    public var opusBitRate = 32000
    /// Opus complexity, 0…10.
    public var opusComplexity = 5
    /// Least loss that Opus's in-band forward error correction is tuned for, per cent; listeners' reports raise it.
    public var opusExpectedLoss = 0
    /// How many are mixed at the same time, the loudest; 3…6.
    public var loudest = 4
    /// Whether the loudness of talkers is brought near each other.
    public var gainControl = true
    /// Whether the Opus packets of one who talks alone go to listeners as they came.
    public var passThrough = true
    /// A frame whose peak is at most this counts as silence and is left out of the sum.
    public var silencePeak: Int16 = 8
    /// Ticks of silence after which somebody who spoke hears the common mix again.
    public var hangover = 10
    /// Ticks of silence that are encoded before nothing is.
    public var tail = 10

    public init() {}
}
