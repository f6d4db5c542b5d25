import Conference
import Primitives
import Testing

/// Addresses over the gateway and back (RFC 7247 section 6, XEP-0106), drawn at random.
@Suite struct AddressMappingTests {
    private static let letters = Array("abz09._~!$*+-=^`{|}#%?;()[],\\ \"&'/:<>@äßЖ中é😀".unicodeScalars)
    private static let domains = [
        "localhost", "other.net", "münchen.example", "пример.example", "xn--mnchen-3ya.example", "10.0.0.1",
    ]

    private static var configuration: ConferenceConfiguration {
        var configuration = World.demo
        configuration.bridgedDomains = ["localhost", "other.net", "münchen.example", "xn--e1afmkfd.example"]
        configuration.routes = [GatewayRoute(pattern: "*@*", host: "*")]
        return configuration
    }

    /// A user part as a SIP URI or a JID may have it once it is decoded.
    private static func user(_ random: inout SplitMix64) -> String {
        while true {
            let count = Int(random.next() % 12) + 1
            let scalars = (0..<count).map { _ in letters[Int(random.next() % UInt64(letters.count))] }
            let text = String(String.UnicodeScalarView(scalars))
            if text.first != " ", text.last != " ", text.lowercased() == text { return text }
        }
    }

    @Test func aJIDComesBackFromSIPAsItWas() {
        let plan = DialPlan(Self.configuration)
        var random = SplitMix64(7)
        for _ in 0..<5000 {
            let domain = DomainLabels.unicode(Self.domains[Int(random.next() % 4)])
            let jid = PeerAddress(.xmpp, user: JIDEscaping.escape(Self.user(&random)), host: domain)
            let seen = plan.caller(jid, seenFrom: .sip)
            #expect(seen.host.utf8.allSatisfy { $0 < 0x80 })
            #expect(plan.destination(of: seen) == .peer(jid), "\(jid) as \(seen)")
        }
    }

    @Test func aDeviceIsMeantByItsURI() {
        let plan = DialPlan(Self.configuration)
        var random = SplitMix64(9)
        for _ in 0..<2000 {
            let domain = DomainLabels.unicode(Self.domains[Int(random.next() % 4)])
            let jid = PeerAddress(.xmpp, user: JIDEscaping.escape(Self.user(&random)), host: domain)
            var seen = plan.caller(jid, seenFrom: .sip)
            seen.resource = Self.user(&random)
            var device = jid
            device.resource = seen.resource
            #expect(plan.destination(of: seen) == .peer(device), "\(device) as \(seen)")
        }
        #expect(
            plan.destination(of: PeerAddress(.sip, user: "a", host: "localhost", resource: "\n")) == .refused(.notFound)
        )
    }

    @Test func aSIPAddressComesBackFromXMPPAsItWas() {
        let plan = DialPlan(Self.configuration)
        var random = SplitMix64(8)
        for _ in 0..<5000 {
            let domain = DomainLabels.ascii(Self.domains[Int(random.next() % UInt64(Self.domains.count))])
            let port = random.next() % 2 == 0 ? ":\(random.next() % 60_000 + 1)" : ""
            let user = Self.user(&random)
            // What is a number is written as one.
            guard !user.contains("@"), !NumberPlan.isNumber(user), user.lowercased() != "anonymous" else { continue }
            let address = PeerAddress(.sip, user: user, host: domain + port)
            let seen = plan.caller(address, seenFrom: .xmpp)
            #expect(JIDEscaping.isEscaped(seen.user))
            #expect(plan.destination(of: seen) == .peer(address), "\(address) as \(seen)")
        }
    }

    @Test func numbersComeBackAsTheyWere() {
        var configuration = Self.configuration
        configuration.routes = [GatewayRoute(pattern: "*", host: "trunk.example")]
        let plan = DialPlan(configuration)
        var random = SplitMix64(9)
        for _ in 0..<1000 {
            let number = (random.next() % 2 == 0 ? "+" : "") + "\(random.next() % 1_000_000_000_000)"
            let address = PeerAddress(.sip, user: number, host: "trunk.example")
            let seen = plan.caller(address, seenFrom: .xmpp)
            #expect(seen == PeerAddress(.xmpp, user: number, host: "sip.localhost"))
            #expect(plan.destination(of: seen) == .peer(address))
        }
    }

    @Test(arguments: [
        // RFC 3492 section 7.1, and names that people have.
        ("münchen.example", "xn--mnchen-3ya.example"), ("bücher.ch", "xn--bcher-kva.ch"),
        ("пример.example", "xn--e1afmkfd.example"), ("他们为什么不说中文", "xn--ihqwcrb4cv8a8dqg056pqjye"),
        ("почемужеонинеговорятпорусски", "xn--b1abfaaepdrnnbgefbadotcwatmq2g4l"), ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
        ("plain.example", "plain.example"), ("a.ü", "a.xn--tda"), ("", ""),
    ])
    func aDomainHasTwoForms(unicode: String, ascii: String) {
        #expect(DomainLabels.ascii(unicode) == ascii)
        #expect(DomainLabels.unicode(ascii) == unicode)
        #expect(DomainLabels.unicode(ascii.uppercased()).lowercased() == unicode)
    }

    @Test(arguments: [
        "xn--", "xn--!", "xn--a", "xn--99999999999", "xn--a-", "xn--ls8h=", "xn--zzzzzzzzzzzzzzzzzzzzzzzzzzzz", "xn--ü",
    ])
    func whatIsNoALabelIsLeftAlone(text: String) {
        #expect(DomainLabels.unicode(text) == text)
    }

    @Test func randomLabelsDoNoHarm() {
        var random = SplitMix64(10)
        let characters = Array("abcxyz0189-")
        for _ in 0..<20_000 {
            let text = String((0..<Int(random.next() % 70)).map { _ in characters[Int(random.next() % 11)] })
            let decoded = DomainLabels.unicode("xn--" + text)
            #expect(DomainLabels.ascii(decoded) == "xn--" + text)
        }
        let long = String(repeating: "ü", count: 70) + ".example"
        #expect(DomainLabels.ascii(long) == long)
    }
}

extension JIDEscaping {
    /// Whether a localpart holds none of the characters that it cannot.
    fileprivate static func isEscaped(_ localpart: String) -> Bool {
        localpart.unicodeScalars.allSatisfy { !" \"&'/:<>@".unicodeScalars.contains($0) }
    }
}
