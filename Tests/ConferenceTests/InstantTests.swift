import Conference
import Primitives
import Testing

/// Texts between one and one across the gateway.
@Suite struct InstantTests {
    var world = World()
    let alice = PeerAddress.xmpp("alice@localhost/phone")
    let number = PeerAddress.xmpp("100@sip.localhost")
    let phone = PeerAddress.sip("100@127.0.0.1:5080")

    private mutating func write(
        _ body: String, from sender: PeerAddress, to recipient: PeerAddress, wanted: WantedReports = [],
        clientID: String? = "c1", leg: LegID? = nil
    ) -> [Effect] {
        var text = InstantText(body, clientID: clientID)
        text.wanted = wanted
        var message = InstantMessage(id: SubmissionID(7), from: sender, to: recipient, .text(text))
        message.leg = leg
        message.displayName = "Somebody"
        return world.tell(.instant(message))
    }

    private mutating func say(
        _ content: InstantMessage.Content, from sender: PeerAddress, to recipient: PeerAddress
    ) -> [Effect] {
        world.tell(.instant(InstantMessage(id: SubmissionID(0), from: sender, to: recipient, content)))
    }

    /// Alice calls 100; gives both legs.
    private mutating func connected() throws -> (caller: LegID, callee: LegID) {
        let caller = world.newLeg()
        _ = world.offer(caller, from: alice, to: number)
        let callee = try #require(world.conference.bridge(of: caller)?.callee)
        world.tell(.legAnswered(callee))
        world.tell(.legAnswered(caller))
        return (caller, callee)
    }

    @Test mutating func aTextGoesWhereACallWouldAndIsTaken() throws {
        let effects = write("hello", from: alice, to: number)
        let delivery = try #require(effects.delivery)
        #expect(delivery.target == phone)
        #expect(delivery.sender == .sip("alice@localhost"))
        #expect(delivery.leg == nil)
        #expect(delivery.words == "hello")
        #expect(effects.last == .submitted(SubmissionID(7), .accepted(id: delivery.id)))
        #expect(world.conference.awaitsReport(of: delivery.id))
    }

    @Test mutating func whatTheRoutesDoNotLeadToIsRefused() {
        #expect(write("hello", from: alice, to: .xmpp("999@sip.localhost")).refusal == .undelivered(.forbidden))
        #expect(write("hello", from: phone, to: .sip("alice\\40other@sip.localhost")).refusal != nil)
        #expect(write(" \n", from: alice, to: number).refusal == .malformed("The text is empty."))
        #expect(write(String(repeating: "x", count: 65_537), from: alice, to: number).refusal == .tooLong)
    }

    @Test mutating func onlyWhoMayCallMayWrite() {
        var configuration = World.demo
        configuration.gatewayPolicy = .accounts
        world = World(configuration)
        #expect(write("hello", from: phone, to: .sip("alice@localhost")).refusal == .undelivered(.forbidden))
        #expect(write("hello", from: .xmpp("eve@elsewhere/x"), to: number).refusal == .undelivered(.forbidden))
        #expect(write("hello", from: alice, to: number).refusal == nil)
    }

    @Test mutating func thePhoneIsAnsweredWhenNothingWasSaidAgainstItsText() throws {
        let effects = write("hello", from: phone, to: .sip("alice@localhost"))
        let delivery = try #require(effects.delivery)
        #expect(delivery.target == alice.bare)
        #expect(delivery.sender == number)
        #expect(effects.outcome == nil)
        let later = world.run(for: .seconds(1))
        #expect(later == [.submitted(SubmissionID(7), .accepted(id: delivery.id))])
        #expect(world.run(for: .seconds(100)).isEmpty)
    }

    @Test mutating func anErrorThatComesAtOnceIsTheAnswer() throws {
        let delivery = try #require(write("hello", from: phone, to: .sip("alice@localhost")).delivery)
        // From somebody else it means nothing.
        #expect(world.tell(.instantOutcome(delivery.id, .failed(.itemNotFound), by: .xmpp("eve@localhost/x"))).isEmpty)
        #expect(
            world.tell(.instantOutcome(delivery.id, .failed(.itemNotFound), by: alice.bare))
                == [.submitted(SubmissionID(7), .refused(.undelivered(.itemNotFound)))])
        #expect(world.run(for: .seconds(1)).isEmpty)
    }

    @Test mutating func anErrorThatComesLaterIsReportedWhereThatIsWanted() throws {
        let delivery = try #require(
            write("hello", from: phone, to: .sip("alice@localhost"), wanted: .failed).delivery)
        world.run(for: .seconds(1))
        let told = try #require(
            world.tell(.instantOutcome(delivery.id, .failed(.serviceUnavailable), by: alice.bare)).delivery)
        #expect(told.content == .report(.failed, of: "c1"))
        #expect(told.target == phone)
        #expect(world.tell(.instantOutcome(delivery.id, .failed(.serviceUnavailable), by: alice.bare)).isEmpty)
        let silent = try #require(write("hello", from: phone, to: .sip("alice@localhost")).delivery)
        world.run(for: .seconds(1))
        #expect(world.tell(.instantOutcome(silent.id, .failed(.serviceUnavailable), by: alice.bare)).isEmpty)
    }

    @Test mutating func whatThePhoneRefusesComesBackToWhoWroteIt() throws {
        let delivery = try #require(write("hello", from: alice, to: number, wanted: .delivered).delivery)
        let undelivered = UndeliveredText(sender: alice, recipient: number, clientID: "c1", failure: .forbidden)
        #expect(
            world.tell(.instantOutcome(delivery.id, .failed(.forbidden), by: nil)) == [.undelivered(undelivered)])
        #expect(world.tell(.instantOutcome(delivery.id, .failed(.forbidden), by: nil)).isEmpty)
    }

    @Test mutating func onlyADeliveryIsAReceipt() throws {
        let delivery = try #require(write("hello", from: alice, to: number, wanted: [.delivered]).delivery)
        #expect(world.tell(.instantOutcome(delivery.id, .passed, by: nil)).isEmpty)
        let receipt = try #require(world.tell(.instantOutcome(delivery.id, .delivered, by: nil)).delivery)
        #expect(receipt.content == .report(.delivered, of: "c1"))
        #expect(receipt.target == alice)
        #expect(receipt.sender == number)
        #expect(world.tell(.instantOutcome(delivery.id, .delivered, by: nil)).isEmpty)
        let unwanted = try #require(write("hello", from: alice, to: number).delivery)
        #expect(world.tell(.instantOutcome(unwanted.id, .delivered, by: nil)).isEmpty)
    }

    @Test mutating func reportsOfTheReaderReachTheWriterOnce() throws {
        let delivery = try #require(
            write("hi", from: phone, to: .sip("alice@localhost"), wanted: [.displayed]).delivery)
        let id = delivery.id
        #expect(say(.report(.displayed, of: id), from: .xmpp("eve@localhost/x"), to: number).isEmpty)
        #expect(say(.report(.displayed, of: id), from: alice, to: .xmpp("101@sip.localhost")).isEmpty)
        #expect(say(.report(.delivered, of: id), from: alice, to: number).isEmpty)
        let told = say(.report(.displayed, of: id), from: alice, to: number).delivery
        #expect(told?.content == .report(.displayed, of: "c1"))
        #expect(told?.sender == .sip("alice@localhost"))
        #expect(say(.report(.displayed, of: id), from: alice, to: number).isEmpty)
        #expect(say(.report(.displayed, of: "nonsense"), from: alice, to: number).isEmpty)
    }

    @Test mutating func aReportIsNotSentWhereNoRouteLeads() throws {
        let stranger = PeerAddress.sip("eve@192.0.2.66")
        let delivery = try #require(
            write("hi", from: stranger, to: .sip("alice@localhost"), wanted: [.delivered]).delivery)
        #expect(say(.report(.delivered, of: delivery.id), from: alice, to: delivery.sender).isEmpty)
    }

    // MARK: In a call

    @Test mutating func textBetweenTwoWhoTalkGoesIntoTheirCall() throws {
        let (caller, callee) = try connected()
        let out = try #require(write("hello", from: alice, to: number).delivery)
        #expect(out.leg == callee)
        #expect(out.target == phone)
        let back = try #require(write("hi", from: phone, to: .sip("alice@localhost"), leg: callee).delivery)
        #expect(back.leg == caller)
        #expect(back.target == alice.bare || back.target == alice)
        #expect(back.sender == number)
        #expect(world.conference.isInCall(callee, with: .sip("alice@localhost")))
        #expect(!world.conference.isInCall(callee, with: .sip("bob@localhost")))
        #expect(write("hello", from: .xmpp("bob@localhost/x"), to: number).delivery?.leg == nil)
        world.tell(.legEnded(caller, .hangup))
        #expect(write("hello", from: alice, to: number).delivery?.leg == nil)
        #expect(
            write("hi", from: phone, to: .sip("alice@localhost"), leg: callee).refusal
                == .undelivered(.recipientUnavailable))
    }

    @Test mutating func whoCalledFromNowhereCanBeAnsweredInTheCall() throws {
        let caller = world.newLeg()
        _ = world.offer(caller, from: .sip("eve@192.0.2.66"), to: .sip("alice@localhost"))
        let bridge = try #require(world.conference.bridge(of: caller))
        world.tell(.legAnswered(bridge.callee))
        world.tell(.legAnswered(caller))
        let answer = try #require(
            write("who is there?", from: alice, to: .xmpp("eve\\40192.0.2.66@sip.localhost")).delivery)
        #expect(answer.leg == caller)
        world.tell(.legEnded(caller, .hangup))
        #expect(
            write("gone?", from: alice, to: .xmpp("eve\\40192.0.2.66@sip.localhost")).refusal
                == .undelivered(.forbidden))
    }

    // MARK: Writing

    @Test mutating func whoWritesIsToldOfUntilItStops() {
        let active = InstantMessage.Content.composing(isActive: true, lasts: .seconds(60))
        let told = say(active, from: alice, to: number)
        #expect(told.delivery?.content.isComposing == true)
        #expect(say(active, from: alice, to: number).isEmpty)
        let silence = world.run(for: .seconds(62))
        #expect(silence.compactMap(\.passed).map(\.content.isComposing).last == false)
        #expect(world.run(for: .seconds(1000)).isEmpty)
        #expect(say(active, from: alice, to: .xmpp("999@sip.localhost")).isEmpty)
    }

    @Test mutating func theTextEndsTheWriting() {
        _ = say(.composing(isActive: true, lasts: .seconds(60)), from: alice, to: number)
        _ = write("done", from: alice, to: number)
        #expect(world.run(for: .seconds(200)).compactMap(\.passed).isEmpty)
    }

    // MARK: Floods

    @Test mutating func whoFloodsIsToldToWait() {
        var refused = 0
        for _ in 0..<200 where write("x", from: phone, to: .sip("alice@localhost")).refusal == .tooMany { refused += 1 }
        #expect(refused > 100)
        #expect(write("x", from: alice, to: number).refusal == nil)
    }

    @Test mutating func onlyTheLastTextsAreRemembered() throws {
        var configuration = World.demo
        configuration.textsPerSecond = 100_000
        world = World(configuration)
        let first = try #require(write("first", from: alice, to: number, wanted: [.delivered]).delivery)
        for _ in 0..<8192 { _ = write("x", from: phone, to: .sip("alice@localhost")) }
        #expect(world.tell(.instantOutcome(first.id, .delivered, by: nil)).isEmpty)
        #expect(world.run(for: .seconds(1)).count == 8192)
    }

    @Test mutating func afterATransferTextGoesToWhoIsThereNow() throws {
        let caller = world.newLeg()
        _ = world.offer(caller, from: phone, to: .sip("alice@localhost"))
        let callee = try #require(world.conference.bridge(of: caller)?.callee)
        world.tell(.legAnswered(callee))
        world.tell(.legAnswered(caller))
        let next = try world.tell(
            .transfer(Transfer(id: RequestID(1), leg: caller, target: .sip("+4930@sip.localhost")))
        ).calledLeg()
        world.tell(.legAnswered(next))
        // Alice goes on knowing the other by the address that called.
        let delivery = try #require(write("hello", from: alice, to: number).delivery)
        #expect(delivery.leg == next && delivery.target == .sip("+4930@trunk.example.net"))
        #expect(delivery.sender == .sip("alice@localhost"))
        let back = try #require(write("hi", from: delivery.target, to: .sip("alice@localhost"), leg: next).delivery)
        #expect(back.sender == number && back.leg == callee)
    }

    @Test mutating func beyondTheCallATextGoesAsCallsDo() throws {
        var configuration = TrunkTests.configuration
        configuration.inCall.chatKeys = false
        world = World(configuration)
        let there = PeerAddress.xmpp("+493012@sip.localhost")
        let caller = world.newLeg()
        let callee = try world.offer(caller, from: alice, to: there).calledLeg()
        world.tell(.legAnswered(callee))
        world.tell(.legAnswered(caller))
        let delivery = try #require(write("hello", from: alice, to: there).delivery)
        #expect(delivery.leg == callee)
        #expect(delivery.way?.target == .sip("00493012@a.example"))
        #expect(delivery.way?.trunk == TrunkCall(name: "a", callerID: "+49301"))
    }

    @Test mutating func aCallersAddressIsNoWayWhereTheRoutesDoNotLead() throws {
        let caller = world.newLeg()
        _ = world.offer(caller, from: .sip("200@198.51.100.7"), to: .sip("alice@localhost"))
        let callee = try #require(world.conference.bridge(of: caller)?.callee)
        world.tell(.legAnswered(callee))
        world.tell(.legAnswered(caller))
        let shown = PeerAddress.xmpp("200\\40198.51.100.7@sip.localhost")
        let delivery = try #require(write("hello", from: alice, to: shown).delivery)
        #expect(delivery.leg == caller && delivery.way == nil)
    }

    @Test mutating func aReportToAPhoneGoesByItsTrunk() throws {
        world = World(TrunkTests.configuration)
        let phone = PeerAddress.sip("+493012@a.example")
        let delivery = try #require(
            write("hello", from: phone, to: .sip("alice@localhost"), wanted: .delivered).delivery)
        let report = try #require(
            say(.report(.delivered, of: delivery.id), from: alice, to: delivery.sender).delivery)
        #expect(report.way?.target == .sip("00493012@a.example"))
        #expect(report.way?.trunk?.name == "a")
    }

    @Test mutating func aNumberIsNoName() throws {
        var message = InstantMessage(id: SubmissionID(7), from: alice, to: number, .text(InstantText("hello")))
        message.displayName = "+49 30 110"
        #expect(world.tell(.instant(message)).delivery?.displayName == nil)
    }
}

extension Effect {
    var passed: InstantDelivery? { if case .pass(let delivery) = self { delivery } else { nil } }
}

extension [Effect] {
    var delivery: InstantDelivery? { compactMap(\.passed).first }
}

extension InstantMessage.Content {
    var isComposing: Bool? { if case .composing(let isActive, _) = self { isActive } else { nil } }
}

extension InstantDelivery {
    var words: String? { if case .text(let text) = content { text.body } else { nil } }
}
