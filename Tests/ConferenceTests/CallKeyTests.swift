import Conference
import MediaDescription
import Testing

@Suite struct CallKeyTests {
    var world = World()

    @Test mutating func aKeyIsPressedForTheOtherEnd() throws {
        let (alice, phone) = try world.bridged()
        let key = try #require(DTMFKey("5"))
        #expect(world.tell(.legKey(alice, key)) == [.sendKey(phone, key)])
        #expect(world.tell(.legKey(phone, key)) == [.sendKey(alice, key)])
    }

    @Test mutating func keysBeforeTheAnswerGoNowhere() throws {
        let leg = world.newLeg()
        let phone = try world.offer(leg, from: .xmpp("alice@localhost/phone"), to: .xmpp("100@sip.localhost"))
            .calledLeg()
        let key = try #require(DTMFKey("5"))
        #expect(world.tell(.legKey(phone, key)).isEmpty)
    }

    @Test func keysAndEventsAreEachOthersInverse() throws {
        for event in UInt8(0)..<16 { #expect(DTMFKey(event: event)?.event == event) }
    }

    @Test mutating func digitsInChatAreKeysInTheCall() throws {
        let (_, phone) = try world.bridged()
        let alice = PeerAddress.xmpp("alice@localhost/phone")
        let number = PeerAddress.xmpp("100@sip.localhost")
        #expect(world.conference.takesCallText("12 #a", in: nil, from: alice, to: number))
        let effects = world.type("12 #a")
        #expect(effects.keys(for: phone) == "12#A")
        guard case .accepted = effects.outcome else { Issue.record("not accepted"); return }
        // From another device of hers too, and not to another number, nor by somebody else, nor among words.
        #expect(world.conference.takesCallText("1", in: nil, from: .xmpp("alice@localhost/desk"), to: number))
        #expect(!world.conference.takesCallText("1", in: nil, from: alice, to: .xmpp("+4930@sip.localhost")))
        #expect(!world.conference.takesCallText("1", in: nil, from: .xmpp("bob@localhost/x"), to: number))
        #expect(!world.conference.takesCallText("1 please", in: nil, from: alice, to: number))
        #expect(!world.conference.takesCallText(String(repeating: "1", count: 33), in: nil, from: alice, to: number))
    }

    @Test mutating func digitsInChatAreTextWhereThatIsSet() throws {
        var configuration = World.demo
        configuration.inCall.chatKeys = false
        world = World(configuration)
        let (_, phone) = try world.bridged()
        let alice = PeerAddress.xmpp("alice@localhost/phone")
        #expect(!world.conference.takesCallText("12", in: nil, from: alice, to: .xmpp("100@sip.localhost")))
        #expect(world.type("/keys 12").keys(for: phone) == "12")
    }

    @Test mutating func theCalleeWritesToWhoItSeesCalling() throws {
        let (phone, _) = try world.bridged(from: .sip("100@127.0.0.1:5080"), to: .sip("alice@localhost"), name: nil)
        #expect(world.type("42", by: .xmpp("alice@localhost/desk")).keys(for: phone) == "42")
    }

    @Test mutating func aNumberIsPressedAsAWholeOrNotAtAll() throws {
        let (_, phone) = try world.bridged()
        #expect(world.type("12345678901234567890").keys(for: phone).count == 20)
        let second = world.type("12345678901234567890")
        #expect(second.keys(for: phone).isEmpty && second.refusal == .tooMany)
        #expect(world.type("123").keys(for: phone) == "123")
        world.pass(.seconds(8))
        #expect(world.type("12345678901234567890").keys(for: phone).count == 20)
    }

    @Test mutating func aCorrectionPressesNothing() throws {
        let (_, phone) = try world.bridged()
        var text = CallText(
            id: SubmissionID(7), sender: .xmpp("alice@localhost/phone"), peer: .xmpp("100@sip.localhost"), body: "1235")
        text.isCorrection = true
        let effects = world.tell(.callText(text))
        #expect(effects.keys(for: phone).isEmpty && effects.reply?.contains("anew") == true)
    }

    @Test mutating func ofTwoCallsThatLookAlikeTheOneIsMeantThatIsNotHeld() throws {
        let hidden = PeerAddress.sip("anonymous@anonymous.invalid")
        let shown = PeerAddress.xmpp("anonymous@sip.localhost")
        let device = PeerAddress.xmpp("alice@localhost/phone")
        let first = try world.bridged(from: hidden, to: .sip("alice@localhost"), name: nil)
        let second = try world.bridged(from: hidden, to: .sip("alice@localhost"), name: nil)
        #expect(world.type("1", by: device, to: shown).keys(for: second.caller) == "1")
        world.tell(.legDirection(second.callee, .sendonly))
        #expect(world.type("2", by: device, to: shown).keys(for: first.caller) == "2")
        // The device itself says by which it talks.
        #expect(world.type("3", in: second.callee, by: device, to: shown).keys(for: second.caller) == "3")
        var text = InstantMessage(id: SubmissionID(9), from: device, to: shown, .text(InstantText("for you alone")))
        text.leg = first.callee
        guard case .pass(let delivery) = world.tell(.instant(text)).first else {
            Issue.record("nothing is passed on")
            return
        }
        #expect(delivery.leg == first.caller)
        // Nor does a device that talks to somebody else mean that one.
        #expect(world.type("4", in: second.callee, by: device).keys(for: second.caller).isEmpty)
    }

    @Test mutating func commandsAreAnsweredWithHelpAndWithoutACallWithAWord() throws {
        #expect(world.type("/help").reply?.contains("no call") == true)
        #expect(world.type("/add 100").reply?.contains("no call") == true)
        _ = try world.bridged()
        #expect(world.type("/help").reply?.contains("/add") == true)
        #expect(world.type("/keys hello").reply?.contains("/keys") == true)
        #expect(world.type("/add").reply?.contains("/add") == true)
        #expect(
            !world.conference.takesCallText(
                "/me waves", in: nil, from: .xmpp("alice@localhost"), to: .xmpp("100@sip.localhost")))
    }

    @Test mutating func aFloodOfKeysIsBounded() throws {
        _ = try world.bridged()
        var refused = 0
        for _ in 0..<200 where world.type("1").refusal == .tooMany { refused += 1 }
        #expect(refused > 0)
    }
}
