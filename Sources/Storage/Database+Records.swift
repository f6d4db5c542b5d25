import Conference
import GRDB
import Primitives

import enum Conference.Record

extension Database {
    func keep(_ record: Record, retention: Int) throws {
        switch record {
        case .roomCreated(let name, let time): try makeRoom(name, time)
        case .roomRemoved(let name):
            try execute(sql: "DELETE FROM room WHERE name = ?", arguments: [name.text])
        case .subject(let name, let subject):
            try execute(
                sql: "UPDATE room SET subject = ?, subject_by = ? WHERE name = ?",
                arguments: [subject.text, subject.setBy, name.text])
        case .message(let name, let message):
            try makeRoom(name, message.time)
            try insert(message, name)
            try trim(name, to: retention)
        case .call(let call): try keep(call)
        case .usage(let usage): try keep(usage)
        case .retraction(let name, let retraction, let author): try bury(retraction, in: name, author: author)
        case .settings(let name, let settings): try keep(settings, of: name)
        case .affiliation(let name, let affiliate): try keep(affiliate, of: name)
        case .personalAccount(let account): try keep(account)
        case .personalAccountRemoved(let owner): try removePersonalAccount(of: owner)
        }
    }

    func rooms(historyLength: Int) throws -> [StoredRoom] {
        try Row.fetchAll(self, sql: "SELECT name, created, subject, subject_by FROM room ORDER BY name")
            .compactMap { row in
                guard let name = RoomName(row["name"] as String) else { return nil }
                let text: String? = row["subject"]
                let setBy: String? = row["subject_by"]
                return StoredRoom(
                    name: name, created: WallTime(milliseconds: row["created"]),
                    subject: text.map { Subject(text: $0, setBy: setBy ?? "") },
                    history: try history(name, historyLength), settings: try settings(of: name),
                    affiliates: try affiliates(of: name))
            }
    }

    private func makeRoom(_ name: RoomName, _ time: WallTime) throws {
        try execute(
            sql: "INSERT INTO room (name, created) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
            arguments: [name.text, time.milliseconds])
    }

    private func insert(_ message: ChatMessage, _ room: RoomName) throws {
        let addressee: String? = if case .one(let name) = message.audience { name } else { nil }
        try execute(
            sql: """
                INSERT INTO message
                    (room, id, network, user, host, resource, sender_name, addressee, body, client_id, time,
                     payload)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (room, id) DO NOTHING
                """,
            arguments: [
                room.text, message.id, message.sender.network.rawValue, message.sender.user, message.sender.host,
                message.sender.resource, message.senderName, addressee, message.body, message.clientID,
                message.time.milliseconds, message.payload,
            ])
    }

    /// Where many are kept, not each time, as that counts them.
    private func trim(_ room: RoomName, to retention: Int) throws {
        if retention > 1000, lastInsertedRowID % 64 != 0 { return }
        try execute(
            sql: """
                DELETE FROM message WHERE room = ?1 AND number <=
                    (SELECT number FROM message WHERE room = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)
                """, arguments: [room.text, retention])
    }

    private func history(_ room: RoomName, _ length: Int) throws -> [ChatMessage] {
        try Row.fetchAll(
            self,
            sql: """
                SELECT * FROM message WHERE room = ? AND addressee IS NULL
                    AND (body <> '' OR payload <> '' AND payload NOT LIKE '%urn:xmpp:message-retract:1%')
                ORDER BY number DESC LIMIT ?
                """, arguments: [room.text, length]
        ).reversed().compactMap { ChatMessage($0) }
    }
}
