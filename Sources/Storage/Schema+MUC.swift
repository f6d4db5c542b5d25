extension Schema {
    /// What owners decided, what people are to rooms, and the archive (XEP-0045, XEP-0313).
    static let muc = """
        CREATE TABLE room_settings (
            room TEXT PRIMARY KEY NOT NULL REFERENCES room (name) ON DELETE CASCADE,
            title TEXT NOT NULL,
            description TEXT NOT NULL,
            persistent INTEGER NOT NULL,
            public INTEGER NOT NULL,
            members_only INTEGER NOT NULL,
            moderated INTEGER NOT NULL,
            pin TEXT,
            maximum INTEGER,
            others_set_subject INTEGER NOT NULL,
            archived INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE affiliation (
            room TEXT NOT NULL REFERENCES room (name) ON DELETE CASCADE,
            network TEXT NOT NULL,
            user TEXT NOT NULL,
            host TEXT NOT NULL,
            affiliation TEXT NOT NULL,
            reason TEXT,
            PRIMARY KEY (room, network, user, host)
        ) WITHOUT ROWID;
        CREATE TABLE secret (
            name TEXT PRIMARY KEY NOT NULL,
            value TEXT NOT NULL
        ) WITHOUT ROWID;
        ALTER TABLE message ADD COLUMN payload TEXT NOT NULL DEFAULT '';
        """
}
