/// Where a leg is on its way through the domain.
enum LegState: Sendable {
    /// Let into a room and being answered; with what was learned of it before the answer.
    case entering(RoomName, EnteringLeg)
    case inRoom(RoomName, ParticipantID, EndpointID)
    /// One end of the bridged call of that caller's leg.
    case bridged(caller: LegID)
}
