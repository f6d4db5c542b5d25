/// Why somebody could not enter the MUC (XEP-0045 section 7.2).
public enum MUCRefusal: Sendable, Hashable {
    /// The nick is another participant's: `conflict`.
    case nickTaken
    /// The nick is empty, too long, or would not survive on the SIP side: `jid-malformed`.
    case badNick
    /// Rooms are not made on first use, and this one does not exist: `item-not-found`.
    case noSuchRoom
    /// There is no such room, and no more may be made: `resource-constraint`.
    case tooManyRooms
    /// As many as may be are in: `service-unavailable`.
    case full
    /// The room has a PIN and another password, or none, was given: `not-authorized`.
    case wrongPassword
    /// Nobody may come in now, or not before a moderator: `registration-required`.
    case locked
    case waiting
    /// Only members may come in: `registration-required`.
    case membersOnly
    /// An outcast: `forbidden`.
    case banned
    /// Presence to the room from somebody who has not joined: `not-acceptable`.
    case notJoined
}
