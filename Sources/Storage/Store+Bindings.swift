import GRDB
public import Primitives

extension Store {
    /// Keeps where an account is reached, in the place of what was kept of it.
    public func setBindings(_ bindings: [StoredBinding], of account: String) throws(StoreError) {
        try run { database in
            try database.execute(sql: "DELETE FROM binding WHERE account = ?", arguments: [account])
            for binding in bindings {
                try database.execute(
                    sql: """
                        INSERT INTO binding
                            (account, contact, transport, remote, remote_port, call_id, sequence, expires)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                        """,
                    arguments: [
                        account, binding.contact, binding.transport, binding.remote.ip.description,
                        Int64(binding.remote.port), binding.callID, Int64(binding.sequence),
                        binding.expires.milliseconds,
                    ])
            }
        }
    }

    /// Where accounts were last reached, but for what has expired, which is forgotten.
    public func bindings(at wall: WallTime) throws(StoreError) -> [StoredBinding] {
        try run { database in
            try database.execute(sql: "DELETE FROM binding WHERE expires <= ?", arguments: [wall.milliseconds])
            return try Row.fetchAll(database, sql: "SELECT * FROM binding ORDER BY account, number").compactMap { row in
                guard let ip = IPAddress(row["remote"] as String),
                    let port = UInt16(exactly: row["remote_port"] as Int64),
                    let sequence = UInt32(exactly: row["sequence"] as Int64)
                else { return nil }
                return StoredBinding(
                    account: row["account"], contact: row["contact"], transport: row["transport"],
                    remote: SocketAddress(ip, port), callID: row["call_id"], sequence: sequence,
                    expires: WallTime(milliseconds: row["expires"]))
            }
        }
    }
}
