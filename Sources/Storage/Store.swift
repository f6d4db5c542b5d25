import GRDB
import Primitives

public import enum Conference.Record

/// What outlives the process: rooms, their history, and presence subscriptions, in one SQLite file.
///
/// Write-ahead log with `synchronous=NORMAL`: what a call here has returned from survives the death of the process;
/// only the machine's own death may take the last moments. Calls block for a write to the page cache, not to the disk.
public final class Store: Sendable {
    public let path: String
    /// How many messages of a room are kept.
    public let retention: Int
    private let queue: DatabaseQueue

    /// Opens the file, makes it if there is none, and brings an older one up to date. Its directory must exist.
    public init(path: String, retention: Int = 1000) throws(StoreError) {
        self.path = path
        self.retention = max(0, retention)
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.busyMode = .timeout(5)
        configuration.foreignKeysEnabled = true
        configuration.label = "confab.store"
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = NORMAL") }
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
            let migrator = Schema.migrator
            if try queue.read(migrator.hasBeenSuperseded) {
                throw StoreError(code: .newer, path: path, reason: "unknown migrations")
            }
            try migrator.migrate(queue)
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// Opens a file that is there to read it alone, beside a process that writes it or without one.
    public init(reading path: String) throws(StoreError) {
        self.path = path
        retention = 0
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        configuration.label = "confab.store"
        do { queue = try DatabaseQueue(path: path, configuration: configuration) } catch {
            throw StoreError(error, path: path)
        }
    }

    /// Keeps what the domain said is to be kept. When this returns, it is.
    public func write(_ record: Record) throws(StoreError) { try write([record]) }

    /// All of them or none.
    public func write(_ records: [Record]) throws(StoreError) {
        if records.isEmpty { return }
        let retention = retention
        try run { database in
            for record in records { try database.keep(record, retention: retention) }
        }
    }

    /// All rooms by name, each with its last `historyLength` public messages, for `Conference.restore`.
    public func loadRooms(historyLength: Int) throws(StoreError) -> [StoredRoom] {
        try run { database in try database.rooms(historyLength: max(0, historyLength)) }
    }

    /// Keeps a presence subscription, or forgets it with `.none`.
    /// - Parameters:
    ///   - room: the bare JID of ours, on any of the components.
    ///   - contact: the contact's bare JID.
    public func setSubscription(
        room: String, contact: String, state: PresenceSubscription.State
    ) throws(StoreError) {
        try run { database in
            if state == .none {
                try database.execute(
                    sql: "DELETE FROM subscription WHERE room = ? AND contact = ?", arguments: [room, contact])
            } else {
                try database.execute(
                    sql: """
                        INSERT INTO subscription (room, contact, state) VALUES (?, ?, ?)
                        ON CONFLICT (room, contact) DO UPDATE SET state = excluded.state
                        """, arguments: [room, contact, state.rawValue])
            }
        }
    }

    /// All presence subscriptions, by our JID and contact.
    public func subscriptions() throws(StoreError) -> [PresenceSubscription] {
        try run { database in
            try Row.fetchAll(
                database, sql: "SELECT room, contact, state FROM subscription ORDER BY room, contact"
            ).compactMap { row in
                guard let state = PresenceSubscription.State(rawValue: row["state"]) else { return nil }
                return PresenceSubscription(room: row["room"], contact: row["contact"], state: state)
            }
        }
    }

    /// Closes the file, which folds the log into it. Optional: a process that dies loses nothing.
    public func close() throws(StoreError) {
        do { try queue.close() } catch { throw StoreError(error, path: path) }
    }

    func read<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
        do { return try queue.read(body) } catch { throw StoreError(error, path: path) }
    }

    func run<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
        do { return try queue.write(body) } catch { throw StoreError(error, path: path) }
    }
}
