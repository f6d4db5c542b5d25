import XMPP

/// Who was told that a room, or a phone, cannot read encrypted messages: each client once of each.
struct EncryptionNotices: Sendable {
    private struct Told: Hashable, Sendable {
        let client: JID
        /// A room's name, or a number's JID.
        let place: String
    }

    private static let limit = 4096
    private var told: Set<Told> = []

    mutating func isFirst(_ client: JID, _ place: String) -> Bool {
        if told.count >= EncryptionNotices.limit { told.removeAll() }
        return told.insert(Told(client: client, place: place)).inserted
    }
}
