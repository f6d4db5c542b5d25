import Conference
import Configuration
import Logging
import MediaEngine
import Primitives
import Runtime
import Testing

@testable import confab

@Suite struct SettingsTests {
    private func reader(_ values: [AbsoluteConfigKey: ConfigValue]) -> SettingsReader {
        SettingsReader(ConfigReader(provider: InMemoryProvider(values: values)))
    }

    private func settings(_ values: [AbsoluteConfigKey: ConfigValue], listen: [String] = []) throws -> Settings {
        var values = values
        values["xmpp.secret"] = values["xmpp.secret"] ?? "s"
        return try reader(values).settings(listen: listen, withoutXMPP: false)
    }

    @Test func anEmptyFileGivesTheDefaults() throws {
        let settings = try settings([:])
        #expect(settings.listen == [.loopback4, .loopback6])
        #expect(settings.sip.port == 5060)
        #expect(settings.media.icePort == 10_000)
        #expect(settings.media.rtpPorts == 16_384...19_999)
        #expect(settings.updateInterval == .milliseconds(200))
        #expect(settings.conference.createsRooms)
        #expect(settings.conference.routes.isEmpty)
    }

    @Test func theFocusHasItsSettings() throws {
        let plain = try settings([:])
        #expect(plain.conference.factory == nil)
        #expect(plain.conference.ringTime == .seconds(60))
        #expect(plain.sip.trustedPeers.isEmpty)
        let settings = try settings([
            "rooms.factory": "conference-factory", "rooms.ring-time": 20, "rooms.dial-out": "moderators",
            "rooms.maximum-invitations": 5,
            "rooms.factory-redirects": true, "sip.trusted-peers": "10.0.0.0/8", "sip.session-expires": 600,
            "sip.minimum-session": 120,
        ])
        #expect(settings.conference.factory == RoomName("conference-factory"))
        #expect(settings.conference.ringTime == .seconds(20))
        #expect(settings.conference.dialOut == .moderators)
        #expect(settings.conference.maximumInvitations == 5)
        #expect(settings.sip.redirectsFactory)
        #expect(settings.sip.trustedPeers == [IPNetwork("10.0.0.0/8")].compactMap(\.self))
        #expect(settings.sip.sessionExpires == 600)
        #expect(settings.sip.minimumSession == 120)
    }

    @Test func aListMayBeASingleValue() throws {
        #expect(try settings(["listen": "0.0.0.0"]).listen == [.any4])
        #expect(try settings(["listen": ConfigValue(.stringArray(["::"]), isSecret: false)]).listen == [.any6])
    }

    @Test func theCommandLineOverridesTheFile() throws {
        #expect(try settings(["listen": "0.0.0.0"], listen: ["192.0.2.1"]).listen == [.v4(0xc000_0201)])
    }

    @Test func aSecretMayLookLikeANumberAndDoesNotPrint() throws {
        let settings = try settings(["xmpp.secret": 12345])
        #expect(settings.xmpp?.secret.secret == "12345")
        #expect(!"\(settings)".contains("12345"))
    }

    @Test func aRouteIsAPatternAndAHost() throws {
        let settings = try settings([
            "gateway.routes": ConfigValue(.stringArray(["100 127.0.0.1:5080", "+49*  pbx.example"]), isSecret: false)
        ])
        #expect(
            settings.conference.routes == [
                GatewayRoute(pattern: "100", host: "127.0.0.1:5080"),
                GatewayRoute(pattern: "+49*", host: "pbx.example"),
            ])
    }

    @Test(arguments: [
        ("sip.trusted-peers", "10.0.0.0/99"), ("rooms.factory", "a b"), ("rooms.dial-out", "all"),
        ("sip.session-expires", "1"),
        ("sip.port", "abc"), ("rooms.updates-per-second", "0"), ("rooms.texts-per-second", "0"), ("sip.port", "70000"),
        ("sip.port", "0"),
        ("listen", "here"), ("xmpp.tls", "maybe"),
        ("media.rtp-ports", "5"), ("media.rtp-ports", "9-3"), ("gateway.routes", "100"), ("rooms.permanent", "a b"),
        ("xmpp.talk", "a@b"), ("rooms.history", "-1"), ("rooms.archive", "many"),
    ])
    func aValueThatDoesNotFitIsNamed(key: String, value: String) {
        let wrong: [AbsoluteConfigKey: ConfigValue] = [
            AbsoluteConfigKey(key.split(separator: ".").map(String.init)): ConfigValue(.string(value), isSecret: false)
        ]
        do {
            _ = try settings(wrong)
            Issue.record("\(key) = \(value) was taken")
        } catch {
            #expect("\(error)".hasPrefix(key))
        }
    }

    @Test func withoutASecretXMPPCannotBeServedAndWithoutXMPPNoneIsNeeded() throws {
        #expect(throws: SettingsMistake.self) { try reader([:]).settings(listen: [], withoutXMPP: false) }
        #expect(try reader([:]).settings(listen: [], withoutXMPP: true).xmpp == nil)
        #expect(try reader(["xmpp.enabled": false]).settings(listen: [], withoutXMPP: false).xmpp == nil)
    }

    @Test func aMisspeltSettingIsFound() throws {
        let text = "listen: [\"::1\"]\nsip:\n  prot: 5060\nxmpp:\n  secret: x\nfoo: 1\n"
        #expect(try KnownSettings.unknown(inYAML: text) == ["foo", "sip.prot"])
        #expect(try KnownSettings.unknown(inYAML: "") == [])
    }

    @Test func anUnknownLogLevelIsRefused() throws {
        #expect(try reader(["log.level": "debug"]).logLevel() == .debug)
        #expect(throws: SettingsMistake.self) { try reader(["log.level": "loud"]).logLevel() }
    }
}
