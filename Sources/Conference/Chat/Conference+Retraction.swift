import Primitives

/// Messages that are taken back: by who wrote them (XEP-0424), or by a moderator (XEP-0425).
extension Conference {
    /// What of a retraction by its author is known to be somebody else's is refused; the archive looks at the rest.
    func mayRetract(_ retraction: Retraction, _ sender: PeerAddress, in room: Room) -> Bool {
        room.history.first { $0.id == retraction.messageID }.map { $0.sender.bare == sender.bare } ?? true
    }

    /// What was taken back is shown to nobody any more, and the archive has a tombstone in its place.
    mutating func bury(_ retraction: Retraction, of author: PeerAddress?, in name: RoomName) -> [Effect] {
        states[name]?.room.history.removeAll { $0.id == retraction.messageID }
        states[name]?.recent.forget(retraction.messageID)
        return [.store(.retraction(name, retraction, author: author?.bare))]
    }

    /// A moderator takes a message back: all clients in the MUC are told, and it is kept that they were.
    mutating func retract(
        _ id: SubmissionID, _ name: RoomName, _ moderator: PeerAddress, _ retraction: Retraction, payload: String,
        _ wall: WallTime
    ) -> [Effect] {
        func refused(_ refusal: SubmissionRefusal) -> [Effect] { [.submitted(id, .refused(refusal))] }
        guard let room = states[name]?.room else { return refused(.noSuchRoom) }
        guard let known = room.participants.occupant(moderator) else { return refused(.notInRoom) }
        guard known.participant.role == .moderator else { return refused(.notAllowed("Only moderators may do that.")) }
        var message = notice("", of: name, wall)
        message.payload = payload
        var effects = bury(retraction, of: nil, in: name)
        if states[name]?.settings.isArchived == true { effects.append(.store(.message(name, message))) }
        for participant in room.participants {
            for endpoint in participant.endpoints where endpoint.isMUC {
                effects.append(.deliver(message, name, endpoint.id))
            }
        }
        return effects + [.submitted(id, .reply(""))]
    }
}
