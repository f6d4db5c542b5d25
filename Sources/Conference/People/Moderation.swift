/// What somebody wants done in a room: by a key, a chat command, a MUC request, or from outside.
public enum Moderation: Sendable, Hashable {
    /// Whom it is about.
    public enum Target: Sendable, Hashable {
        case oneself
        case all
        case named(String)
    }

    case mute(Target)
    case unmute(Target)
    /// Neither heard nor hearing.
    case deafen(Target)
    case undeafen(Target)
    case expel(Target, reason: String?)
    case lock(Bool)
    /// Lets in who waits at the door.
    case admit(Target)
    /// Raises or lowers one's hand; a moderator lowers anybody's.
    case hand(Bool, Target)
    case role(Role, Target)
    /// Makes somebody an affiliate: by name, or by address as it is typed.
    case affiliate(Affiliation, String, reason: String?)
    case topic(String)
    /// Begins or ends a recording.
    case record(Bool)
    /// Shows a moderator's PIN.
    case pin(String)
}

/// Who wants it.
public enum Moderator: Sendable, Hashable {
    /// A MUC occupant, by full JID.
    case occupant(PeerAddress)
    case leg(LegID)
    /// Who runs the server: may do everything.
    case administrator
}
