import Conference
import GRDB
import Primitives

extension Database {
    func keep(_ settings: RoomSettings, of room: RoomName) throws {
        try execute(
            sql: """
                INSERT OR REPLACE INTO room_settings
                    (room, title, description, persistent, public, members_only, moderated, pin, maximum,
                     others_set_subject, archived)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                room.text, settings.title, settings.description, settings.isPersistent, settings.isPublic,
                settings.isMembersOnly, settings.isModerated, settings.pin?.secret, settings.maximumParticipants,
                settings.othersSetSubject, settings.isArchived,
            ])
    }

    func settings(of room: RoomName) throws -> RoomSettings {
        guard
            let row = try Row.fetchOne(self, sql: "SELECT * FROM room_settings WHERE room = ?", arguments: [room.text])
        else { return RoomSettings() }
        var settings = RoomSettings()
        settings.title = row["title"]
        settings.description = row["description"]
        settings.isPersistent = row["persistent"]
        settings.isPublic = row["public"]
        settings.isMembersOnly = row["members_only"]
        settings.isModerated = row["moderated"]
        settings.pin = (row["pin"] as String?).map { Redacted($0) }
        settings.maximumParticipants = row["maximum"]
        settings.othersSetSubject = row["others_set_subject"]
        settings.isArchived = row["archived"]
        return settings
    }

    func keep(_ affiliate: Affiliate, of room: RoomName) throws {
        let address = affiliate.address
        if affiliate.affiliation == .none {
            try execute(
                sql: "DELETE FROM affiliation WHERE room = ? AND network = ? AND user = ? AND host = ?",
                arguments: [room.text, address.network.rawValue, address.user, address.host])
        } else {
            try execute(
                sql: """
                    INSERT OR REPLACE INTO affiliation (room, network, user, host, affiliation, reason)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    room.text, address.network.rawValue, address.user, address.host, affiliate.affiliation.rawValue,
                    affiliate.reason,
                ])
        }
    }

    func affiliates(of room: RoomName) throws -> [Affiliate] {
        try Row.fetchAll(self, sql: "SELECT * FROM affiliation WHERE room = ?", arguments: [room.text]).compactMap {
            guard let network = PeerAddress.Network(rawValue: $0["network"]),
                let affiliation = Affiliation(rawValue: $0["affiliation"])
            else { return nil }
            return Affiliate(
                address: PeerAddress(network, user: $0["user"], host: $0["host"]), affiliation: affiliation,
                reason: $0["reason"])
        }
    }

    /// Puts a tombstone in the place of a message, if it is there and by that author.
    func bury(_ retraction: Retraction, in room: RoomName, author: PeerAddress?) throws {
        try execute(
            sql: """
                UPDATE message SET body = '', payload = ?1
                WHERE room = ?2 AND id = ?3 AND addressee IS NULL AND sender_name <> ''
                    AND (?4 IS NULL OR network = ?4 AND user = ?5 AND host = ?6)
                """,
            arguments: [
                retraction.tombstone, room.text, retraction.messageID, author?.network.rawValue, author?.user,
                author?.host,
            ])
    }
}
