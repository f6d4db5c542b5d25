public import Conference
import GRDB
import Primitives

/// The archive of texts to everyone in a room (XEP-0313).
extension Store {
    /// What fits a question.
    /// - Returns: nil where an id in the question is no message's.
    public func archive(_ query: ArchiveQuery) throws(StoreError) -> ArchivePage? {
        try read { try $0.archive(query) }
    }

    /// The first message of a room and the last.
    public func archiveBounds(of room: RoomName) throws(StoreError) -> (first: ChatMessage?, last: ChatMessage?) {
        try read { database in
            func end(_ order: String) throws -> ChatMessage? {
                try Row.fetchOne(
                    database,
                    sql: "SELECT * FROM message WHERE room = ? AND addressee IS NULL ORDER BY number \(order) LIMIT 1",
                    arguments: [room.text]
                ).flatMap { ChatMessage($0) }
            }
            return (try end("ASC"), try end("DESC"))
        }
    }

    /// Bytes that stay the same over restarts, made the first time that they are asked for.
    public func secret(_ name: String, make: () -> [UInt8]) throws(StoreError) -> [UInt8] {
        try run { database in
            let kept = try String.fetchOne(
                database, sql: "SELECT value FROM secret WHERE name = ?", arguments: [name])
            if let kept, let bytes = Hex.decode(kept) { return bytes }
            let made = make()
            try database.execute(
                sql: "INSERT OR REPLACE INTO secret (name, value) VALUES (?, ?)", arguments: [name, Hex.encode(made)])
            return made
        }
    }
}
