/// What those send who do not talk.
public enum Rest: String, Sendable, CaseIterable {
    /// They all talk.
    case speech
    /// Encoded digital silence, every frame.
    case silence
    /// Opus DTX; nothing at all in codecs that have none.
    case dtx
    /// Silence, every frame, each with the level it has (RFC 6464); the talkers tell theirs too.
    case levels
    case nothing
    /// The noise of a room at -60 dBFS.
    case noise
}
