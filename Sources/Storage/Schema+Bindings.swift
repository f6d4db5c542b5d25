extension Schema {
    /// Where accounts are reached, as their phones registered.
    static let bindings = """
        CREATE TABLE binding (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            account TEXT NOT NULL,
            contact TEXT NOT NULL,
            transport TEXT NOT NULL,
            remote TEXT NOT NULL,
            remote_port INTEGER NOT NULL,
            call_id TEXT NOT NULL,
            sequence INTEGER NOT NULL,
            expires INTEGER NOT NULL
        );
        CREATE INDEX binding_by_account ON binding (account);
        """
}
