import Primitives
import Testing
import XMPP

@Suite struct StanzaTests {
    private let peer = JID("a@b/c")
    private let ours = JID("demo@talk.localhost/focus")

    @Test func repliesTurnTheAddressesRound() {
        let get = XMLElement.iq(from: peer, to: ours, type: "get", id: "7") { XMLElement("ping", Namespace.ping) }
        #expect(get.result() == .iq(from: ours, to: peer, type: "result", id: "7"))
        let error = get.errorReply(StanzaError(.itemNotFound, "no"))
        #expect(error?.stanzaError == StanzaError(.itemNotFound, "no"))
        #expect(error?.errorReply(StanzaError(.badRequest)) == nil)
        #expect(get.result().errorReply(StanzaError(.badRequest)) == nil)
    }

    @Test func errorsSurviveTheWire() throws {
        for condition in StanzaError.Condition.allCases {
            let error = StanzaError(
                condition, "text", application: XMLElement("unknown-session", "urn:xmpp:jingle:errors:1"))
            let element = try #require(parsed(error.element.serialised(in: Namespace.client)))
            #expect(StanzaError(element) == error)
        }
        let odd = XMLElement("error", Namespace.client, ["type": "x"]) { XMLElement("new", Namespace.stanzaErrors) }
        #expect(StanzaError(odd)?.condition == .undefinedCondition)
    }

    @Test func aReplyCountsOnceAndOnlyFromWhomWasAsked() throws {
        var requests = IQRequests<Int>(timeout: .seconds(10))
        let (asked, other) = (try #require(peer), try #require(JID("evil@b")))
        requests.sent(id: "1", to: asked, 42, now: .zero)
        #expect(requests.answered(by: .iq(from: other, to: ours, type: "result", id: "1")) == nil)
        #expect(requests.answered(by: .iq(from: asked, to: ours, type: "get", id: "1")) == nil)
        #expect(requests.answered(by: .iq(from: asked, to: ours, type: "error", id: "1")) == 42)
        #expect(requests.answered(by: .iq(from: asked, to: ours, type: "result", id: "1")) == nil)
        requests.sent(id: "2", to: asked, 1, now: .zero)
        requests.sent(id: "3", to: asked, 2, now: .zero + .seconds(1))
        #expect(requests.nextWake == .zero + .seconds(10))
        #expect(requests.expire(now: .zero + .seconds(10)) == [1])
        #expect(requests.expire(now: .zero + .seconds(20)) == [2])
        #expect(requests.nextWake == nil)
    }

    @Test func theCapsExamplesOfXEP0115Hold() {
        let simple = DiscoInfo(
            identities: [.init(category: "client", type: "pc", name: "Exodus 0.9.1")],
            features: [Namespace.muc, Namespace.discoItems, Namespace.discoInfo, Namespace.caps])
        #expect(
            EntityCapabilities(node: "n", of: simple, hashing: testHashing).ver == "QgayPKawpkPSDYmwT/WM94uAlu0=")
        let complex = DiscoInfo(
            identities: [
                .init(category: "client", type: "pc", name: "Psi 0.11", lang: "en"),
                .init(category: "client", type: "pc", name: "Ψ 0.11", lang: "el"),
            ],
            features: [Namespace.caps, Namespace.discoInfo, Namespace.discoItems, Namespace.muc],
            forms: [
                DataForm(
                    .result, formType: "urn:xmpp:dataforms:softwareinfo",
                    fields: [
                        .init("ip_version", ["ipv4", "ipv6"]), .init("os", ["Mac"]), .init("os_version", ["10.5.1"]),
                        .init("software", ["Psi"]), .init("software_version", ["0.11"]),
                    ])
            ])
        #expect(
            EntityCapabilities(node: "n", of: complex, hashing: testHashing).ver == "q07IKJEyjvHSyhy//CH0CxmKi8w=")
        let back = parsed(complex.element().serialised(in: Namespace.client)).flatMap { DiscoInfo($0) }
        #expect(back?.identities == complex.identities)
        #expect(back?.features == complex.features)
        #expect(back?.forms.first?["os"] == "Mac")
    }

    @Test func timesAreReadInTheProfileOfXEP0082() {
        #expect(WallTime(xmpp: "1969-07-21T02:56:15Z")?.iso8601 == "1969-07-21T02:56:15.000Z")
        #expect(WallTime(xmpp: "1969-07-20T21:56:15-05:00")?.iso8601 == "1969-07-21T02:56:15.000Z")
        #expect(WallTime(xmpp: "2024-02-29T23:59:59.123456Z")?.iso8601 == "2024-02-29T23:59:59.123Z")
        for text in [
            "", "2024", "2024-02-29T23:59:59", "2024-02-29 23:59:59Z", "2024-13-01T00:00:00Z", "2024-01-01T00:00:00+1",
        ] {
            #expect(WallTime(xmpp: text) == nil)
        }
        let entropy = Entropy.seeded(9)
        for _ in 0..<1000 {
            let time = WallTime(milliseconds: Int64(entropy.u64() % 8_000_000_000_000) - 2_000_000_000_000)
            #expect(WallTime(xmpp: time.iso8601) == time)
        }
    }

    @Test func roomElementsSurviveTheWire() throws {
        let user = MUCUser(
            item: .init(affiliation: .owner, role: .moderator, jid: peer, nick: "x", reason: "because"),
            statuses: [.selfPresence, .newNick])
        #expect(MUCUser(try #require(parsed(user.element.serialised(in: Namespace.client)))) == user)
        let join = XMLElement("x", Namespace.muc) {
            XMLElement("password", Namespace.muc, text: "p")
            XMLElement("history", Namespace.muc, ["maxstanzas": "5", "seconds": "60", "since": "1970-01-01T00:00:00Z"])
        }
        let read = try #require(MUCJoin(join))
        #expect(read.maximumHistory == 5)
        #expect(read.historyAge == .seconds(60))
        #expect(read.historySince == WallTime(milliseconds: 0))
        #expect(
            MUCJoin(XMLElement("x", Namespace.muc) { XMLElement("history", Namespace.muc, ["maxchars": "0"]) })?
                .maximumHistory == 0)
        let delay = Delay(stamp: WallTime(milliseconds: 1000), from: ours)
        #expect(Delay(delay.element) == delay)
    }
}
