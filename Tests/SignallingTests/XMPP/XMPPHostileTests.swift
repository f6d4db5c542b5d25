import Primitives
import Testing
import XMPP

@testable import Signalling

@Suite struct XMPPHostileTests {
    typealias B = XMPPBench

    /// Whatever comes, in whatever order: nothing traps, every request is answered once, errors never.
    @Test func randomStanzasAreAnsweredOnceAndNeverTrap() {
        var b = B()
        var state: UInt64 = 77
        func draw(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % count
        }
        func pick<T>(_ list: [T]) -> T { list[draw(list.count)] }
        let peers = [B.alice, B.bob, "alice@localhost", "localhost", "x", ""]
        let targets = [
            B.talk, B.focus, B.muc, B.muc + "/Alice", B.muc + "/\u{301}", "talk.localhost", "rooms.localhost",
            "sip.localhost", "100@sip.localhost", "100@sip.localhost/gw", "\u{301}@talk.localhost",
            "a\\20b@talk.localhost",
            "elsewhere", String(repeating: "x", count: 1000) + "@talk.localhost", "",
        ]
        let types: [String?] = [
            nil, "get", "set", "result", "error", "chat", "groupchat", "normal", "headline", "subscribe", "subscribed",
            "unsubscribe", "unsubscribed", "probe", "unavailable", "?",
        ]
        let names = [
            "query", "body", "subject", "x", "ping", "jingle", "propose", "proceed", "retract", "error", "time",
            "request", "history", "status", "show", "finish",
        ]
        let namespaces = [
            Namespace.client, Namespace.discoInfo, Namespace.discoItems, Namespace.muc, Namespace.mucUser,
            Namespace.mucOwner, Namespace.jingle, Namespace.jingleMessage, Namespace.ping, Namespace.time,
            Namespace.receipts, "",
        ]
        func payload(_ depth: Int) -> XMLElement {
            XMLElement(
                pick(names), pick(namespaces),
                [
                    "action": pick([nil, "session-initiate", "session-terminate", "transport-info"]),
                    "sid": pick([nil, "s"]), "id": pick([nil, "p"]),
                ]
            ) {
                pick(["", "text", "/msg Alice x", "\u{0}"])
                if depth > 0 { for _ in 0..<draw(3) { payload(depth - 1) } }
            }
        }
        for number in 0..<5000 {
            let stanza = XMLElement(
                pick(["message", "presence", "iq"]), Namespace.client,
                ["from": pick(peers), "to": pick(targets), "type": pick(types), "id": "n\(number)"]
            ) { for _ in 0..<draw(3) { payload(2) } }
            let answers = b.receive(stanza)
            let own = answers.filter { $0.isIQReply && $0.id == stanza.id }
            let isForUs =
                stanza.from != nil && stanza.to.map { $0.domain.hasSuffix(".localhost") } == true && stanza.isIQ
            #expect(own.count == (isForUs && !stanza.isIQReply ? 1 : 0), "\(stanza)")
            if stanza.type == "error" {
                #expect(!answers.contains { $0.type == "error" && $0.id == stanza.id }, "\(stanza)")
            }
            for answer in answers where answer.type == "set" { #expect(answer.elements.count == 1) }
            if number.isMultiple(of: 50) { b.pass(.seconds(20)) }
        }
    }

    @Test func aNameOfTenThousandCharactersIsNobody() {
        var b = B()
        let long = String(repeating: "x", count: 10_000)
        let ping = [XMLElement("ping", Namespace.ping)]
        #expect(b.ask(B.alice, long + "@talk.localhost", "get", ping) == nil)
        let longish = String(repeating: "x", count: 500)
        #expect(b.ask(B.alice, longish + "@talk.localhost", "get", ping)?.condition == .itemNotFound)
        #expect(b.join(B.alice, String(repeating: "n", count: 1000)).map(\.condition) == [.jidMalformed])
    }

    /// What is echoed is small: else a server that limits its components' stanzas would end the stream.
    @Test func longIdsAndNodesAreNotEchoed() {
        var b = B()
        let long = String(repeating: "'", count: 1025)
        let ping = XMLElement("iq", Namespace.client, ["from": B.alice, "to": B.talk, "type": "get", "id": long]) {
            XMLElement("ping", Namespace.ping)
        }
        #expect(b.receive(ping).isEmpty)
        for namespace in [Namespace.discoInfo, Namespace.discoItems] {
            let query = XMLElement("query", namespace, ["node": long])
            #expect(b.ask(B.alice, B.muc, "get", [query])?.condition == .itemNotFound)
        }
    }
}
