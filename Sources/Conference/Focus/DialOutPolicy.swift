/// Who in a room may have others called, as far as the routes allow it.
public enum DialOutPolicy: String, Sendable, Hashable, CaseIterable {
    case everyone, moderators
    /// Who has proven who it is, by a password here or to an XMPP server of a bridged domain, or is vouched for.
    case accounts
    case nobody
}
