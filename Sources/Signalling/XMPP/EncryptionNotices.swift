import Conference
import XMPP

/// Who was told that a room cannot read encrypted messages: each client once in each room.
struct EncryptionNotices: Sendable {
    private struct Told: Hashable, Sendable {
        let client: JID
        let room: RoomName
    }

    private static let limit = 4096
    private var told: Set<Told> = []

    mutating func isFirst(_ client: JID, _ room: RoomName) -> Bool {
        if told.count >= EncryptionNotices.limit { told.removeAll() }
        return told.insert(Told(client: client, room: room)).inserted
    }
}
