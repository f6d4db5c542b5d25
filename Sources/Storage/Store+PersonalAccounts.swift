public import Conference
import GRDB
import Primitives

extension Store {
    /// The accounts that XMPP users have elsewhere, by owner.
    public func personalAccounts() throws(StoreError) -> [PersonalAccount] {
        try run { database in
            try Row.fetchAll(database, sql: "SELECT * FROM personal_account ORDER BY host, user").compactMap { row in
                guard let registrar = RegistrarHost(row["registrar"] as String) else { return nil }
                let proxy: String? = row["proxy"]
                return PersonalAccount(
                    owner: PeerAddress(.xmpp, user: row["user"], host: row["host"]),
                    line: LineAccount(
                        user: row["name"], registrar: registrar, login: row["login"],
                        password: Redacted(row["password"]), displayName: row["display_name"],
                        proxy: proxy.flatMap { RegistrarHost($0) }),
                    voicemail: row["voicemail"])
            }
        }
    }
}

extension Database {
    func keep(_ account: PersonalAccount) throws {
        try execute(
            sql: """
                INSERT OR REPLACE INTO personal_account
                    (user, host, registrar, name, login, password, display_name, proxy, voicemail)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                account.owner.user, account.owner.host, account.line.registrar.description, account.line.user,
                account.line.login, account.line.password.secret, account.line.displayName,
                account.line.proxy?.description, account.voicemail,
            ])
    }

    func removePersonalAccount(of owner: PeerAddress) throws {
        try execute(
            sql: "DELETE FROM personal_account WHERE user = ? AND host = ?", arguments: [owner.user, owner.host])
    }
}
