/// What changed in a room's roster.
public enum RosterChange: Sendable, Hashable {
    case endpointJoined(ParticipantID, EndpointID)
    case endpointChanged(ParticipantID, EndpointID)
    /// Carries copies, as the room no longer knows them.
    case endpointLeft(Participant, Endpoint)
    /// The same person under a new name.
    case renamed(ParticipantID, from: String)
}
