import GRDB

/// The tables, and how each version of them becomes the next.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 rooms, messages, subscriptions") { database in
            try database.execute(
                sql: """
                    CREATE TABLE room (
                        name TEXT PRIMARY KEY NOT NULL,
                        created INTEGER NOT NULL,
                        subject TEXT,
                        subject_by TEXT
                    );
                    CREATE TABLE message (
                        number INTEGER PRIMARY KEY AUTOINCREMENT,
                        room TEXT NOT NULL REFERENCES room (name) ON DELETE CASCADE,
                        id TEXT NOT NULL,
                        network TEXT NOT NULL,
                        user TEXT NOT NULL,
                        host TEXT NOT NULL,
                        resource TEXT,
                        sender_name TEXT NOT NULL,
                        addressee TEXT,
                        body TEXT NOT NULL,
                        client_id TEXT,
                        time INTEGER NOT NULL,
                        UNIQUE (room, id)
                    );
                    CREATE INDEX message_by_room ON message (room, number);
                    CREATE TABLE subscription (
                        room TEXT NOT NULL,
                        contact TEXT NOT NULL,
                        state TEXT NOT NULL,
                        PRIMARY KEY (room, contact)
                    ) WITHOUT ROWID;
                    """)
        }
        return migrator
    }
}
