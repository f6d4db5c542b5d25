import Conference
import Configuration
import Primitives
import Runtime
import Testing

@testable import confab

/// Rules, quotas, classes and limits of numbers.
@Suite struct CallingSettingsTests {
    private func settings(_ values: [AbsoluteConfigKey: ConfigValue]) throws -> Settings {
        var all: [AbsoluteConfigKey: ConfigValue] = ["xmpp.secret": "s", "gateway.country-code": "49"]
        all.merge(values) { $1 }
        return try SettingsReader(ConfigReader(provider: InMemoryProvider(values: all))).settings(
            listen: [], withoutXMPP: false)
    }

    private func list(_ texts: String...) -> ConfigValue { ConfigValue(.stringArray(texts), isSecret: false) }

    @Test func nothingIsOpenUnlessItIsSaid() throws {
        let calling = try settings([:]).conference.calling
        #expect(calling.rules.isEmpty && calling.quotas.isEmpty)
        #expect(calling.maximumDuration == .seconds(4 * 3600))
        #expect(calling.classes.of("030123456", isNamed: true) == .national)
    }

    @Test func rulesAndQuotasAreReadAsWritten() throws {
        let partners = try #require(NumberClass("partners"))
        let read = try settings([
            "gateway.classes": list("partners +3315 004420", "premium 0180"),
            "gateway.allow": list(
                "* national mobile", "boss@example.org any", "@example.org partners", "10.0.0.0/8 code"),
            "gateway.quotas": list(
                "* calls=2 minutes=120", "@* minutes=600", "all mobile partners calls=20", "Boss@example.org calls=9",
                "192.0.2.7 calls=30"),
            "gateway.maximum-duration": "0", "gateway.utc-offset": "-03:30", "gateway.failures.limit": "7",
            "sip.calls-per-second": "3",
        ])
        let calling = read.conference.calling
        #expect(
            calling.rules == [
                CallingRule(.everyone, [.national, .mobile]), CallingRule(.person("boss@example.org"), nil),
                CallingRule(.domain("example.org"), [partners]),
                CallingRule(.network(try #require(IPNetwork("10.0.0.0/8"))), [.code]),
            ])
        #expect(
            calling.quotas == [
                CallQuota(.eachCaller, callsAtOnce: 2, minutesADay: 120), CallQuota(.eachDomain, minutesADay: 600),
                CallQuota(.everybody, classes: [.mobile, partners], callsAtOnce: 20),
                CallQuota(.caller("boss@example.org"), callsAtOnce: 9),
                CallQuota(.together(.network(try #require(IPNetwork("192.0.2.7")))), callsAtOnce: 30),
            ])
        #expect(calling.maximumDuration == nil && calling.dayOffset == .seconds(-12_600) && calling.failures.count == 7)
        #expect(calling.classes.of("004420123456", isNamed: false) == partners)
        #expect(read.sip.callsPerSecond == 3)
    }

    @Test(arguments: [
        ("gateway.allow", "*"), ("gateway.allow", "boss national"), ("gateway.allow", "* nationl"),
        ("gateway.allow", "* any national"), ("gateway.quotas", "*"), ("gateway.quotas", "* calls=x"),
        ("gateway.quotas", "* seconds=3"), ("gateway.quotas", "nobody calls=3"), ("gateway.quotas", "* calls=-1"),
        ("gateway.classes", "premium"), ("gateway.classes", "Premium 0180"), ("gateway.classes", "premium 0180x"),
        ("gateway.utc-offset", "1"), ("gateway.utc-offset", "+25:00"), ("gateway.internal-digits", "9"),
        ("gateway.country-code", ""),
    ])
    func whatCannotBeMeantIsAMistake(key: String, value: String) {
        var values: [AbsoluteConfigKey: ConfigValue] = ["gateway.allow": list("* national")]
        values[AbsoluteConfigKey(key.split(separator: ".").map(String.init))] = ConfigValue(stringLiteral: value)
        #expect(throws: SettingsMistake.self) { try settings(values) }
    }
}
