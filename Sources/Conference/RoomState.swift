/// A room and what is known about it beyond what is shown.
struct RoomState: Sendable {
    var room: Room
    /// Configured: it stays when its last participant leaves.
    var isPermanent: Bool
    var isStored = false
    /// Callers who were let in and whose call is being answered.
    var entering: Set<LegID> = []

    init(room: Room, isPermanent: Bool, isStored: Bool = false) {
        self.room = room
        self.isPermanent = isPermanent
        self.isStored = isStored
    }

    func index(of participant: ParticipantID) -> Int? { room.participants.firstIndex { $0.id == participant } }

    /// The participant to whom a new endpoint with that address belongs.
    func index(ofPerson address: PeerAddress) -> Int? {
        guard address.identifiesPerson else { return nil }
        let bare = address.bare
        return room.participants.firstIndex { $0.address == bare }
    }

    /// The participant and endpoint of a MUC occupant, by full JID.
    func occupant(_ address: PeerAddress) -> (participant: Int, endpoint: Int)? {
        for (index, participant) in room.participants.enumerated() {
            if let endpoint = participant.endpoints.firstIndex(where: { $0.isMUC && $0.address == address }) {
                return (index, endpoint)
            }
        }
        return nil
    }
}
