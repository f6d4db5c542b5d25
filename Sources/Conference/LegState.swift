/// Where a leg is on its way through the domain.
enum LegState: Sendable {
    /// Let into a room and being answered; with what was learned of it before the answer.
    case entering(RoomName, EnteringLeg)
    /// Answered, and asked for a PIN or made to wait.
    case atDoor(RoomName, DoorLeg)
    /// Turned away: it is told why, and then ended.
    case leaving(EndReason)
    case inRoom(RoomName, ParticipantID, EndpointID)
    /// Called from a room and not answered yet; what it is for stands in `dialOuts`.
    case dialled
    /// One end of the bridged call of that caller's leg.
    case bridged(caller: LegID)
}
