import Primitives

/// For how long who is to be watched is left alone, after a subscription was refused or ended (RFC 6665 section 4.1.3).
enum PresencePause: Hashable {
    /// For that long, where the subscription was well; else as `growing`.
    case short(Duration)
    /// Longer each time.
    case growing
    /// At least for as long as it was said.
    case told(Duration)
    /// Nobody is to be told: for a day.
    case refused

    /// How long a subscription lasts that was well.
    static let lasting = Duration.seconds(300)
    static let least = Duration.seconds(60)
    static let most = Duration.seconds(3600)
    static let refusal = Duration.seconds(86_400)
}
