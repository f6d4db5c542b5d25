import Configuration
import Runtime
import SIP
import Signalling
import Testing

@testable import confab

/// `sip.offer-security`, `sip.least-security`, and what routes say of them.
@Suite struct SecuritySettingsTests {
    private func sip(_ values: [AbsoluteConfigKey: ConfigValue]) throws -> Settings.SIP {
        try SettingsReader(ConfigReader(provider: InMemoryProvider(values: values))).sip()
    }

    @Test func theOfferFollowsTheLeast() throws {
        #expect(try sip([:]).security == SIPMediaSecurity(offer: .plain, least: .none))
        for (least, offer) in [
            ("encrypted", SIPMediaSecurity.Offer.sdes), ("protected-keys", .dtls), ("dtls", .dtls),
        ] {
            let security = try sip(["sip.least-security": ConfigValue(stringLiteral: least)]).security
            #expect(security.least.rawValue == least && security.offer == offer)
        }
        #expect(try sip(["sip.offer-security": "opportunistic"]).security.offer == .opportunistic)
    }

    @Test func whatContradictsItselfIsAMistake() {
        for (offer, least) in [("plain", "encrypted"), ("sdes", "dtls"), ("rot13", "none"), ("dtls", "most")] {
            #expect(throws: SettingsMistake.self) {
                try sip([
                    "sip.offer-security": ConfigValue(stringLiteral: offer),
                    "sip.least-security": ConfigValue(stringLiteral: least),
                ])
            }
        }
        #expect(throws: SettingsMistake.self) {
            try sip(["sip.least-security": "encrypted", "gateway.routes": "1* pbx.example;security=plain"])
        }
    }

    @Test func routesSayTheirOwn() throws {
        let routes = ConfigValue(
            .stringArray(["1* PBX.example:5061;transport=tls;security=sdes", "2* b.example;security=ice", "* c"]),
            isSecret: false)
        let settings = try sip(["gateway.routes": routes])
        #expect(settings.transports == ["pbx.example:5061": .tls])
        #expect(settings.security.offers == ["pbx.example:5061": .sdes, "b.example": .ice])
        for bad in ["1* a;security=none", "1* a;security", "1* *;security=dtls", "1* a;secrecy=dtls"] {
            #expect(throws: SettingsMistake.self) { try sip(["gateway.routes": ConfigValue(stringLiteral: bad)]) }
        }
    }
}
