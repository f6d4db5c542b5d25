import Conference
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
