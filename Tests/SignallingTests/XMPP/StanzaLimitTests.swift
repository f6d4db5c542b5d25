import Conference
import Primitives
import Testing
import XMPP

@testable import Signalling

@Suite struct StanzaLimitTests {
    private typealias B = XMPPBench

    private func bench(_ change: (inout XMPPLimits) -> Void = { _ in }) -> B {
        var limits = XMPPLimits()
        change(&limits)
        return XMPPBench(limits: limits)
    }

    private let ping = [XMLElement("ping", Namespace.ping)]

    @Test func whoAsksTooMuchIsToldOnceASecondAndServedAgainLater() {
        var b = bench { $0.stanzasOfAddress = 10 }
        var answers: [StanzaError.Condition?] = []
        for _ in 0..<200 { answers.append(b.ask(B.alice, B.focus, "get", ping).map { $0.condition } ?? .gone) }
        #expect(answers.prefix(50).allSatisfy { $0 == nil })
        #expect(answers[50] == .resourceConstraint)
        #expect(answers[51...].allSatisfy { $0 == .gone })
        // Another device of the same user shares; another user does not.
        #expect(b.ask("alice@localhost/desk", B.focus, "get", ping) == nil)
        #expect(b.ask(B.bob, B.focus, "get", ping)?.type == "result")
        b.pass(.milliseconds(150))
        #expect(b.ask(B.alice, B.focus, "get", ping)?.type == "result")
        #expect(b.ask(B.alice, B.focus, "get", ping) == nil)
        b.pass(.seconds(1))
        for _ in 0..<10 { #expect(b.ask(B.alice, B.focus, "get", ping)?.type == "result") }
        #expect(b.ask(B.alice, B.focus, "get", ping)?.condition == .resourceConstraint)
    }

    @Test func presenceAndMessagesBeyondTheLimitAreLetGo() {
        var b = bench { $0.stanzasOfAddress = 1 }
        for _ in 0..<5 { _ = b.ask(B.alice, B.focus, "get", ping) }
        #expect(b.presence("alice@localhost", B.talk, "subscribe").isEmpty)
        #expect(b.message(B.alice, B.talk, "chat", "hello").isEmpty)
        #expect(b.adapter.drainSubscriptions().isEmpty)
    }

    @Test func aDomainThatIsNotOursIsLimitedAsAWholeAndNobodyElseNotices() {
        var b = bench()
        var answered = 0
        for user in 0..<10_000 {
            if !b.presence("u\(user)@flood.example", B.talk, "subscribe").isEmpty { answered += 1 }
        }
        #expect(answered == 1000)
        #expect(b.presence("u1@flood.example/x", "\(B.muc)/Nick").isEmpty)
        #expect(b.presence("bob@other.example", B.talk, "subscribe").first?.type == "subscribed")
        for user in 0..<2000 { #expect(b.ask("u\(user)@localhost/x", B.focus, "get", ping)?.type == "result") }
        b.pass(.seconds(1))
        #expect(b.ask("u1@flood.example/x", B.focus, "get", ping)?.type == "result")
        b.adapter.tend(now: b.now)
        let lines = b.adapter.drainNotices().map(\.text)
        #expect(lines == ["left out 9001 stanzas of the domain flood.example: too many"])
        b.pass(.seconds(60))
        b.adapter.tend(now: b.now)
        #expect(b.adapter.drainNotices().isEmpty)
    }

    @Test func whoeverEntersARoomWeighsMoreThanWhoWrites() {
        var b = bench()
        let entered = (0..<1000).count { number in
            b.join("u\(number)@flood.example/x", "n\(number)").contains { $0.type == nil }
        }
        #expect(entered == 100)
        for number in 0..<150 { #expect(!b.join("l\(number)@localhost/x", "l\(number)").isEmpty) }
    }

    @Test func answersToOurQuestionsAreNotHeldAgainstADomain() {
        var b = bench()
        for user in 0..<3000 {
            b.receive(.iq(from: JID("u\(user)@flood.example/x"), to: JID(B.focus), type: "result", id: "x"))
        }
        #expect(b.ask("u1@flood.example/x", B.focus, "get", ping)?.type == "result")
    }

    @Test func whoeverComesWhenTheTableIsFullSharesWhatIsLeft() {
        var table = Allowances(rate: 1, limit: 3)
        let keys = (0..<20).map { "k\($0)" }
        let first = keys.map { table.take($0, at: .zero) }
        #expect(first.count { $0 == .granted } == 3 + 5)
        #expect(table.count == 3)
        let lines = table.report(at: .zero).map(\.key)
        #expect(lines == ["others"])
        _ = table.report(at: .zero + .seconds(10))
        #expect(table.count == 0)
    }

    @Test func nothingIsLimitedWhereTheNumberIsNought() {
        var b = bench {
            $0.stanzasOfAddress = 0
            $0.stanzasOfDomain = 0
        }
        for _ in 0..<5000 { #expect(b.ask("eve@flood.example/x", B.focus, "get", ping)?.type == "result") }
    }

    @Test func whoIsBlockedIsNeitherHeardNorTalkedTo() throws {
        var limits = XMPPLimits()
        let isTaken = ["evil.example", "Mallory@localhost"].map { limits.block($0) }
        #expect(isTaken == [true, true])
        let areRefused = ["a@b/c", "", "a b", "@"].map { limits.block($0) }
        #expect(areRefused == [false, false, false, false])
        let mallory = try #require(JID("mallory@localhost")), alice = try #require(JID("alice@localhost"))
        let room = try #require(JID(B.talk))
        var b = XMPPBench(
            subscriptions: [
                SubscriptionChange(room: room, contact: mallory, state: .both),
                SubscriptionChange(room: room, contact: alice, state: .both),
            ], limits: limits)
        #expect(b.ready("talk.localhost").map { $0["to"] } == ["alice@localhost"])
        for bad in ["eve@evil.example/x", "eve@sub.evil.example/x", "mallory@localhost/phone"] {
            #expect(b.presence(bad, "\(B.muc)/Eve").isEmpty)
            #expect(b.message(bad, B.talk, "chat", "hello").isEmpty)
        }
        #expect(b.ask("eve@evil.example/x", B.focus, "get", ping) == nil)
        #expect(b.ask("eve@notevil.example/x", B.focus, "get", ping)?.type == "result")
        #expect(b.join(B.alice, "Alice").isEmpty == false)
        b.adapter.outbox.append(.message(from: room, to: mallory))
        #expect(b.adapter.drain().isEmpty)
    }

    @Test func aBlockedUserIsNotRung() {
        var limits = XMPPLimits()
        _ = limits.block("mallory@localhost")
        var b = XMPPBench(limits: limits)
        let call = OutgoingCall(
            target: PeerAddress(.xmpp, user: "mallory", host: "localhost"),
            caller: PeerAddress(.xmpp, user: "demo", host: "talk.localhost"), displayName: nil, isFocus: true)
        var ids = LegIDs(.conference)
        let leg = ids.next()
        let commands = b.adapter.perform(.dial(leg, call), conference: b.conference, now: b.now, wall: b.wall)
        #expect(commands == [.legEnded(leg, .forbidden)])
        #expect(b.adapter.drain().isEmpty)
    }

    @Test func callsAreLimitedByUserAndByForeignDomain() {
        var b = bench {
            $0.callsOfAddress = 2
            $0.callsOfDomain = 3
        }
        func call(_ from: String, _ sid: String, _ b: inout B) -> StanzaError.Condition? {
            b.jingleCall(from, sid: sid).first { $0.isIQReply }?.condition
        }
        #expect(call("a@other.example/x", "s1", &b) == nil)
        #expect(call("a@other.example/y", "s2", &b) == nil)
        #expect(call("a@other.example/z", "s3", &b) == .resourceConstraint)
        #expect(call("b@other.example/x", "s4", &b) == nil)
        #expect(call("c@other.example/x", "s5", &b) == .resourceConstraint)
        #expect(call("c@third.example/x", "s6", &b) == nil)
        for user in 0..<5 { #expect(call("u\(user)@localhost/x", "l\(user)", &b) == nil) }
    }

    @Test func oneUserHasSoManyContactsAndADomainToo() {
        var b = bench {
            $0.contactsOfAddress = 2
            $0.contactsOfDomain = 3
        }
        func subscribe(_ from: String, _ room: String, _ b: inout B) -> String? {
            b.presence(from, "\(room)@talk.localhost", "subscribe").first?.type
        }
        #expect(subscribe("a@other.example", "r1", &b) == "subscribed")
        #expect(subscribe("a@other.example", "r2", &b) == "subscribed")
        #expect(subscribe("a@other.example", "r3", &b) == "unsubscribed")
        #expect(subscribe("a@other.example", "r1", &b) == "subscribed")
        #expect(subscribe("b@other.example", "r1", &b) == "subscribed")
        #expect(subscribe("c@other.example", "r1", &b) == "unsubscribed")
        for user in 0..<5 { #expect(subscribe("u\(user)@localhost", "r1", &b) == "subscribed") }
        _ = b.presence("a@other.example", "r1@talk.localhost", "unsubscribe")
        #expect(subscribe("c@other.example", "r1", &b) == "subscribed")
    }
}
