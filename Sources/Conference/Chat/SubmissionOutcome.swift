public enum SubmissionOutcome: Sendable, Hashable {
    /// Stored and handed to all who take text; the id under which everybody knows it.
    case accepted(id: String)
    /// An answer to a command, for the sender alone.
    case reply(String)
    case refused(SubmissionRefusal)
}
