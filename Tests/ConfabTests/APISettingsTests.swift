import Admin
import Configuration
import Primitives
import Testing

@testable import confab

@Suite struct APISettingsTests {
    private static let token = "0123456789abcdef0123"

    private func api(_ values: [AbsoluteConfigKey: ConfigValue]) throws -> APISettings? {
        try SettingsReader(ConfigReader(provider: InMemoryProvider(values: values))).api()
    }

    private func mistake(_ values: [AbsoluteConfigKey: ConfigValue]) -> String {
        do {
            _ = try api(values)
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test func nothingIsServedUnlessItIsSaid() throws {
        #expect(try api([:]) == nil)
        #expect(try api(["api.tokens": ConfigValue(stringLiteral: Self.token)]) == nil)
    }

    @Test func anAddressAndATokenAreEnough() throws {
        let api = try #require(
            try api(["api.listen": "127.0.0.1:8088", "api.tokens": ConfigValue(stringLiteral: Self.token)]))
        #expect(api.address == SocketAddress(.loopback4, 8088))
        #expect(api.tokens == [Redacted(Self.token)])
        #expect(!"\(api)".contains(Self.token))
        let two = ConfigValue(.stringArray([Self.token, Self.token + "b"]), isSecret: true)
        #expect(try self.api(["api.listen": "[::1]:80", "api.tokens": two])?.tokens.count == 2)
        #expect(try self.api(["api.listen": "[::1]:80", "api.tokens": two])?.address.ip == .loopback6)
    }

    @Test func withoutATokenItDoesNotStart() {
        #expect(mistake(["api.listen": "127.0.0.1:8088"]).hasPrefix("api.tokens is missing"))
        let none = ConfigValue(.stringArray([]), isSecret: true)
        #expect(mistake(["api.listen": "127.0.0.1:8088", "api.tokens": none]).hasPrefix("api.tokens is missing"))
    }

    @Test(arguments: ["short", "0123456789abcdef 0123", "0123456789abcdef012é"])
    func weakTokensAreNotTaken(token: String) {
        let mistake = mistake(["api.listen": "127.0.0.1:8088", "api.tokens": ConfigValue(stringLiteral: token)])
        #expect(mistake.hasPrefix("api.tokens has one") && !mistake.contains(token))
    }

    @Test func itIsNotOpenToOthersByAccident() throws {
        let values: [AbsoluteConfigKey: ConfigValue] = [
            "api.listen": "0.0.0.0:8088", "api.tokens": ConfigValue(stringLiteral: Self.token),
        ]
        #expect(mistake(values).contains("api.remote"))
        #expect(try api(values.merging(["api.remote": true]) { $1 })?.address.ip == .any4)
    }

    @Test(arguments: ["8088", "localhost:8088", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:99999", "[::1]", ":8088"])
    func whatIsNoAddressIsToldSo(text: String) {
        #expect(mistake(["api.listen": ConfigValue(stringLiteral: text)]).contains("ADDRESS:PORT"))
    }
}
