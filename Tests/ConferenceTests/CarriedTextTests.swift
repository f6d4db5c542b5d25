import Conference
import Primitives
import Testing

/// What the domain does with texts that say more than their bodies.
@Suite struct CarriedTextTests {
    private let alice = PeerAddress.xmpp("alice@localhost/desk")
    private let bob = PeerAddress.xmpp("bob@localhost/desk")
    private let carol = PeerAddress.sip("300@127.0.0.1")

    private func world() -> (World, LegID) {
        var world = World()
        world.enter(alice, nick: "Alice")
        world.enter(bob, nick: "Bob")
        let leg = world.call(from: carol, name: "Carol")
        return (world, leg)
    }

    private func submit(
        _ world: inout World, _ body: String, to audience: Submission.Audience = .everyone, id: String? = nil,
        via: TextPath = .muc, _ change: (inout Submission) -> Void = { _ in }
    ) -> [Effect] {
        var submission = Submission(
            id: SubmissionID(1), room: .demo, sender: alice, via: via, audience: audience, body: body, clientID: id)
        change(&submission)
        return world.tell(.submit(submission))
    }

    private func recent(
        _ world: World, _ id: String, by writer: PeerAddress, for audience: Submission.Audience = .everyone
    ) -> RecentText? {
        world.conference.recentText(id, in: .demo, by: writer, via: .muc, for: audience)
    }

    @Test func whatOnlyTheMUCCanReadReachesNoCall() {
        var (world, leg) = world()
        let effects = submit(&world, "") {
            $0.payload = "<x xmlns='urn:example'/>"
            $0.plain = .nothing
        }
        #expect(effects.deliveries == [alice, bob].compactMap { world.endpoint(of: $0) })
        #expect(!effects.deliveries.contains { $0 == world.endpoint(of: leg) })
        #expect(effects.message?.payload == "<x xmlns='urn:example'/>")
        #expect(submit(&world, "x", to: .named("Carol")) { $0.plain = .nothing }.refusal == .cannotRead("Carol"))
        #expect(submit(&world, "").refusal == .malformed("The text is empty."))
    }

    @Test func whatIsForTheMomentIsNotKept() {
        var (world, _) = world()
        let effects = submit(&world, "") {
            $0.payload = "<displayed/>"
            $0.plain = .nothing
            $0.isTransient = true
        }
        #expect(effects.records.isEmpty)
        #expect(effects.deliveries.count == 2)
        #expect(world.room()?.history.isEmpty == true)
        for number in 0..<60 { world.call(from: .sip("\(number)@127.0.0.2"), name: "P\(number)") }
        let crowded = submit(&world, "") {
            $0.payload = "<displayed/>"
            $0.isTransient = true
        }
        #expect(crowded.deliveries.isEmpty)
    }

    @Test func whatPhonesReadMayBeAnotherTextAndIsNoCommandThen() {
        var (world, leg) = world()
        let effects = submit(&world, "/lock") { $0.plain = .action("retracted") }
        #expect(effects.deliveries.contains { $0 == world.endpoint(of: leg) })
        #expect(effects.message?.plainBody == "retracted" && effects.message?.plainSeparator == " ")
        #expect(submit(&world, "/roster").reply != nil)
    }

    @Test func aTextIsKnownByEitherIdUntilAHundredOthersCame() {
        var (world, _) = world()
        let first = submit(&world, "  several\nwords ", id: "c1").message
        let text = recent(world, "c1", by: bob)
        #expect(text?.id == first?.id && text?.words == "several words" && text?.senderName == "Alice")
        #expect(recent(world, first?.id ?? "", by: bob) == text)
        for number in 0..<99 {
            world.pass(.seconds(1))
            _ = submit(&world, "t\(number)", id: "n\(number)")
        }
        #expect(recent(world, "c1", by: bob) == text)
        world.pass(.seconds(1))
        _ = submit(&world, "one more", id: "last")
        #expect(recent(world, "c1", by: bob) == nil)
        #expect(recent(world, "last", by: bob)?.words == "one more")
    }

    @Test func aPrivateTextIsKnownToItsTwoAlone() {
        var (world, _) = world()
        _ = submit(&world, "a secret", to: .named("Bob"), id: "p1")
        #expect(recent(world, "p1", by: bob) == nil)
        #expect(recent(world, "p1", by: bob, for: .named("Carol")) == nil)
        #expect(recent(world, "p1", by: bob, for: .named("Alice"))?.words == "a secret")
        #expect(recent(world, "p1", by: alice, for: .named("Bob"))?.words == "a secret")
    }

    @Test func aReportIsKnownByTheIdTheReaderHas() {
        var (world, _) = world()
        _ = submit(&world, "read me", to: .named("Bob"), id: "p1") { $0.wanted = [.delivered] }
        // From Bob alone, whoever else says so.
        let forged = MessageReport(room: .demo, messageID: "p1", status: .delivered, reporter: carol, via: .sip)
        #expect(world.tell(.report(forged)).isEmpty)
        let report = MessageReport(room: .demo, messageID: "p1", status: .delivered, reporter: bob, via: .muc)
        let told = world.tell(.report(report))
        guard case .report(let notice, _, let endpoint)? = told.first else {
            Issue.record("nobody is told")
            return
        }
        #expect(notice.messageID == "p1" && endpoint == world.endpoint(of: alice))
        #expect(world.tell(.report(report)).isEmpty)
    }
}
