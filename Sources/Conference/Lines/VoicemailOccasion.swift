/// Why a call to an XMPP user goes on to its voicemail; the raw value is the word of the configuration.
public enum VoicemailOccasion: String, CaseIterable, Hashable, Sendable {
    case busy
    case noAnswer = "no-answer"
    case unavailable
    case declined

    /// All but what a person decided.
    public static let usual: Set<VoicemailOccasion> = [.busy, .noAnswer, .unavailable]

    /// Nil for what has nothing to do with the user.
    init?(_ reason: EndReason) {
        switch reason {
        case .busy: self = .busy
        case .noAnswer: self = .noAnswer
        case .unavailable, .connectivity: self = .unavailable
        case .declined: self = .declined
        default: return nil
        }
    }

    /// The word of RFC 5806 section 3.
    var diversion: String {
        switch self {
        case .busy: "user-busy"
        case .noAnswer: "no-answer"
        case .unavailable: "unavailable"
        case .declined: "deflection"
        }
    }
}
