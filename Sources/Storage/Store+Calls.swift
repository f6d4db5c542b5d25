public import Conference
import GRDB
public import Primitives

/// Call records: one row for each leg.
extension Store {
    /// Most that are kept, whatever their age.
    public static let mostCalls = 1_000_000

    /// Ends the legs that were up when the process died, and says which number is free.
    /// - Parameter now: takes the place of their end, which nobody saw.
    public func beginCalls(at now: WallTime) throws(StoreError) -> Int64 {
        try run { database in
            try database.execute(
                sql: "UPDATE call_record SET ended = ?, reason = ? WHERE ended IS NULL",
                arguments: [now.milliseconds, CallRecord.restart])
            return try (Int64.fetchOne(database, sql: "SELECT MAX(number) FROM call_record") ?? 0) + 1
        }
    }

    /// Forgets legs that began before a time, but not those that are up.
    public func forgetCalls(before time: WallTime) throws(StoreError) {
        try run { database in
            try database.execute(
                sql: "DELETE FROM call_record WHERE started < ? AND ended IS NOT NULL", arguments: [time.milliseconds])
            try database.execute(
                sql: """
                    DELETE FROM call_record WHERE ended IS NOT NULL AND number <=
                        (SELECT MAX(number) FROM call_record) - ?
                    """, arguments: [Store.mostCalls])
        }
    }

    /// Legs, oldest first.
    /// - Parameters:
    ///   - room: of that room alone.
    ///   - since: begun then or later.
    ///   - limit: the last ones.
    public func calls(
        in room: RoomName? = nil, since: WallTime? = nil, limit: Int = Store.mostCalls
    ) throws(StoreError) -> [CallRecord] {
        try read { try $0.calls(in: room?.text, since: since, limit: limit) }
    }
}
