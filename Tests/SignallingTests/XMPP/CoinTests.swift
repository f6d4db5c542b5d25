import Conference
import ConferenceInfo
import Jingle
import Primitives
import Testing
import XMPP

@testable import Signalling

@Suite struct CoinTests {
    typealias B = XMPPBench
    var b = XMPPBench()

    private func infos(_ stanzas: [XMLElement]) -> [XMLElement] {
        stanzas.filter { $0.type == "set" }.compactMap { $0.child("conference-info", ConferenceInfoDocument.namespace) }
    }

    @Test mutating func aCallerWhoAnnouncesCOINIsToldWhoIsThere() throws {
        _ = b.sipCall("Carol")
        let up = b.jingleCall(B.alice)
        let query = try #require(up.last)
        #expect(query.brief == "iq get demo@talk.localhost/focus > alice@localhost/phone")
        #expect(infos(up).isEmpty)
        let told = b.answerDisco(up, features: ["urn:xmpp:coin"])
        #expect(told.map(\.brief) == ["iq set demo@talk.localhost/focus > alice@localhost/phone"])
        #expect(told.first?.payload != nil)
        let info = try #require(infos(told).first)
        #expect(info["entity"] == "xmpp:demo@talk.localhost")
        #expect(info["state"] == "full")
        #expect(info["version"] == "1")
        #expect(info["sid"] == "sid")
        let users = try #require(info.child("users")?.children(named: "user"))
        #expect(users.compactMap { $0.child("display-text")?.text } == ["Carol", "alice"])
        for user in users {
            #expect(user["state"] == "full")
            #expect(!user.children(named: "endpoint").isEmpty)
            #expect(user["entity"]?.hasPrefix("sip:") == true)
        }
    }

    @Test mutating func changesFollowOneVersionAfterTheOtherWhetherOrNotTheyAreAnswered() throws {
        let up = b.jingleCall(B.alice)
        _ = b.answerDisco(up, features: [Namespace.coin])
        b.pass(.seconds(5))
        let (leg, stanzas) = b.sipCall("Carol")
        let partial = try #require(infos(stanzas).first)
        #expect(partial["state"] == "partial" && partial["version"] == "2")
        #expect(b.receive(try #require(stanzas.last?.errorReply(StanzaError(.serviceUnavailable)))).isEmpty)
        #expect(infos(b.say(.legSource(leg, 7))).isEmpty)
        let later = infos(b.pass(.seconds(1)))
        #expect(later.map { $0["version"] } == ["3"])
        b.pass(.seconds(5))
        let gone = infos(b.say(.legEnded(leg, .hangup)))
        #expect(gone.first?["version"] == "4")
        #expect(gone.first?.child("users")?.child("user")?["state"] == "deleted")
    }

    /// However much happens, a caller gets five documents a second at most, and the last of them tells how it ended.
    @Test mutating func aFloodOfChangesIsFiveDocumentsASecond() throws {
        _ = b.answerDisco(b.jingleCall(B.alice), features: [Namespace.coin])
        b.pass(.seconds(5))
        var told: [XMLElement] = []
        for number in 0..<100 {
            let (leg, stanzas) = b.sipCall("Caller \(number)")
            told += infos(stanzas)
            if number % 2 == 0 { told += infos(b.say(.legEnded(leg, .hangup))) }
            told += infos(b.pass(.milliseconds(10)))
        }
        told += infos(b.pass(.seconds(1)))
        #expect((3...8).contains(told.count))
        #expect(told.compactMap { $0["version"].flatMap { Int($0) } } == Array(2..<2 + told.count))
        #expect(told.last?.child("conference-state")?.child("user-count")?.text == "51")
    }

    @Test mutating func whoDoesNotAnnounceItIsToldUnlessItAnswersTheFirstWithAnError() throws {
        let told = b.answerDisco(b.jingleCall(B.alice), features: [Namespace.jingle])
        #expect(infos(told).map { $0["version"] } == ["1"])
        #expect(b.receive(try #require(told.first?.errorReply(StanzaError(.serviceUnavailable)))).isEmpty)
        b.pass(.seconds(2))
        #expect(infos(b.sipCall("Carol").stanzas).isEmpty)
        #expect(infos(b.pass(.seconds(60))).isEmpty)
    }

    /// While the XMPP server restarts, what goes to a client that is not back yet bounces.
    @Test(arguments: [true, false]) mutating func whatBouncesLaterEndsNothing(isAnswered: Bool) throws {
        let up = b.jingleCall(B.alice)
        for accept in up where accept.type == "set" { _ = b.receive(accept.result()) }
        let told = b.answerDisco(up, features: [Namespace.jingle])
        if isAnswered { _ = b.receive(try #require(told.first).result()) } else { b.pass(.seconds(31)) }
        b.pass(.seconds(2))
        let more = b.sipCall("Carol").stanzas
        #expect(infos(more).map { $0["version"] } == ["2"])
        _ = b.receive(try #require(more.last?.errorReply(StanzaError(.serviceUnavailable))))
        b.pass(.seconds(2))
        #expect(infos(b.sipCall("Dave").stanzas).map { $0["version"] } == ["3"])
    }

    @Test mutating func whoDoesNotAnswerTheQuestionIsLeftInPeace() throws {
        let second = b.jingleCall("dora@localhost/x", sid: "s2")
        let query = try #require(second.first { $0.child("query", Namespace.discoInfo) != nil })
        #expect(b.receive(try #require(query.errorReply(StanzaError(.serviceUnavailable)))).isEmpty)
        let third = b.jingleCall("erik@localhost/x", sid: "s3")
        #expect(third.contains { $0.child("query", Namespace.discoInfo) != nil })
        b.pass(.seconds(31))
        #expect(infos(b.answerDisco(third, features: [Namespace.coin])).isEmpty)
        #expect(infos(b.pass(.seconds(60))).isEmpty)
    }

    /// Dino 0.4 crashes on a document that comes before its media is connected.
    @Test mutating func nobodyIsAskedOrToldBeforeTheMediaCameOrTenSecondsPassed() {
        let up = b.jingleCall(B.alice, isHeard: false)
        #expect(!up.contains { $0.child("query", Namespace.discoInfo) != nil })
        b.pass(.seconds(9))
        #expect(b.sipCall("Carol").stanzas.isEmpty)
        let late = b.pass(.seconds(1))
        #expect(late.map(\.brief) == ["iq get demo@talk.localhost/focus > alice@localhost/phone"])
        #expect(infos(b.answerDisco(late, features: [Namespace.coin])).count == 1)
        #expect(infos(b.pass(.seconds(60))).isEmpty)
    }

    @Test mutating func anAnswerFromSomebodyElseCountsForNothing() throws {
        let up = b.jingleCall(B.alice)
        let query = try #require(up.first { $0.child("query", Namespace.discoInfo) != nil })
        var forged = query.result { DiscoInfo(identities: [], features: [Namespace.coin]).element() }
        forged["from"] = "eve@localhost/x"
        #expect(b.receive(forged).isEmpty)
        #expect(infos(b.answerDisco(up, features: [Namespace.coin])).count == 1)
    }

    @Test mutating func whoHangsUpIsToldNoMore() throws {
        let up = b.jingleCall(B.alice)
        _ = b.answerDisco(up, features: [Namespace.coin])
        let terminate = JingleHarness.jingle(
            .sessionTerminate, "sid",
            [XMLElement("reason", Namespace.jingle) { XMLElement("success", Namespace.jingle) }])
        #expect(b.ask(B.alice, B.focus, "set", [terminate])?.type == "result")
        b.pass(.seconds(5))
        #expect(infos(b.sipCall("Carol").stanzas).isEmpty)
        #expect(infos(b.pass(.seconds(60))).isEmpty)
    }
}
