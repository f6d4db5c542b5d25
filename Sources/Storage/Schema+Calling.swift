extension Schema {
    /// What calls are counted as, and how much of it there was today.
    static let calling = """
        ALTER TABLE call_record ADD COLUMN class TEXT;
        ALTER TABLE call_record ADD COLUMN payer TEXT;
        CREATE TABLE call_usage (
            day INTEGER NOT NULL,
            account TEXT NOT NULL,
            class TEXT NOT NULL,
            milliseconds INTEGER NOT NULL,
            PRIMARY KEY (day, account, class)
        ) WITHOUT ROWID;
        """

    static let callTrunks = "ALTER TABLE call_record ADD COLUMN trunk TEXT;"
}
