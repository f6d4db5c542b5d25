/// One of the few ways in which Opus is encoded here; listeners of the same profile share their frames.
struct OpusProfile: Sendable, Hashable {
    /// How much of the sound is sent.
    enum Tier: UInt8, Sendable, Hashable, CaseIterable {
        /// The whole band at the room's bit rate.
        case full
        /// Up to 8 kHz, at most 20 kbit/s: for who plays no more.
        case wide
        /// Up to 8 kHz, at most 16 kbit/s: for who says so, or loses much.
        case low
        /// Up to 4 kHz, at most 12 kbit/s.
        case narrow
    }

    var tier = Tier.full
    /// In-band forward error correction (RFC 6716 section 2.1.7).
    var fec = false
    /// Packets of one size (RFC 6716 section 2.1.9).
    var isConstant = false
    /// Within the narrow tier at most 6 kbit/s, the least there is: for who wants less than 12.
    var isLeast = false

    /// Fullband at the room's bit rate without error correction.
    static let standard = OpusProfile()
    static let count = 20
    /// 0 ..< `count`.
    var index: Int { (isLeast ? 4 : Int(tier.rawValue)) * 4 + (fec ? 2 : 0) + (isConstant ? 1 : 0) }

    private static let least = 6000

    /// Bit/s of a profile where the room's rate is `rate`; error correction takes a quarter more.
    func bitRate(_ rate: Int) -> Int {
        let rate = min(max(rate, 6000), 128_000)
        let own =
            switch tier {
            case .full: rate
            case .wide: min(rate, 20000)
            case .low: min(rate, 16000)
            case .narrow: isLeast ? Self.least : min(rate, 12000)
            }
        return fec ? own * 5 / 4 : own
    }

    /// What fits a peer's wishes.
    /// - Parameters:
    ///   - loss: what the peer's reports say.
    ///   - rate: the room's bit rate.
    init(_ wishes: OpusPreferences, _ loss: LossControl, rate: Int) {
        fec = wishes.useInbandFEC && loss.wantsFEC
        isConstant = wishes.constantBitRate
        tier =
            switch wishes.maxPlaybackRate {
            case ..<12000: .narrow
            case ..<24000: .wide
            default: .full
            }
        if loss.wantsLowRate { tier = max(tier, .low) }
        let bound = wishes.maxAverageBitRate ?? .max
        while bitRate(rate) > bound, let next = Tier(rawValue: tier.rawValue + 1) { tier = next }
        if bitRate(rate) > bound { fec = false }
        isLeast = bitRate(rate) > bound
    }

    init() {}
}

extension OpusProfile.Tier: Comparable {
    /// Less is sent in the greater.
    static func < (one: Self, other: Self) -> Bool { one.rawValue < other.rawValue }
}
