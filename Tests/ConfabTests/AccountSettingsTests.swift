import Conference
import Configuration
import Primitives
import Runtime
import SIP
import Signalling
import Testing

@testable import confab

@Suite struct AccountSettingsTests {
    private func settings(_ yaml: String = "", _ values: [AbsoluteConfigKey: ConfigValue] = [:]) throws -> Settings {
        let reader = SettingsReader(ConfigReader(provider: InMemoryProvider(values: values)))
        return try reader.settings(listen: [], withoutXMPP: true, accounts: try Accounts(yaml: yaml))
    }

    private let users = """
        accounts:
          users:
            "1001": 12345
            alice: wonderland
            bob: {password: builder, name: Bob the Builder}
            j.doe:
              md5: 0123456789abcdef0123456789ABCDEF
        """

    @Test func withoutAccountsNothingIsProven() throws {
        let settings = try settings()
        #expect(settings.sip.accounts == nil && settings.conference.accounts == nil && !settings.conference.wantsProof)
        #expect(settings.conference.gatewayPolicy == .everyone && settings.conference.dialOut == .everyone)
        #expect(throws: SettingsMistake.self) { try self.settings("", ["sip.authentication": "all"]) }
    }

    @Test func accountsComeWithCaution() throws {
        let settings = try settings(users)
        let accounts = try #require(settings.sip.accounts)
        #expect(accounts.domain == "talk.localhost" && accounts.secrets.count == 4)
        #expect(accounts.secrets["1001"] == .password(Redacted("12345")))
        #expect(accounts.secrets["j.doe"] == .hashes(Redacted([.md5: "0123456789abcdef0123456789abcdef"])))
        #expect(accounts.displayNames == ["bob": "Bob the Builder"] && accounts.algorithms == [.md5])
        #expect(settings.conference.accounts?.displayNames["alice"] == .some(nil))
        #expect(settings.sip.authentication == .calls && settings.conference.wantsProof)
        #expect(settings.conference.gatewayPolicy == .accounts && settings.conference.dialOut == .accounts)
    }

    @Test func whatIsSaidIsSaid() throws {
        let settings = try settings(
            users,
            [
                "accounts.domain": "Example.ORG", "accounts.users": "dora:explorer:2", "sip.authentication": "none",
                "rooms.dial-out": "everyone", "gateway.callers": "everyone", "accounts.algorithms": "md5",
                "gateway.credentials": "Trunk.example:5070 user a secret",
            ])
        #expect(settings.sip.accounts?.domain == "example.org")
        #expect(settings.sip.accounts?.secrets["dora"] == .password(Redacted("explorer:2")))
        #expect(!settings.conference.wantsProof && settings.conference.gatewayPolicy == .everyone)
        #expect(settings.conference.dialOut == .everyone)
        #expect(
            settings.sip.credentials == [
                "trunk.example:5070": DigestUser(name: "user", password: Redacted("a secret"))
            ])
    }

    @Test(arguments: [
        "alice: []", "alice: ''", "alice: {}", "alice: {password: a, md5: 0123456789abcdef0123456789abcdef}",
        "alice: {md5: 0123}", "alice: {secret: a}", "'a b': c", "'': c",
    ])
    func mistakesAreNamed(user: String) {
        #expect(throws: SettingsMistake.self) { try settings("accounts:\n  users:\n    \(user)\n") }
    }

    @Test func whatCannotBeIsRefused() {
        let md5 = "0123456789abcdef0123456789abcdef"
        let mixed = "accounts:\n  users:\n    a: {md5: \(md5)}\n    b: {sha-256: \(md5)\(md5)}\n"
        #expect(throws: SettingsMistake.self) { try settings(mixed) }
        #expect(throws: SettingsMistake.self) { try settings(users, ["rooms.permanent": "alice"]) }
        for (key, value) in [
            ("accounts.algorithms", "SHA-1"), ("sip.authentication", "some"), ("gateway.callers", "nobody"),
            ("gateway.credentials", "host user"), ("accounts.users", "nocolon"),
        ] {
            #expect(throws: SettingsMistake.self) {
                try settings(
                    users,
                    [
                        AbsoluteConfigKey(key.split(separator: ".").map(String.init)): ConfigValue(
                            .string(value), isSecret: false)
                    ])
            }
        }
    }

    @Test func keysOfAccountsAreKnown() throws {
        #expect(try KnownSettings.unknown(inYAML: users).isEmpty)
        #expect(try KnownSettings.unknown(inYAML: "accounts:\n  user: x\n") == ["accounts.user"])
    }
}
