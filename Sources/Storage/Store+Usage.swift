public import Conference
import GRDB

/// What was used of quotas: kept of the day that it is, and the one before.
extension Store {
    public func usage(of day: Int64) throws(StoreError) -> [CallUsage] {
        try run { database in
            try Row.fetchAll(
                database,
                sql: "SELECT account, class, milliseconds FROM call_usage WHERE day = ? ORDER BY account, class",
                arguments: [day]
            ).map {
                CallUsage(
                    day: day, account: $0["account"], numberClass: $0["class"], milliseconds: $0["milliseconds"])
            }
        }
    }
}

extension Database {
    func keep(_ usage: CallUsage) throws {
        try execute(sql: "DELETE FROM call_usage WHERE day < ?", arguments: [usage.day - 1])
        try execute(
            sql: """
                INSERT INTO call_usage (day, account, class, milliseconds) VALUES (?, ?, ?, ?)
                ON CONFLICT (day, account, class) DO UPDATE SET milliseconds = excluded.milliseconds
                """, arguments: [usage.day, usage.account, usage.numberClass, usage.milliseconds])
    }
}
