/// What a peer wants of the Opus that it is sent: its format parameters (RFC 7587 section 6.1), with their defaults.
/// Two are left out, as nothing hangs on them: `stereo`, since what is sent is mono, which everybody takes; and `usedtx`,
/// since silence is never sent, which is the sender's choice.
public struct OpusPreferences: Sendable, Hashable {
    /// `maxplaybackrate`, hertz: what is above half of it is not heard there.
    public var maxPlaybackRate = 48000
    /// `maxaveragebitrate`, bit/s; nil when not said.
    public var maxAverageBitRate: Int?
    /// `useinbandfec`: whether the peer makes use of forward error correction.
    public var useInbandFEC = false
    /// `cbr`: whether it wants packets of one size.
    public var constantBitRate = false

    /// What nothing was said about.
    public init() {}

    /// What browsers and most clients say: `useinbandfec=1`.
    public static let usual: OpusPreferences = {
        var usual = OpusPreferences()
        usual.useInbandFEC = true
        return usual
    }()

    /// Takes one parameter of `a=fmtp` or `<parameter/>`; what is unknown or out of range changes nothing.
    public mutating func set(_ name: String, _ value: String) {
        let number = Int(value)
        switch name.lowercased() {
        case "maxplaybackrate":
            if let number, (8000...48000).contains(number) { maxPlaybackRate = number }
        case "maxaveragebitrate":
            if let number, (6000...510_000).contains(number) { maxAverageBitRate = number }
        case "useinbandfec": useInbandFEC = number == 1
        case "cbr": constantBitRate = number == 1
        default: break
        }
    }
}
