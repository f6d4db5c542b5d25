import Conference
import Jingle
import Primitives
import Testing
import XMPP

@testable import Signalling

/// A room in the MUC of a group call.
@Suite struct MujiSessionTests {
    private typealias M = MujiBench
    private var m = MujiBench()

    @Test mutating func theRoomComesPreparesAndCallsWhoIsThere() throws {
        let sent = m.invite()
        #expect(sent.invitations == ["accept call1 > \(M.romeo)"])
        #expect(sent.first?.child("accept", Namespace.callInvites)?.child("muji", Namespace.muji)?["room"] == M.party)
        let entry = try #require(sent.muji)
        #expect(entry["from"] == XMPPBench.focus && entry["to"] == "\(M.party)/demo")
        #expect(entry.child("x", Namespace.muc)?.child("history")?["maxstanzas"] == "0")
        #expect(entry.child("muji", Namespace.muji)?.child("preparing") != nil)
        #expect(m.occupant("Romeo", M.romeo, M.part(M.opus)).isEmpty)
        #expect(m.occupant("reader", "reader@localhost/x", nil).isEmpty)
        let inside = m.entered()
        let said = try #require(inside.muji?.child("muji", Namespace.muji))
        #expect(said.child("preparing") == nil)
        let content = try #require(said.child("content", Namespace.jingle))
        #expect(content["name"] == "audio")
        let payloads = content.elements.flatMap { $0.children(named: "payload-type") }
        #expect(payloads.map { "\($0["id"] ?? "") \($0["name"] ?? "")" } == ["96 opus", "0 PCMU"])
        // What is said comes before who is called.
        #expect(inside.firstIndex { $0.isPresence } ?? 9 < inside.firstIndex { $0.isIQ } ?? 0)
        let iq = try #require(inside.first { $0.isIQ })
        #expect(iq["to"] == M.romeo && iq["from"] == XMPPBench.focus)
        let offer = try #require(inside.jingle(.sessionInitiate))
        #expect(offer.child("muji", Namespace.muji)?["room"] == M.party)
        #expect(offer.child("conference-info", Namespace.coin) == nil)
        #expect(offer.children(named: "content").map { $0["name"] } == ["audio"])
        let offered = offer.children(named: "content").flatMap(\.elements).flatMap {
            $0.children(named: "payload-type")
        }
        #expect(offered.map { $0["id"] } == ["96", "0"])
        #expect(m.groups == [GroupCallID(1)])
    }

    @Test mutating func whoPreparesIsWaitedForAndCallsUs() throws {
        _ = m.invite()
        _ = m.occupant("Romeo", M.romeo, M.part(M.opus))
        _ = m.occupant("Juliet", M.juliet, M.part(nil))
        #expect(m.entered().isEmpty)
        // One who began to prepare after us waits for us.
        #expect(m.occupant("Paris", "paris@localhost/x", M.part(nil)).isEmpty)
        let ready = m.occupant("Juliet", M.juliet, M.part(M.opus))
        #expect(ready.filter(\.isIQ).compactMap { $0["to"] }.sorted() == [M.juliet, M.romeo].sorted())
        let sent = m.call("paris@localhost/x")
        #expect(sent.jingle(.sessionAccept) != nil)
        #expect(sent.jingle(.sessionAccept)?.child("conference-info", Namespace.coin) == nil)
        #expect(m.groups == [GroupCallID(1), GroupCallID(1), GroupCallID(1)])
    }

    @Test mutating func whoPreparesForEverIsNotWaitedFor() {
        _ = m.invite()
        _ = m.occupant("Romeo", M.romeo, M.part(M.opus))
        _ = m.occupant("Juliet", M.juliet, M.part(nil))
        _ = m.entered()
        #expect(m.b.pass(.seconds(19)).isEmpty)
        #expect(m.b.pass(.seconds(2)).jingle(.sessionInitiate) != nil)
    }

    @Test mutating func aTakenNickIsNoObstacle() throws {
        _ = m.invite()
        let conflict = XMLElement(
            "presence", Namespace.client,
            [
                "from": "\(M.party)/demo", "to": XMPPBench.focus, "type": "error",
            ]
        ) { StanzaError(.conflict).element }
        #expect(m.b.receive(conflict).muji?["to"] == "\(M.party)/demo 2")
        #expect(m.entered("demo 2").muji != nil)
    }

    @Test(arguments: [StanzaError.Condition.forbidden, .registrationRequired, .itemNotFound])
    func whoIsNotLetInSaysSo(_ condition: StanzaError.Condition) {
        var m = m
        _ = m.invite()
        let refusal = XMLElement(
            "presence", Namespace.client,
            [
                "from": "\(M.party)/demo", "to": XMPPBench.focus, "type": "error",
            ]
        ) { StanzaError(condition).element }
        #expect(m.b.receive(refusal).invitations == ["left call1 > \(M.romeo)"])
        #expect(m.b.adapter.muji.sessions.isEmpty)
        #expect(m.b.pass(.seconds(600)).isEmpty)
    }

    @Test mutating func aMUCThatDoesNotAnswerIsLeft() {
        _ = m.invite()
        #expect(m.b.pass(.seconds(30)).invitations == ["left call1 > \(M.romeo)"])
        #expect(m.b.adapter.muji.sessions.isEmpty)
    }

    @Test mutating func anonymousPeopleCannotBeCalled() {
        _ = m.invite()
        _ = m.occupant("Romeo", nil, M.part(M.opus))
        #expect(m.entered().invitations == ["left call1 > \(M.romeo)"])
    }

    @Test mutating func nothingInCommonIsNoGroupCall() {
        _ = m.invite()
        _ = m.occupant("Romeo", M.romeo, M.part([("97", "speex", "16000")]))
        #expect(m.entered().invitations == ["left call1 > \(M.romeo)"])
    }

    @Test mutating func numbersThatDifferAreTakenFromTheFirst() throws {
        _ = m.invite()
        _ = m.occupant("A", M.romeo, M.part([("109", "opus", "48000"), ("9", "G722", "8000")]))
        _ = m.occupant("B", M.juliet, M.part([("111", "opus", "48000")]))
        let said = try #require(m.entered().muji)
        let ids = said.elements.flatMap(\.elements).flatMap(\.elements).flatMap { $0.children(named: "payload-type") }
        #expect(ids.map { $0["id"] } == ["109", "9"])
    }

    // MARK: Comings and goings

    @Test mutating func whoLeavesTheGroupIsOutOfTheRoom() {
        _ = m.joined()
        _ = m.b.sipCall("Dora")
        #expect(m.room?.participants.count == 2)
        let left = m.occupant("Romeo", M.romeo, nil, type: "unavailable")
        #expect(left.jingle(.sessionTerminate) != nil)
        #expect(m.room?.participants.map(\.name) == ["Dora"])
        // Nobody else comes: the room goes too.
        #expect(m.b.pass(.seconds(9)).isEmpty)
        let gone = m.b.pass(.seconds(2))
        #expect(gone.muji?.type == "unavailable")
        #expect(gone.invitations == ["left call1 > \(M.romeo)"])
    }

    @Test mutating func whoStaysInTheMUCButNotInTheCallIsOutToo() {
        _ = m.joined()
        #expect(m.occupant("Romeo", M.romeo, nil).jingle(.sessionTerminate) != nil)
        #expect(m.groups.isEmpty)
    }

    @Test mutating func anotherNickChangesNothing() {
        _ = m.joined()
        #expect(m.occupant("Romeo", M.romeo, nil, type: "unavailable", statuses: [303], newNick: "R").isEmpty)
        #expect(m.occupant("R", M.romeo, M.part(M.opus)).isEmpty)
        #expect(m.groups.count == 1)
        #expect(m.occupant("R", M.romeo, nil, type: "unavailable").jingle(.sessionTerminate) != nil)
    }

    @Test(arguments: [[110, 307], [110, 301], [110], [110, 332]])
    func whoIsPutOutEndsItsCalls(_ statuses: [Int]) {
        var m = m
        _ = m.joined()
        _ = m.b.sipCall("Dora")
        let out = m.occupant("demo", XMPPBench.focus, nil, type: "unavailable", statuses: statuses)
        #expect(out.jingle(.sessionTerminate) != nil)
        #expect(out.invitations == ["left call1 > \(M.romeo)"])
        #expect(m.room?.participants.map(\.name) == ["Dora"])
        #expect(m.call(M.romeo).first?.condition == .itemNotFound)
    }

    @Test mutating func aRoomThatHasNobodyToGiveLeaves() throws {
        _ = m.invite()
        _ = m.entered()
        _ = m.occupant("Juliet", M.juliet, M.part(M.opus))
        #expect(m.call(M.juliet).jingle(.sessionAccept) != nil)
        m.b.run(
            m.b.conference.wake(at: m.b.now + .seconds(200), wall: m.b.wall).flatMap { effect in
                m.b.adapter.perform(effect, conference: m.b.conference, now: m.b.now, wall: m.b.wall)
            })
        let sent = m.b.adapter.drain()
        let presence = try #require(sent.firstIndex { $0.isPresence && $0.type == "unavailable" })
        let end = try #require(sent.firstIndex { $0.child("jingle", Namespace.jingle) != nil })
        #expect(presence < end)
        #expect(sent.invitations == ["left call1 > \(M.romeo)"])
        #expect(m.b.adapter.muji.sessions.isEmpty && m.groups.isEmpty)
    }

    @Test mutating func moreThanMayBeThereAreLeftAlone() {
        _ = m.invite()
        for number in 0..<8 { _ = m.occupant("p\(number)", "p\(number)@localhost/x", M.part(nil)) }
        #expect(m.b.adapter.muji.sessions.count == 1)
        #expect(m.occupant("p8", "p8@localhost/x", M.part(nil)).invitations == ["left call1 > \(M.romeo)"])
    }

    @Test mutating func theServerWasAwaySoTheGroupIsLeft() {
        _ = m.joined()
        _ = m.b.sipCall("Dora")
        m.b.adapter.componentLost("talk.localhost")
        #expect(m.b.pass(.seconds(5)).invitations.isEmpty)
        #expect(m.groups.count == 2)
        _ = m.b.ready("talk.localhost")
        let sent = m.b.pass(.milliseconds(1))
        #expect(sent.muji?.type == "unavailable")
        #expect(sent.jingle(.sessionTerminate) != nil)
        #expect(m.room?.participants.map(\.name) == ["Dora"])
        _ = m.b.ready("talk.localhost")
        #expect(m.b.adapter.muji.nextWake == nil)
    }

    @Test mutating func theEndOfTheServiceIsSeenInTheMUC() {
        _ = m.joined()
        m.b.adapter.shutdown()
        #expect(m.b.adapter.drain().muji?.type == "unavailable")
    }

    @Test mutating func whatIsSaidInTheMUCIsNeverAnswered() {
        _ = m.joined()
        for type in ["groupchat", "error", "chat", nil] {
            let body = XMLElement("body", Namespace.client, text: "hello")
            #expect(m.b.message("\(M.party)/Romeo", XMPPBench.focus, type, nil, children: [body]).isEmpty)
        }
    }

    @Test mutating func strangersDoNotCallByTheGroup() {
        _ = m.joined()
        #expect(m.call("paris@localhost/x").first?.condition == .itemNotFound)
        #expect(m.call(M.romeo, place: "other@muc.localhost").first?.condition == .itemNotFound)
        #expect(m.groups.count == 1)
    }

    @Test mutating func aGroupIsNotToldAsAConference() {
        _ = m.joined()
        _ = m.b.sipCall("Dora")
        _ = m.call(M.juliet)
        #expect(m.b.pass(.seconds(20)).allSatisfy { $0.child("query", Namespace.discoInfo) == nil })
    }
}
