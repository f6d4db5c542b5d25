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
        migrator.registerMigration("2 call records") { database in
            try database.execute(
                sql: """
                    CREATE TABLE call_record (
                        number INTEGER PRIMARY KEY NOT NULL,
                        signalling TEXT NOT NULL,
                        direction TEXT NOT NULL,
                        address TEXT NOT NULL,
                        name TEXT,
                        dialled TEXT NOT NULL,
                        room TEXT,
                        bridge INTEGER,
                        started INTEGER NOT NULL,
                        answered INTEGER,
                        ended INTEGER,
                        reason TEXT,
                        codecs TEXT,
                        packets_sent INTEGER,
                        packets_received INTEGER,
                        packets_lost INTEGER,
                        loss REAL,
                        jitter_us INTEGER
                    );
                    CREATE INDEX call_record_by_start ON call_record (started);
                    CREATE INDEX call_record_open ON call_record (number) WHERE ended IS NULL;
                    """)
        }
        migrator.registerMigration("accounts: bindings") { try $0.execute(sql: bindings) }
        migrator.registerMigration("relay: packets") { try $0.execute(sql: relayedPackets) }
        migrator.registerMigration("muc: affiliations, settings, archive") { try $0.execute(sql: muc) }
        migrator.registerMigration("calling: classes, usage") { try $0.execute(sql: calling) }
        migrator.registerMigration("calling: trunks") { try $0.execute(sql: callTrunks) }
        migrator.registerMigration("lines: personal accounts") { try $0.execute(sql: personalAccounts) }
        return migrator
    }
}
