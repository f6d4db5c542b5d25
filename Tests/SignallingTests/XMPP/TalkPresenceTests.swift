import Conference
import Primitives
import Testing
import XMPP

@testable import Signalling

@Suite struct TalkPresenceTests {
    private typealias B = XMPPBench
    private var b = XMPPBench()

    private func said(_ stanzas: [XMLElement], to contact: String = "alice@localhost") -> [String?] {
        stanzas.filter { $0.isPresence && $0.type == nil && $0["from"] == B.focus && $0["to"] == contact }
            .map { $0.child("status", Namespace.client)?.text }
    }

    private func subscribed() -> B {
        var b = b
        _ = b.presence("alice@localhost", B.talk, "subscribe")
        return b
    }

    @Test func aRoomTellsItsContactsHowManyTalkInIt() throws {
        var b = subscribed()
        _ = b.sipCall("Dora")
        let first = b.pass(.seconds(1))
        #expect(said(first) == ["1 in the call"])
        let presence = try #require(first.first { $0.isPresence })
        #expect(presence.child("show", Namespace.client)?.text == "chat")
        #expect(presence.child("c", Namespace.caps) != nil)
        #expect(presence.child("x", Namespace.vCardUpdate)?.child("photo", Namespace.vCardUpdate)?.text.count == 40)
    }

    @Test func changesThatComeTogetherAreToldOnceAndTheLastIsNeverLost() {
        var b = subscribed()
        var legs: [LegID] = []
        for number in 0..<20 { legs.append(b.sipCall("p\(number)").leg) }
        #expect(said(b.pass(.seconds(1))) == ["20 in the call"])
        for leg in legs.prefix(19) { b.say(.legEnded(leg, .hangup)) }
        #expect(said(b.pass(.seconds(4))).isEmpty)
        #expect(said(b.pass(.seconds(2))) == ["1 in the call"])
        b.say(.legEnded(legs[19], .hangup))
        #expect(said(b.pass(.seconds(6))) == [nil])
        #expect(said(b.pass(.seconds(60))).isEmpty)
        #expect(b.adapter.talk.count == 0)
    }

    @Test func whoOnlyReadsAndWritesIsNotCounted() {
        var b = subscribed()
        b.join(B.bob, "Bob")
        #expect(said(b.pass(.seconds(10))).isEmpty)
        _ = b.sipCall("Dora")
        #expect(said(b.pass(.seconds(10))) == ["1 in the call"])
    }

    @Test func oneWhoComesLaterKnowsWhatAllKnowAndHearsWhatAllHear() {
        var b = subscribed()
        let dora = b.sipCall("Dora").leg
        b.pass(.seconds(1))
        _ = b.sipCall("Emil")
        #expect(said(b.presence("bob@localhost/x", B.talk, "probe"), to: "bob@localhost/x") == ["1 in the call"])
        let news = b.pass(.seconds(10))
        #expect(said(news) == ["2 in the call"] && said(news, to: "bob@localhost") == ["2 in the call"])
        b.say(.legEnded(dora, .hangup))
        #expect(said(b.pass(.seconds(10)), to: "bob@localhost") == ["1 in the call"])
    }

    @Test func aCallThatWasThereBeforeTheFirstContactEndsForItToo() {
        var b = b
        let dora = b.sipCall("Dora").leg
        b.pass(.seconds(30))
        #expect(said(b.presence("alice@localhost", B.talk, "subscribe")) == ["1 in the call"])
        b.say(.legEnded(dora, .hangup))
        #expect(said(b.pass(.seconds(10))) == [nil])
    }

    @Test func whileTheStreamIsDownNothingWaitsAndThenTheLastStateIsTold() {
        var b = subscribed()
        b.adapter.componentLost("talk.localhost")
        let dora = b.sipCall("Dora").leg
        _ = b.sipCall("Emil")
        #expect(said(b.pass(.seconds(20))).isEmpty)
        b.say(.legEnded(dora, .hangup))
        #expect(said(b.ready("talk.localhost")) == ["1 in the call"])
        #expect(said(b.pass(.seconds(20))).isEmpty)
        #expect(said(b.ready("rooms.localhost")).isEmpty)
    }
}
