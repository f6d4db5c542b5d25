import Conference
import GRDB
import Primitives

extension Database {
    /// What fits a question; nil where an id in it is no message's.
    func archive(_ query: ArchiveQuery) throws -> ArchivePage? {
        var filter = ArchiveFilter(query.room)
        if let start = query.start { filter.add("time >= ?", start.milliseconds) }
        if let end = query.end { filter.add("time <= ?", end.milliseconds) }
        switch query.author {
        case .name(let name): filter.add("sender_name = ?", name)
        case .address(let address):
            filter.add("network = ?", address.network.rawValue)
            filter.add("user = ?", address.user)
            filter.add("host = ?", address.host)
        case nil: break
        }
        if !query.ids.isEmpty {
            for id in query.ids { guard try number(of: id, in: query.room) != nil else { return nil } }
            filter.add("id IN (\(query.ids.map { _ in "?" }.joined(separator: ",")))", query.ids)
        }
        for (id, comparison) in [(query.beforeID, "<"), (query.afterID, ">")] {
            guard let id else { continue }
            guard let number = try number(of: id, in: query.room) else { return nil }
            filter.add("number \(comparison) ?", number)
        }
        let count = try Int.fetchOne(self, sql: "SELECT COUNT(*) \(filter.sql)", arguments: filter.arguments) ?? 0
        let limit = max(0, min(query.maximum, ArchiveQuery.limit))
        var page = filter
        let isBackwards: Bool
        var offset = 0
        switch query.part {
        case .forwards(let after):
            isBackwards = false
            if let after {
                guard let number = try number(of: after, in: query.room) else { return nil }
                page.add("number > ?", number)
            }
        case .backwards(let before):
            isBackwards = true
            if let before {
                guard let number = try number(of: before, in: query.room) else { return nil }
                page.add("number < ?", number)
            }
        case .from(let index):
            isBackwards = false
            offset = index
        }
        var rows = try Row.fetchAll(
            self,
            sql:
                "SELECT * \(page.sql) ORDER BY number \(isBackwards ? "DESC" : "ASC") LIMIT \(limit + 1) OFFSET \(offset)",
            arguments: page.arguments)
        let isComplete = rows.count <= limit
        if !isComplete { rows.removeLast() }
        if isBackwards { rows.reverse() }
        var index: Int?
        if let first = rows.first {
            var before = filter
            before.add("number < ?", first["number"] as Int64)
            index = try Int.fetchOne(self, sql: "SELECT COUNT(*) \(before.sql)", arguments: before.arguments)
        }
        return ArchivePage(
            messages: rows.compactMap { ChatMessage($0) }, index: index, count: count, isComplete: isComplete)
    }

    private func number(of id: String, in room: RoomName) throws -> Int64? {
        try Int64.fetchOne(
            self, sql: "SELECT number FROM message WHERE room = ? AND id = ? AND addressee IS NULL",
            arguments: [room.text, id])
    }
}

/// Conditions and what stands in them.
private struct ArchiveFilter {
    private var conditions = ["room = ?", "addressee IS NULL"]
    private(set) var arguments: StatementArguments

    init(_ room: RoomName) { arguments = [room.text] }

    mutating func add(_ condition: String, _ value: some DatabaseValueConvertible) {
        conditions.append(condition)
        arguments += [value]
    }

    mutating func add(_ condition: String, _ values: [String]) {
        conditions.append(condition)
        arguments += StatementArguments(values)
    }

    var sql: String { "FROM message WHERE \(conditions.joined(separator: " AND "))" }
}

extension ChatMessage {
    /// A row of the table `message` that is for everyone.
    init?(_ row: Row) {
        guard let network = PeerAddress.Network(rawValue: row["network"]) else { return nil }
        self.init(
            id: row["id"],
            sender: PeerAddress(network, user: row["user"], host: row["host"], resource: row["resource"]),
            senderName: row["sender_name"], audience: .everyone, body: row["body"], clientID: row["client_id"],
            time: WallTime(milliseconds: row["time"]))
        payload = row["payload"]
    }
}
