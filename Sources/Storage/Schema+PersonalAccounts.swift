extension Schema {
    /// Accounts that XMPP users have elsewhere, with their passwords, as these are needed to register.
    static let personalAccounts = """
        CREATE TABLE personal_account (
            user TEXT NOT NULL,
            host TEXT NOT NULL,
            registrar TEXT NOT NULL,
            name TEXT NOT NULL,
            login TEXT,
            password TEXT NOT NULL,
            display_name TEXT,
            proxy TEXT,
            voicemail TEXT,
            PRIMARY KEY (user, host)
        ) WITHOUT ROWID;
        """
}
