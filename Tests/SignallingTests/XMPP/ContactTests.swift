import Conference
import Jingle
import Primitives
import Testing
import XMPP

@testable import Signalling

@Suite struct ContactTests {
    typealias B = XMPPBench
    var b = XMPPBench()

    @Test mutating func aSubscriptionIsGrantedAskedBackAndAnsweredWithPresence() throws {
        let stanzas = b.presence("alice@localhost", B.talk, "subscribe")
        #expect(
            stanzas.map(\.brief) == [
                "presence subscribed demo@talk.localhost > alice@localhost",
                "presence subscribe demo@talk.localhost > alice@localhost",
                "presence demo@talk.localhost/focus > alice@localhost",
            ])
        let caps = try #require(stanzas.last?.child("c", Namespace.caps).flatMap { EntityCapabilities($0) })
        #expect(caps.hash == "sha-1")
        #expect(b.presence("alice@localhost", B.talk, "subscribed").isEmpty)
        let changes = b.adapter.drainSubscriptions()
        #expect(changes.map(\.state) == [.from, .both])
        #expect(changes.last?.room == JID(B.talk))
        #expect(changes.last?.contact == JID("alice@localhost"))
    }

    @Test mutating func presenceGoesToSubscribersWheneverTheStreamComesUp() throws {
        let alice = try #require(JID("alice@localhost"))
        let stored = try [
            SubscriptionChange(room: #require(JID(B.talk)), contact: alice, state: .both),
            SubscriptionChange(room: #require(JID("100@sip.localhost")), contact: alice, state: .from),
            SubscriptionChange(room: #require(JID("x@talk.localhost")), contact: alice, state: .to),
        ]
        b = XMPPBench(subscriptions: stored)
        #expect(b.adapter.drainSubscriptions().isEmpty)
        for _ in 0..<2 {
            #expect(b.ready("talk.localhost").map(\.brief) == ["presence demo@talk.localhost/focus > alice@localhost"])
        }
        #expect(b.ready("sip.localhost").map(\.brief) == ["presence 100@sip.localhost/gw > alice@localhost"])
        b.adapter.shutdown()
        #expect(b.adapter.drain().map(\.type) == ["unavailable", "unavailable"])
    }

    @Test mutating func aProbeIsAnsweredToTheOneWhoProbed() {
        #expect(
            b.presence(B.alice, B.talk, "probe").map(\.brief) == [
                "presence demo@talk.localhost/focus > alice@localhost/phone"
            ])
        #expect(b.adapter.drainSubscriptions().map(\.state) == [.from])
    }

    @Test mutating func unsubscribingEndsBothDirections() {
        _ = b.presence("alice@localhost", B.talk, "subscribe")
        _ = b.presence("alice@localhost", B.talk, "subscribed")
        _ = b.adapter.drainSubscriptions()
        let stanzas = b.presence("alice@localhost", B.talk, "unsubscribe")
        #expect(stanzas.map(\.type) == ["unavailable", "unsubscribed", "unsubscribe"])
        #expect(stanzas.first?.brief == "presence unavailable demo@talk.localhost/focus > alice@localhost")
        #expect(b.presence("alice@localhost", B.talk, "unsubscribe").map(\.type) == ["unsubscribed"])
        #expect(b.adapter.drainSubscriptions().map(\.state) == [.none])
        #expect(b.ready("talk.localhost").isEmpty)
    }

    @Test mutating func onlyRoomsThatCanBeHaveSubscribers() {
        #expect(b.presence("alice@localhost", "talk.localhost", "subscribe").map(\.type) == ["unsubscribed"])
        b = XMPPBench(createsRooms: false)
        #expect(b.presence("alice@localhost", "other@talk.localhost", "subscribe").map(\.type) == ["unsubscribed"])
        #expect(b.presence("alice@localhost", B.talk, "subscribe").first?.type == "subscribed")
        #expect(b.presence("alice@localhost", "100@sip.localhost", "subscribe").last?["from"] == "100@sip.localhost/gw")
    }

    @Test mutating func roomsAndNumbersTellWhatClientsLookForBeforeTheyCall() throws {
        let caps = try #require(
            b.presence(B.alice, B.talk, "probe").first?.child("c", Namespace.caps).flatMap { EntityCapabilities($0) })
        for to in [B.talk, B.focus, "new@talk.localhost/focus", "100@sip.localhost", "100@sip.localhost/gw"] {
            for node in [nil, caps.discoNode] {
                let query = XMLElement("query", Namespace.discoInfo, ["node": node])
                let answer = try #require(b.ask(B.alice, to, "get", [query])?.child("query", Namespace.discoInfo))
                let info = try #require(DiscoInfo(answer))
                #expect(answer["node"] == node)
                #expect(info.identities.map { "\($0.category)/\($0.type)" } == ["client/phone"])
                for feature in [
                    "http://jabber.org/protocol/caps", "http://jabber.org/protocol/disco#info", "urn:xmpp:jingle:1",
                    "urn:xmpp:jingle-message:0", "urn:xmpp:jingle:apps:rtp:1", "urn:xmpp:jingle:apps:rtp:audio",
                    "urn:xmpp:jingle:apps:dtls:0", "urn:xmpp:jingle:transports:ice-udp:1", "urn:xmpp:coin:1",
                    "urn:xmpp:coin",
                ] {
                    #expect(info.features.contains(feature))
                }
                #expect(!info.features.contains(Namespace.muc))
            }
        }
        let odd = b.ask(B.alice, B.focus, "get", [XMLElement("query", Namespace.discoInfo, ["node": "other"])])
        #expect(odd?.condition == .itemNotFound)
    }

    @Test mutating func theDomainsSayWhatTheyAre() throws {
        let expected = [
            "talk.localhost": "component/generic", "rooms.localhost": "conference/text", "sip.localhost": "gateway/sip",
        ]
        for (domain, identity) in expected {
            let answer = b.ask(B.alice, domain, "get", [XMLElement("query", Namespace.discoInfo)])
            let info = try #require(answer?.child("query", Namespace.discoInfo).flatMap { DiscoInfo($0) })
            #expect(info.identities.map { "\($0.category)/\($0.type)" } == [identity])
            #expect(info.features.contains(Namespace.muc) == (domain == "rooms.localhost"))
        }
        let items = b.ask(B.alice, "rooms.localhost", "get", [XMLElement("query", Namespace.discoItems)])
        #expect(
            items?.child("query", Namespace.discoItems).map { DiscoItem.items($0).map(\.jid.description) } == [B.muc])
    }

    @Test mutating func smallQuestionsAreAnsweredEverywhere() {
        for to in [B.talk, B.focus, "talk.localhost", "rooms.localhost", "sip.localhost", "100@sip.localhost/gw"] {
            #expect(b.ask(B.alice, to, "get", [XMLElement("ping", Namespace.ping)])?.type == "result")
            let version = b.ask(B.alice, to, "get", [XMLElement("query", Namespace.version)])?.payload
            #expect(version?.child("name")?.text == "Confab" && version?.child("version")?.text == "1.2")
            let time = b.ask(B.alice, to, "get", [XMLElement("time", Namespace.time)])?.payload
            #expect(time?.child("utc")?.text == "1970-01-01T00:16:40.000Z" && time?.child("tzo")?.text == "+00:00")
        }
    }

    @Test mutating func whatIsNotUnderstoodIsRefusedAsTheStandardSays() {
        let unknown = XMLElement("query", "urn:unknown")
        #expect(b.ask(B.alice, B.focus, "get", [unknown])?.condition == .serviceUnavailable)
        #expect(b.ask(B.alice, B.talk, "set", [unknown])?.condition == .serviceUnavailable)
        #expect(b.ask(B.alice, B.focus, "set", [unknown, unknown])?.condition == .badRequest)
        #expect(b.ask(B.alice, B.focus, "get", [])?.condition == .badRequest)
        #expect(b.ask(B.alice, "demo@talk.localhost/other", "get", [unknown])?.condition == .serviceUnavailable)
        #expect(b.ask(B.alice, "a\\40b@talk.localhost", "get", [unknown])?.condition == .itemNotFound)
        let jingle = JingleHarness.jingle(.sessionInitiate, "s", [JingleHarness.content()])
        #expect(b.ask(B.alice, B.focus, "set", [jingle, unknown])?.condition == .badRequest)
        #expect(b.ask(B.alice, B.muc, "set", [jingle])?.condition == .serviceUnavailable)
        #expect(b.ask(B.alice, B.muc + "/x", "set", [jingle])?.type == "error")
        #expect(b.ask("alice@localhost/\u{7}", B.talk, "get", [unknown]) == nil)
        #expect(b.ask(B.alice, "elsewhere", "get", [unknown]) == nil)
        #expect(b.adapter.drainNotices().filter { $0.level == .warning }.count == 2)
        b = XMPPBench(createsRooms: false)
        let info = XMLElement("query", Namespace.discoInfo)
        #expect(b.ask(B.alice, "other@talk.localhost", "get", [info])?.condition == .itemNotFound)
        #expect(b.ask(B.alice, "other@rooms.localhost", "get", [info])?.condition == .itemNotFound)
        #expect(
            b.receive(XMLElement("iq", Namespace.client, ["from": B.alice, "to": B.talk, "type": "result"])).isEmpty)
        #expect(b.receive(XMLElement("query", Namespace.client)).isEmpty)
    }
}
