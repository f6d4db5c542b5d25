import Primitives

/// A call from a room that is not answered yet.
struct DialOut: Sendable {
    let invitation: Invitation
    let target: PeerAddress
    let room: RoomName
    let participant: ParticipantID
    let endpoint: EndpointID
    /// When it has rung long enough.
    let deadline: Instant
}

/// An endpoint that is shown as disconnected for a while before it goes.
struct Departure: Sendable {
    let room: RoomName
    let due: Instant
}
