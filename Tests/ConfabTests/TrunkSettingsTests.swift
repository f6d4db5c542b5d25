import Conference
import Configuration
import Primitives
import Runtime
import SIP
import Signalling
import Testing

@testable import confab

@Suite struct TrunkSettingsTests {
    private func settings(
        _ yaml: String, routes: [String] = [], _ values: [AbsoluteConfigKey: ConfigValue] = [:]
    ) throws -> Settings {
        var values = values
        if !routes.isEmpty { values["gateway.routes"] = ConfigValue(.stringArray(routes), isSecret: false) }
        let reader = SettingsReader(ConfigReader(provider: InMemoryProvider(values: values)))
        return try reader.settings(listen: [], withoutXMPP: true, trunks: try Trunks(yaml: yaml))
    }

    private let yaml = """
        gateway:
          trunks:
            provider:
              host: SIP.provider.example;transport=tls;security=sdes
              user: 4930123
              password: 0815
              strip: "+"
              prefix: "00"
              caller-id: "+4930123"
              caller-ids: {romeo@example.org: "+49301231", example.net: anonymous}
              caller-id-in: [asserted, from]
              maximum-calls: 30
              first-response: 2
              ring-time: 45
              early-media: take
              trusted: yes
            backup:
              host: 192.0.2.7:5070
              strip-digits: 3
        """

    @Test func aTrunkIsWhatTheFileSays() throws {
        let settings = try settings(yaml, routes: ["+49* provider, backup", "1?? backup", "9* pbx.example:5080"])
        let provider = try #require(settings.conference.trunks["provider"])
        #expect(provider.host == "sip.provider.example" && provider.maximumCalls == 30)
        #expect(provider.rewriting == NumberRewriting(leading: "+", prefix: "00"))
        #expect(
            provider.callerIDs
                == CallerIDs(
                    usual: "+4930123", table: ["romeo@example.org": "+49301231", "example.net": "anonymous"]))
        let sip = try #require(settings.sip.trunks["provider"])
        #expect(sip.transport == .tls && sip.offer == .sdes && sip.identities == [.asserted, .from] && sip.isTrusted)
        #expect(sip.user == DigestUser(name: "4930123", password: Redacted("0815")))
        #expect(sip.firstResponse == .seconds(2) && sip.ringTime == .seconds(45) && sip.earlyMedia == .take)
        #expect(settings.conference.trunks["backup"]?.rewriting.count == 3)
        #expect(settings.sip.trunks["backup"]?.user == nil && settings.sip.trunks["backup"]?.earlyMedia == .holdBack)
        #expect(
            settings.conference.routes == [
                GatewayRoute(pattern: "+49*", host: "sip.provider.example", trunks: ["provider", "backup"]),
                GatewayRoute(pattern: "1??", host: "192.0.2.7:5070", trunks: ["backup"]),
                GatewayRoute(pattern: "9*", host: "pbx.example:5080"),
            ])
        #expect(try KnownSettings.unknown(inYAML: yaml).isEmpty)
    }

    @Test(arguments: ["+49* provider, nobody", "+49* nobody", "+49* nobody provider"])
    func aTrunkThatThereIsNotIsAMistake(route: String) {
        do {
            _ = try settings(yaml, routes: [route])
            Issue.record("\(route) was taken")
        } catch {
            #expect("\(error)".contains("nobody") && "\(error)".hasPrefix("gateway.routes"))
        }
    }

    @Test(arguments: [
        ("a: {}", "a.host"), ("a: {host: \"\"}", "a.host"), ("a: {host: \"x y\"}", "a.host"),
        ("a: {host: x, hots: 1}", "a "), ("a: {host: x, user: u}", "a.password"),
        ("a: {host: x, password: u}", "a.user"),
        ("a: {host: x;transport=ws}", "a.host"), ("a: {host: x, early-media: maybe}", "a.early-media"),
        ("a: {host: x, caller-id-in: [to]}", "a.caller-id-in"), ("a: {host: x, caller-id: \"a<b\"}", "a.caller-id"),
        ("a: {host: x, caller-ids: [1]}", "a.caller-ids"), ("a: {host: x, maximum-calls: 0}", "a.maximum-calls"),
        ("a: {host: x, first-response: soon}", "a.first-response"), ("a: {host: x, ring-time: 1}", "a.ring-time"),
        ("a: {host: x, trusted: perhaps}", "a.trusted"), ("a: 5", "a "), ("\"a b\": {host: x}", " "),
    ])
    func whatDoesNotFitIsNamed(trunk: String, key: String) {
        do {
            _ = try settings("gateway:\n  trunks:\n    \(trunk)\n")
            Issue.record("\(trunk) was taken")
        } catch {
            #expect("\(error)".hasPrefix("gateway.trunks" + (key == " " ? key : ".\(key)")), "\(error)")
        }
    }

    @Test func numbersAndAliasesAreSettingsOfTheirOwn() throws {
        let settings = try settings(
            "",
            [
                "gateway.international-prefix": "00", "gateway.national-prefix": "0", "gateway.country-code": "49",
                "gateway.aliases": "Desk +493012",
            ])
        #expect(settings.conference.numbers == NumberPlan(international: "00", national: "0", country: "49"))
        #expect(settings.conference.aliases == ["desk": "+493012"])
        #expect(throws: SettingsMistake.self) { try self.settings("", ["gateway.national-prefix": "0"]) }
        #expect(throws: SettingsMistake.self) { try self.settings("", ["gateway.country-code": "+49"]) }
        #expect(throws: SettingsMistake.self) { try self.settings("", ["gateway.aliases": "desk"]) }
    }

    @Test func aTrunkThatOffersLessThanTheLeastIsAMistake() {
        let yaml = "gateway:\n  trunks:\n    a: {host: x;security=plain}\n"
        #expect(throws: SettingsMistake.self) {
            try self.settings(yaml, ["sip.least-security": "encrypted"])
        }
    }
}
