import Primitives

/// What the room itself says in its chat.
extension Conference {
    enum Readers { case moderators, everyone }

    /// A word of the room's own, to who reads chat; not kept.
    func notice(_ text: String, to readers: Readers, of name: RoomName, _ wall: WallTime) -> [Effect] {
        guard let room = states[name]?.room else { return [] }
        let addressed = room.participants.filter { readers == .everyone || $0.role == .moderator }
        guard !addressed.isEmpty else { return [] }
        let message = notice(text, of: name, wall)
        return addressed.flatMap { person in person.readers.map { .deliver(message, name, $0.id) } }
    }

    func notice(_ text: String, of name: RoomName, _ wall: WallTime) -> ChatMessage {
        ChatMessage(
            id: entropy.uuid(), sender: PeerAddress(.xmpp, user: name.text, host: configuration.roomsDomain),
            senderName: "", audience: .everyone, body: text, clientID: nil, time: wall)
    }
}
