import Configuration
import Primitives
import Runtime
import SIP
import Testing

@testable import confab

@Suite struct SIPSettingsTests {
    private func sip(_ values: [AbsoluteConfigKey: ConfigValue]) throws -> Settings.SIP {
        try SettingsReader(ConfigReader(provider: InMemoryProvider(values: values))).sip()
    }

    @Test func byDefaultThereIsNeitherTLSNorWebSocket() throws {
        let settings = try sip([:])
        #expect(settings.tls == nil && settings.webSocket == nil && settings.advertised.isEmpty)
        #expect(settings.localNetworks == IPNetwork.notRouted)
    }

    @Test func aCertificateAndItsKeyMakeTLS() throws {
        let settings = try sip(["sip.tls.certificate": "c.pem", "sip.tls.key": "k.pem"])
        let tls = try #require(settings.tls)
        #expect(tls.port == 5061 && tls.verify && tls.authorities == nil)
        #expect(throws: SettingsMistake.self) { try sip(["sip.tls.certificate": "c.pem"]) }
        #expect(throws: SettingsMistake.self) { try sip(["sip.tls.key": "k.pem"]) }
    }

    @Test func webSocketsAreAskedFor() throws {
        let settings = try sip(["sip.websocket.enabled": true, "sip.websocket.origins": "https://a.example"])
        let webSocket = try #require(settings.webSocket)
        #expect(webSocket.port == 5066 && webSocket.tlsPort == 5067 && webSocket.origins == ["https://a.example"])
    }

    @Test func whoIsOutsideIsTold() throws {
        let addresses = ConfigValue(.stringArray(["203.0.113.1", "2001:db8::1"]), isSecret: false)
        let settings = try sip(["sip.advertised-address": addresses, "sip.local-networks": "192.0.2.0/24"])
        #expect(settings.advertised.map(\.description) == ["203.0.113.1", "2001:db8::1"])
        #expect(settings.localNetworks.map(\.description) == ["192.0.2.0/24"])
        let twice = ConfigValue(.stringArray(["203.0.113.1", "203.0.113.2"]), isSecret: false)
        #expect(throws: SettingsMistake.self) { try sip(["sip.advertised-address": twice]) }
        #expect(throws: SettingsMistake.self) { try sip(["sip.local-networks": "192.0.2.0/99"]) }
    }

    @Test func nameServersHaveAPortOrFiftyThree() throws {
        let servers = ConfigValue(.stringArray(["192.0.2.1", "[2001:db8::1]:5353", "2001:db8::2"]), isSecret: false)
        #expect(
            try sip(["sip.dns-servers": servers]).dnsServers.map(\.description) == [
                "192.0.2.1:53", "[2001:db8::1]:5353", "[2001:db8::2]:53",
            ])
        #expect(throws: SettingsMistake.self) { try sip(["sip.dns-servers": "dns.example"]) }
    }

    @Test func aRouteMayNameATransport() throws {
        let routes = ConfigValue(
            .stringArray(["1* pbx.example;transport=tls", "2* other.example:5070;transport=tcp", "3* plain.example"]),
            isSecret: false)
        #expect(try sip(["gateway.routes": routes]).transports == ["pbx.example": .tls, "other.example:5070": .tcp])
        for wrong in ["1* pbx.example;transport=ws", "1* pbx.example;maddr=1.2.3.4", "1* *;transport=tls"] {
            #expect(throws: SettingsMistake.self) {
                try sip(["gateway.routes": ConfigValue(.string(wrong), isSecret: false)])
            }
        }
    }
}
