import Conference
import MediaDescription
import Testing

@Suite struct GrowingTests {
    var world = World()

    /// A third is called in, and answers.
    private mutating func three() throws -> (alice: LegID, phone: LegID, third: LegID, room: Room) {
        let (alice, phone) = try world.bridged()
        let third = try world.type("/add +4930").calledLeg()
        world.tell(.legAnswered(third))
        return (alice, phone, third, try #require(world.conference.room(of: alice).flatMap(world.room)))
    }

    @Test mutating func aCallBecomesARoomInTheSameMix() throws {
        let (alice, phone) = try world.bridged()
        let mix = try #require(world.conference.bridge(of: alice)?.mixID)
        let effects = world.type("/add +4930")
        let name = try #require(world.conference.room(of: alice))
        #expect(effects.reply?.contains("+4930") == true)
        #expect(effects.contains(.setFocus(alice, name)) && effects.contains(.setFocus(phone, name)))
        #expect(!effects.contains { if case .connect = $0 { true } else { false } })
        #expect(!effects.contains { if case .disconnect = $0 { true } else { false } })
        #expect(effects.outgoing?.target == .sip("+4930@trunk.example.net"))
        #expect(effects.outgoing?.isFocus == true)
        let room = try #require(world.room(name))
        #expect(room.mix == mix)
        #expect(room.participants.map(\.name).prefix(2) == ["Alice", "100"])
        #expect(room.participants.first?.role == .moderator)
        #expect(world.tell(.legAnswered(try effects.calledLeg())).contains(.connect(try effects.calledLeg(), mix)))
        #expect(world.conference.bridges.isEmpty)
        #expect(world.conference.grownRoom(of: .xmpp("alice@localhost/x"), with: .xmpp("100@sip.localhost")) == name)
    }

    @Test mutating func whenTwoAreLeftTheyAreACallAgain() throws {
        let (alice, phone, third, room) = try three()
        let effects = world.tell(.legEnded(third, .hangup))
        #expect(effects.contains(.roomEnded(room.name)) && effects.contains(.setFocus(alice, nil)))
        #expect(!effects.contains(.disconnect(alice)) && !effects.contains(.disconnect(phone)))
        let bridge = try #require(world.conference.bridge(of: alice))
        #expect(bridge.mixID == room.mix && bridge.callee == phone)
        #expect(world.room(room.name) == nil)
        #expect(world.tell(.legEnded(phone, .hangup)).ends(alice))
        #expect(world.conference.liveLegs.isEmpty)
    }

    @Test(arguments: [true, false])
    mutating func whoCalledTheThirdMayLeaveIt(aliceLeaves: Bool) throws {
        let (alice, phone, third, room) = try three()
        let (leaves, stays) = aliceLeaves ? (alice, phone) : (phone, alice)
        world.tell(.legEnded(leaves, .hangup))
        let bridge = try #require(world.conference.bridge(of: third))
        #expect(Set([bridge.caller, bridge.callee]) == [stays, third] && bridge.mixID == room.mix)
        let key = try #require(DTMFKey("1"))
        #expect(world.tell(.legKey(stays, key)) == [.sendKey(third, key)])
        #expect(world.tell(.legEnded(third, .hangup)).ends(stays))
    }

    @Test mutating func aThirdWhoDoesNotComeCostsNothing() throws {
        let (alice, phone) = try world.bridged()
        let third = try world.type("/add +4930").calledLeg()
        let told = world.tell(.legEnded(third, .busy))
        #expect(told.message?.body.contains("busy") == true)
        world.run(for: .seconds(6))
        #expect(world.conference.bridge(of: alice)?.callee == phone)
    }

    @Test mutating func whoIsLeftAloneIsLetGo() throws {
        let (alice, phone) = try world.bridged()
        let third = try world.type("/add +4930").calledLeg()
        world.tell(.legEnded(phone, .hangup))
        #expect(world.conference.liveLegs == [alice, third].sorted())
        world.tell(.legEnded(third, .busy))
        #expect(world.run(for: .seconds(6)).ends(alice))
        #expect(world.conference.liveLegs.isEmpty)
    }

    @Test mutating func whatMayNotBeCalledIsNotAndTheCallGoesOn() throws {
        let (alice, _) = try world.bridged()
        for target in ["999", "sip:bob@elsewhere.example", "100", ""] {
            let effects = world.type("/add \(target)")
            #expect(effects.reply != nil && effects.count == 1)
        }
        #expect(world.conference.room(of: alice) == nil)
    }

    @Test mutating func aThirdIsReferredToAndToldOf() throws {
        let (alice, phone) = try world.bridged()
        let request = RequestID(9)
        func wish(_ target: PeerAddress) -> Command { .callIn(CallAddition(id: request, leg: phone, target: target)) }
        #expect(world.tell(wish(.sip("999@sip.localhost"))) == [.progress(request, .refused(.forbidden))])
        #expect(world.tell(wish(.sip("alice@localhost"))) == [.progress(request, .done)])
        #expect(world.conference.room(of: alice) == nil)
        let effects = world.tell(wish(.sip("bob@localhost")))
        #expect(effects.told == [.trying] && effects.outgoing?.target == .xmpp("bob@localhost"))
        let name = try #require(world.conference.room(of: alice))
        #expect(world.room(name)?.participants.first { $0.role == .moderator }?.address.user == "100")
        #expect(world.tell(.legAnswered(try effects.calledLeg())).told == [.done])
        // The next one is as in any room.
        let fourth = world.tell(wish(.sip("+4930@sip.localhost")))
        #expect(fourth.told == [.trying] && world.conference.room(of: alice) == name)
        #expect(world.tell(.legEnded(try fourth.calledLeg(), .busy)).told == [.failed(.busy)])
        #expect(world.room(name)?.participants.count == 4)
    }

    @Test mutating func nobodyIsCalledInByWhoIsInNoCallOrWhileItIsTransferred() throws {
        let (alice, phone) = try world.bridged()
        let wish = CallAddition(id: RequestID(9), leg: phone, target: .sip("bob@localhost"))
        world.tell(.transfer(Transfer(id: nil, leg: phone, target: .sip("+4930@sip.localhost"))))
        #expect(world.tell(.callIn(wish)).told == [.refused(.busy)])
        world.tell(.legEnded(phone, .hangup))
        world.tell(.legEnded(alice, .hangup))
        #expect(world.tell(.callIn(wish)).told == [.refused(.notFound)])
        #expect(world.conference.liveLegs.isEmpty)
    }

    @Test mutating func thePhoneMayAddToo() throws {
        let (_, phone) = try world.bridged()
        let effects = world.type("/add bob@localhost", in: phone, by: .sip("100@127.0.0.1:5080"))
        #expect(effects.outgoing?.target == .xmpp("bob@localhost"))
        let name = try #require(world.conference.room(of: phone))
        #expect(world.room(name)?.participants.first { $0.role == .moderator }?.name == "100")
    }

    @Test mutating func whoIsHeldIsHeldNoLonger() throws {
        let (alice, phone) = try world.bridged()
        world.tell(.legDirection(alice, .sendonly))
        #expect(world.type("/add +4930").contains(.setDirection(phone, .sendrecv)))
    }

    @Test mutating func mutesOfTheRoomEndWithIt() throws {
        let (alice, _, third, room) = try three()
        world.tell(.moderate(SubmissionID(1), room.name, by: .leg(alice), .mute(.all)))
        #expect(
            world.tell(.legEnded(third, .hangup)).contains {
                if case .setVoice(_, false, false) = $0 { true } else { false }
            })
    }

    @Test mutating func inTheMUCTheRoomGoesOn() throws {
        let (alice, _, third, room) = try three()
        world.enter(.xmpp("carol@localhost/web"), nick: "Carol", room: room.name)
        world.tell(.legEnded(third, .hangup))
        #expect(world.conference.room(of: alice) == room.name)
        world.tell(.mucLeave(room.name, occupant: .xmpp("carol@localhost/web"), status: nil))
        #expect(world.conference.bridge(of: alice) != nil)
    }

    @Test mutating func inTheRoomTheCommandCallsAFourth() throws {
        let (_, _, _, room) = try three()
        let effects = world.say("/add 100", by: .xmpp("alice@localhost/phone"), via: .talk, room: room.name)
        #expect(effects.reply?.contains("in the call already") == true)
    }
}
