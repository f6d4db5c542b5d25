import Conference
import MediaDescription
import Testing

@Suite struct TransferTests {
    var world = World()
    let request = RequestID(5)

    private mutating func transfer(
        _ leg: LegID, to target: PeerAddress, consultation: LegID? = nil, id: RequestID? = RequestID(5)
    ) -> [Effect] {
        world.tell(.transfer(Transfer(id: id, leg: leg, target: target, consultation: consultation)))
    }

    @Test mutating func aPhoneTransfersAndTheOtherEndStaysInItsMix() throws {
        let (alice, phone) = try world.bridged()
        let mix = try #require(world.conference.bridge(of: alice)?.mixID)
        let effects = transfer(phone, to: .sip("+4930@sip.localhost"))
        #expect(effects.told == [.trying])
        #expect(effects.outgoing?.target == .sip("+4930@trunk.example.net"))
        #expect(effects.outgoing?.caller == .sip("alice@localhost"))
        let next = try effects.calledLeg()
        #expect(world.tell(.legRinging(next)).told == [.ringing])
        let done = world.tell(.legAnswered(next))
        #expect(done.dropLast() == [.connect(next, mix), .disconnect(phone), .progress(request, .done)])
        guard case .pass(let word) = done.last, case .text(let text) = word.content else {
            Issue.record("alice is told nothing")
            return
        }
        #expect(word.target == .xmpp("alice@localhost") && word.sender == .xmpp("100@sip.localhost"))
        #expect(text.body == "You are talking to +4930@sip.localhost now.")
        #expect(world.conference.bridge(of: alice)?.callee == next)
        // Who transferred hangs up by itself; else it is ended a little later.
        #expect(world.run(for: .seconds(6)).ends(phone))
        #expect(world.tell(.legEnded(next, .hangup)).ends(alice))
        #expect(world.conference.liveLegs.isEmpty)
    }

    @Test(arguments: [true, false])
    mutating func whoIsCalledIsPairedWithTheEndThatStays(callerTransfers: Bool) throws {
        let (caller, callee) =
            callerTransfers
            ? try world.bridged(from: .sip("100@127.0.0.1:5080"), to: .sip("alice@localhost"), name: nil)
            : try world.bridged()
        let effects = transfer(callerTransfers ? caller : callee, to: .sip("+4930@sip.localhost"))
        let stays = callerTransfers ? callee : caller
        let next = try effects.calledLeg()
        let pair = try #require(effects.firstIndex(of: .pair(next, stays)))
        let dial = try #require(effects.firstIndex { if case .dial = $0 { true } else { false } })
        #expect(pair < dial)
    }

    @Test mutating func whoTransferredAndHungUpIsNotRevivedByTheNextTrunk() throws {
        world = World(TrunkTests.configuration)
        let (alice, phone) = try world.bridged(to: .xmpp("100@sip.localhost"))
        let first = try transfer(phone, to: .sip("+493012@sip.localhost")).calledLeg()
        world.tell(.legEnded(phone, .hangup))
        let second = try world.tell(.legUnplaced(first, .noAnswer, .unreachable)).calledLeg()
        #expect(Set(world.conference.liveLegs) == [alice, second])
        world.tell(.legAnswered(second))
        #expect(world.conference.bridge(of: alice)?.callee == second)
        world.tell(.legEnded(second, .hangup))
        #expect(world.conference.liveLegs.isEmpty)
    }

    @Test mutating func aPhoneLearnsToWhomItTalksAndAClientByText() throws {
        let (phone, alice) = try world.bridged(from: .sip("100@127.0.0.1:5080"), to: .sip("alice@localhost"), name: nil)
        let bob = try transfer(alice, to: .xmpp("bob@localhost"), id: nil).calledLeg()
        let effects = world.tell(.legAnswered(bob))
        #expect(
            effects.contains(.identify(phone, ConnectedParty(address: .sip("bob@localhost"), displayName: nil))))
        #expect(!effects.contains { if case .identify(bob, _) = $0 { true } else { false } })
    }

    @Test(arguments: [("+4930", "trunk.example.net", "+49302"), ("100", "127.0.0.1:5080", nil)])
    mutating func whatATrunksCallsShowIsAllThatItLearns(user: String, host: String, number: String?) throws {
        var configuration = World.demo
        var trunk = Trunk(host: "trunk.example.net")
        trunk.callerIDs = CallerIDs(usual: "+49300", table: ["bob@localhost": "+49302"])
        configuration.trunks = ["t": trunk]
        world = World(configuration)
        let caller = PeerAddress(.sip, user: user, host: host)
        let (phone, alice) = try world.bridged(from: caller, to: .sip("alice@localhost"), name: nil)
        let bob = try transfer(alice, to: .xmpp("bob@localhost"), id: nil).calledLeg()
        let party = ConnectedParty(
            address: .sip("bob@localhost"), displayName: nil,
            trunk: number.map { TrunkCall(name: "t", callerID: $0) })
        #expect(world.tell(.legAnswered(bob)).contains(.identify(phone, party)))
    }

    @Test mutating func whoDialledANumberIsShownNoAddress() throws {
        var configuration = World.demo
        configuration.numberRules = [NumberRule(pattern: "4930*", target: .person(.xmpp("alice@localhost")))]
        world = World(configuration)
        let caller = PeerAddress.sip("017012345@provider.example")
        let (_, alice) = try world.bridged(from: caller, to: .sip("4930123@192.0.2.1"), name: nil)
        let bob = try transfer(alice, to: .xmpp("bob@localhost"), id: nil).calledLeg()
        let effects = world.tell(.legAnswered(bob))
        #expect(!effects.contains { if case .identify = $0 { true } else { false } })
    }

    @Test mutating func whoTransferredAndHangsUpIsForgotten() throws {
        let (alice, phone) = try world.bridged()
        let next = try transfer(phone, to: .sip("+4930@sip.localhost")).calledLeg()
        world.tell(.legAnswered(next))
        world.tell(.legEnded(phone, .hangup))
        #expect(world.run(for: .seconds(10)).isEmpty)
        #expect(world.conference.liveLegs == [alice, next].sorted())
    }

    @Test(arguments: [EndReason.busy, .noAnswer, .notFound])
    mutating func aTransferThatFailsLeavesTheCallAsItWas(reason: EndReason) throws {
        let (alice, phone) = try world.bridged()
        let next = try transfer(phone, to: .sip("+4930@sip.localhost")).calledLeg()
        #expect(world.tell(.legEnded(next, reason)) == [.pair(alice, phone), .progress(request, .failed(reason))])
        #expect(world.conference.bridge(of: alice)?.callee == phone)
        let key = try #require(DTMFKey("1"))
        #expect(world.tell(.legKey(phone, key)) == [.sendKey(alice, key)])
        // … and another may be tried.
        #expect(transfer(phone, to: .sip("+4930@sip.localhost")).told == [.trying])
    }

    @Test mutating func whereThePolicyForbidsItNobodyIsCalled() throws {
        let (alice, phone) = try world.bridged()
        #expect(transfer(phone, to: .sip("999@sip.localhost")) == [.progress(request, .refused(.forbidden))])
        #expect(transfer(phone, to: .sip("alice@localhost")) == [.progress(request, .refused(.busy))])
        #expect(transfer(LegID(9999), to: .sip("100@sip.localhost")) == [.progress(request, .refused(.notFound))])
        #expect(world.conference.bridge(of: alice)?.callee == phone)
    }

    @Test mutating func aPhoneThatDoesNotWaitIsNotNeeded() throws {
        let (alice, phone) = try world.bridged()
        let next = try transfer(phone, to: .sip("+4930@sip.localhost")).calledLeg()
        #expect(!world.tell(.legEnded(phone, .hangup)).ends(alice))
        #expect(world.tell(.legAnswered(next)).contains(.progress(request, .done)))
        #expect(world.tell(.legEnded(alice, .hangup)).ends(next))
    }

    @Test mutating func withNobodyLeftTheCallIsOver() throws {
        let (alice, phone) = try world.bridged()
        let next = try transfer(phone, to: .sip("+4930@sip.localhost")).calledLeg()
        world.tell(.legEnded(phone, .hangup))
        #expect(world.tell(.legEnded(next, .busy)).contains(.end(alice, .busy)))
        #expect(world.conference.liveLegs.isEmpty)
    }

    @Test mutating func whoIsTransferredMayHangUp() throws {
        let (alice, phone) = try world.bridged()
        let next = try transfer(phone, to: .sip("+4930@sip.localhost")).calledLeg()
        let effects = world.tell(.legEnded(alice, .hangup))
        #expect(effects.ends(next) && effects.ends(phone))
        #expect(effects.told == [.failed(.hangup)])
        #expect(world.conference.liveLegs.isEmpty)
    }

    @Test mutating func aTransferResumesWhoWasHeldForIt() throws {
        let (alice, phone) = try world.bridged()
        #expect(world.tell(.legDirection(phone, .sendonly)) == [.setDirection(alice, .sendonly)])
        let next = try transfer(phone, to: .sip("+4930@sip.localhost")).calledLeg()
        #expect(world.tell(.legAnswered(next)).contains(.setDirection(alice, .sendrecv)))
    }

    @Test mutating func theCallerMayTransferToo() throws {
        let (phone, alice) = try world.bridged(from: .sip("100@127.0.0.1:5080"), to: .sip("alice@localhost"), name: nil)
        let next = try transfer(phone, to: .sip("+4930@sip.localhost")).calledLeg()
        world.tell(.legAnswered(next))
        let bridge = try #require(world.conference.bridge(of: alice))
        #expect(bridge.caller == next && bridge.callee == alice)
        // Alice goes on knowing the one that called her.
        #expect(world.type("42", by: .xmpp("alice@localhost/desk")).keys(for: next) == "42")
        world.tell(.legEnded(phone, .hangup))
        #expect(world.tell(.legEnded(alice, .hangup)).ends(next))
    }

    @Test mutating func anAttendedTransferJoinsTheOtherEnds() throws {
        let (alice, first) = try world.bridged()
        let (second, bob) = try world.bridged(from: .sip("100@127.0.0.1:5080"), to: .sip("bob@localhost"), name: nil)
        let mix = try #require(world.conference.bridge(of: alice)?.mixID)
        let effects = transfer(first, to: .sip("bob@localhost"), consultation: second)
        #expect(effects.contains(.connect(bob, mix)) && effects.contains(.end(second, .hangup)))
        #expect(effects.contains(.pair(alice, bob)))
        #expect(effects.told == [.done])
        #expect(world.conference.bridges.count == 1)
        let key = try #require(DTMFKey("1"))
        #expect(world.tell(.legKey(alice, key)) == [.sendKey(bob, key)])
        world.run(for: .seconds(6))
        #expect(world.conference.liveLegs == [alice, bob].sorted())
        #expect(world.tell(.legEnded(bob, .hangup)).ends(alice))
    }

    @Test mutating func anAttendedTransferToACallThatIsNotUpIsRefused() throws {
        let (alice, first) = try world.bridged()
        let second = world.newLeg()
        _ = world.offer(second, from: .sip("100@127.0.0.1:5080"), to: .sip("bob@localhost"))
        #expect(transfer(first, to: .sip("bob@localhost"), consultation: second).told == [.refused(.notFound)])
        #expect(transfer(first, to: .sip("bob@localhost"), consultation: alice).told == [.refused(.notFound)])
        #expect(transfer(first, to: .sip("bob@localhost"), consultation: first).told == [.refused(.notFound)])
    }

    private mutating func replace(
        _ old: LegID, from caller: PeerAddress, referredBy: PeerAddress? = nil
    ) -> (LegID, [Effect]) {
        let leg = world.newLeg()
        var call = IncomingCall(caller: caller, displayName: nil, callee: .sip("alice@localhost"), takesText: false)
        call.replaces = old
        call.referredBy = referredBy
        return (leg, world.tell(.legOffered(leg, call)))
    }

    @Test mutating func aCallTakesAnothersPlace() throws {
        let (alice, phone) = try world.bridged()
        let mix = try #require(world.conference.bridge(of: alice)?.mixID)
        let (next, effects) = replace(phone, from: .sip("200@127.0.0.1"), referredBy: .sip("100@127.0.0.1:5080"))
        #expect(effects == [.pair(next, alice), .accept(next)])
        let taken = world.tell(.legAnswered(next))
        #expect(taken.prefix(3) == [.connect(next, mix), .disconnect(phone), .end(phone, .hangup)])
        // Who came learns whom it has.
        #expect(taken.last == .identify(next, ConnectedParty(address: .sip("alice@localhost"), displayName: "Alice")))
        #expect(taken.count == 5)
        #expect(world.conference.liveLegs == [alice, next].sorted())
    }

    @Test mutating func aStrangerTakesNobodysPlace() throws {
        let (alice, phone) = try world.bridged()
        let (next, effects) = replace(phone, from: .sip("200@127.0.0.1"))
        #expect(effects == [.end(next, .forbidden)])
        #expect(replace(LegID(4711), from: .sip("100@127.0.0.1")).1.count == 1)
        #expect(world.conference.bridge(of: alice)?.callee == phone)
    }

    @Test mutating func aReplacementThatIsNotAcknowledgedChangesNothing() throws {
        let (alice, phone) = try world.bridged()
        let (next, _) = replace(phone, from: .sip("100@127.0.0.1:5080"))
        world.tell(.legEnded(next, .connectivity))
        #expect(world.conference.bridge(of: alice)?.callee == phone)
        #expect(world.conference.liveLegs == [alice, phone].sorted())
    }

    @Test mutating func aClientTransfersAndIsLetGoAtOnce() throws {
        let (alice, phone) = try world.bridged()
        let next = try transfer(alice, to: .xmpp("bob@localhost/desk"), id: nil).calledLeg()
        #expect(world.tell(.legAnswered(next)).contains(.end(alice, .hangup)))
        #expect(world.conference.liveLegs == [phone, next].sorted())
    }

    @Test mutating func twoCallsOfOneUserWithOneNumberAreTwo() throws {
        let (first, one) = try world.bridged()
        let (second, two) = try world.bridged()
        #expect(world.tell(.legDirection(first, .inactive)) == [.setDirection(one, .inactive)])
        let key = try #require(DTMFKey("1"))
        #expect(world.tell(.legKey(second, key)) == [.sendKey(two, key)])
        #expect(world.tell(.legEnded(one, .hangup)).ends(first))
        #expect(world.conference.bridge(of: second)?.callee == two)
    }

    @Test mutating func aClientIsTransferredToAnother() throws {
        let (caller, _) = try world.bridged(from: .sip("100@127.0.0.1:5080"), to: .sip("alice@localhost"), name: "Hall")
        let effects = transfer(caller, to: .sip("bob@localhost"))
        // Whoever is called by a client is called from the gateway: as who transfers.
        let call = try #require(effects.outgoing)
        #expect(call.target == .xmpp("bob@localhost") && call.caller == .xmpp("100@sip.localhost"))
        #expect(call.displayName == "Hall")
    }

    @Test mutating func aHoldThatWasOnlyAnsweredDoesNotBindWhoComes() throws {
        let (alice, phone) = try world.bridged()
        world.tell(.legDirection(alice, .sendonly))
        world.tell(.legDirection(phone, .recvonly))
        let next = try transfer(alice, to: .sip("+4930@sip.localhost")).calledLeg()
        let effects = world.tell(.legAnswered(next))
        #expect(effects.contains(.setDirection(phone, .sendrecv)))
        #expect(!effects.contains { if case .setDirection(next, _) = $0 { true } else { false } })
    }

    @Test mutating func aSecondTransferWaits() throws {
        let (_, phone) = try world.bridged()
        _ = try transfer(phone, to: .sip("+4930@sip.localhost")).calledLeg()
        #expect(transfer(phone, to: .sip("+4931@sip.localhost")).told == [.refused(.busy)])
    }
}
