import MediaDescription
import Primitives
import Testing

@testable import Conference

/// What does not help to get in, to look in, or to be more than one is: guessing, another's address, another's name.
@Suite struct AccessTests {
    private let ann = PeerAddress.sip("100@127.0.0.1")
    private let bob = PeerAddress.sip("200@127.0.0.1")
    private let carol = PeerAddress.xmpp("carol@localhost/desk")

    private func call(
        _ world: inout World, from caller: PeerAddress, at origin: String?, name: String? = nil,
        isProven: Bool = false, replaces: LegID? = nil, referredBy: PeerAddress? = nil
    ) -> (leg: LegID, effects: [Effect]) {
        let leg = world.newLeg()
        var call = IncomingCall(caller: caller, displayName: name, callee: .sip("demo@127.0.0.1"), takesText: true)
        (call.origin, call.isAuthenticated) = (origin, isProven)
        (call.replaces, call.referredBy) = (replaces, referredBy)
        let offered = world.tell(.legOffered(leg, call))
        return (leg, offered + world.tell(.legAnswered(leg)))
    }

    private func entry(_ password: String?, nick: String = "Carol") -> MUCEntry {
        MUCEntry(room: .demo, occupant: carol, nick: nick, isJoin: true, password: password)
    }

    // MARK: PINs

    @Test func wrongPINsCountOverCallsOfOneHostWhateverTheirAddresses() {
        var world = World(.demo(.withPINs))
        let first = call(&world, from: ann, at: "10.0.0.1")
        for _ in 0..<3 { world.press("1#", on: first.leg) }
        let second = call(&world, from: .sip("another@h"), at: "10.0.0.1")
        #expect(second.effects.played(to: second.leg) == [.wrongPIN, .goodbye])
        let elsewhere = call(&world, from: bob, at: "10.0.0.2")
        world.press("1234#", on: elsewhere.leg)
        #expect(world.names() == ["200"])
        world.run(for: .seconds(61))
        let third = call(&world, from: ann, at: "10.0.0.1")
        #expect(world.press("1#", on: third.leg).played(to: third.leg) == [.wrongPIN, .enterPIN])
        // Barred again: the right one is not looked at.
        world.press("1234#", on: third.leg)
        #expect(world.names() == ["200"])
        world.run(for: .seconds(121))
        let fourth = call(&world, from: ann, at: "10.0.0.1")
        world.press("1234#", on: fourth.leg)
        #expect(world.names() == ["200", "100"])
    }

    @Test func whoIsProvenIsNotBarredForOthersOfItsHost() {
        var world = World(.demo(.withPINs))
        let first = call(&world, from: ann, at: "10.0.0.1")
        for _ in 0..<3 { world.press("1#", on: first.leg) }
        let second = call(&world, from: bob, at: "10.0.0.1", isProven: true)
        #expect(second.effects.played(to: second.leg) == [.enterPIN])
    }

    @Test func threeWrongPINsEndTheWaiting() {
        var world = World(.demo(RoomPolicy(moderatorPIN: Redacted("98765"), waitingRoom: .moderator)))
        let (leg, _) = call(&world, from: ann, at: "10.0.0.1")
        #expect(world.press("1#", on: leg).played(to: leg) == [.wrongPIN])
        #expect(world.say("/pin 2", by: ann, via: .sip, leg: leg).reply == "That PIN is wrong.")
        #expect(world.press("3#", on: leg).played(to: leg) == [.wrongPIN, .goodbye])
        #expect(world.room()?.pending.isEmpty == true)
    }

    @Test func aTextFromTheDoorIsCountedAsAnyOther() {
        var world = World(.demo(.withPINs))
        let (leg, _) = call(&world, from: ann, at: "10.0.0.1")
        let refusals = (0..<100).map { _ in world.say("hello all", by: ann, via: .sip, leg: leg).refusal }
        #expect(refusals.contains(.tooMany))
    }

    @Test(arguments: [true, false])
    func theModeratorsPINIsNotGuessedInTheRoom(byKeys: Bool) {
        var world = World(.demo(RoomPolicy(moderatorPIN: Redacted("98765"))))
        let (leg, _) = call(&world, from: ann, at: "10.0.0.1", name: "Ann")
        func give(_ pin: String) {
            if byKeys {
                world.press("*0\(pin)#", on: leg)
            } else {
                world.say("/pin \(pin)", by: ann, via: .sip, leg: leg)
            }
        }
        for wrong in 1...3 { give("\(wrong)") }
        give("98765")
        #expect(world.who("Ann")?.role == .speaker)
        world.run(for: .seconds(61))
        give("98765")
        #expect(world.who("Ann")?.role == .moderator)
    }

    @Test func theMUCsPasswordIsNotGuessed() {
        var world = World(.demo(.withPINs))
        for wrong in 1...3 { #expect(world.tell(.mucEnter(entry("\(wrong)"))).entryRefusal == .wrongPassword) }
        #expect(world.tell(.mucEnter(entry("1234"))).entryRefusal == .wrongPassword)
        world.run(for: .seconds(61))
        #expect(world.tell(.mucEnter(entry("1234"))).entryRefusal == nil)
    }

    @Test func theTimeDoublesUpToAnHourAndTheTableIsBounded() {
        var failures = PINFailures()
        let key = PINFailures.Key(room: .demo, source: "h")
        var now = Instant.zero
        for _ in 0..<3 { failures.failed(key, at: now) }
        for seconds in [60, 120, 240, 480, 960, 1920, 3600, 3600] {
            #expect(failures.isBarred(key, at: now + .seconds(seconds - 1)))
            now += .seconds(seconds)
            #expect(!failures.isBarred(key, at: now))
            failures.failed(key, at: now)
        }
        for other in 0..<5000 {
            failures.failed(PINFailures.Key(room: .demo, source: "\(other)"), at: now + .seconds(1))
        }
        #expect(failures.count == 4096)
        #expect(!failures.isBarred(key, at: now))
    }

    // MARK: Names

    @Test func whoWaitsHasANameOfItsOwn() {
        var policy = RoomPolicy.moderated
        policy.waitingRoom = .admission
        var world = World(.demo(policy))
        world.callAlice()
        let first = call(&world, from: ann, at: "10.0.0.1", name: "Ann")
        let second = call(&world, from: bob, at: "10.0.0.2", name: "ann")
        _ = call(&world, from: .sip("300@h"), at: "10.0.0.3", name: "Alice")
        #expect(world.room()?.pending.map(\.name) == ["Ann", "ann 2", "Alice 2"])
        world.say("/admit Ann", by: World.alice, via: .talk)
        #expect(world.endpoint(of: first.leg) != nil)
        #expect(world.endpoint(of: second.leg) == nil)
    }

    @Test func nobodyIsCalledAll() {
        var policy = RoomPolicy.moderated
        policy.waitingRoom = .admission
        var world = World(.demo(policy))
        world.callAlice()
        _ = call(&world, from: ann, at: "10.0.0.1", name: "All")
        _ = call(&world, from: bob, at: "10.0.0.2", name: "Bob")
        #expect(world.room()?.pending.map(\.name) == ["All 2", "Bob"])
        world.say("/admit all", by: World.alice, via: .talk)
        #expect(world.names() == ["Alice", "All 2", "Bob"])
        #expect(world.tell(.mucEnter(entry(nil, nick: "all"))).entryRefusal == .badNick)
    }

    // MARK: Another's address

    @Test func aModeratorsAddressFromAnotherHostMakesNoModerator() {
        var world = World(.demo(RoomPolicy(firstIsModerator: true)))
        _ = call(&world, from: ann, at: "10.0.0.1")
        _ = call(&world, from: ann, at: "10.0.0.9")
        #expect(world.room()?.participants.map(\.role) == [.moderator, .speaker])
        // The same person is who comes from the same host, or proves it.
        _ = call(&world, from: ann, at: "10.0.0.1")
        _ = call(&world, from: ann, at: "10.0.0.2", isProven: true)
        #expect(world.room()?.participants.map(\.endpoints.count) == [3, 1])
    }

    @Test func theAddressOfSomebodyInTheRoomOpensNoLockAndNoWaitingRoom() {
        var policy = RoomPolicy.moderated
        policy.waitingRoom = .admission
        var world = World(.demo(policy))
        world.callAlice()
        _ = call(&world, from: ann, at: "10.0.0.1", name: "Ann")
        world.say("/admit Ann", by: World.alice, via: .talk)
        let (waiting, _) = call(&world, from: ann, at: "10.0.0.9")
        #expect(world.room()?.pending.map(\.leg) == [waiting])
        let (second, _) = call(&world, from: ann, at: "10.0.0.1")
        #expect(world.endpoint(of: second) != nil)

        var locked = World(.demo(.moderated))
        locked.callAlice()
        _ = call(&locked, from: ann, at: "10.0.0.1")
        locked.say("/lock", by: World.alice, via: .talk)
        let (other, refused) = call(&locked, from: ann, at: "10.0.0.9")
        #expect(refused.end(of: other) == .locked)
        let (own, _) = call(&locked, from: ann, at: "10.0.0.1")
        #expect(locked.endpoint(of: own) != nil)
    }

    // MARK: Who may look in

    @Test func aClosedRoomIsWatchedFromWithinAlone() {
        var policy = RoomPolicy.withPINs
        policy.moderators = [bob]
        var world = World(.demo(policy))
        let (leg, _) = call(&world, from: ann, at: "10.0.0.1")
        #expect(!world.conference.mayWatch(from: leg))
        #expect(!world.conference.mayWatch(.demo, ann, isProven: false, origin: "10.0.0.1"))
        world.press("1234#", on: leg)
        #expect(world.conference.mayWatch(from: leg))
        #expect(world.conference.mayWatch(.demo, ann, isProven: false, origin: "10.0.0.1"))
        #expect(!world.conference.mayWatch(.demo, ann, isProven: false, origin: "10.0.0.9"))
        #expect(!world.conference.mayWatch(.demo, bob, isProven: false, origin: "10.0.0.1"))
        #expect(world.conference.mayWatch(.demo, bob, isProven: true, origin: "10.0.0.9"))
        #expect(!world.conference.mayWatch(.demo, carol, isProven: true, origin: nil))
        world.tell(.mucEnter(entry("1234")))
        #expect(world.conference.mayWatch(.demo, carol, isProven: true, origin: nil))
    }

    @Test func anOpenRoomIsWatchedByAnybodyUntilItIsLocked() {
        var world = World(.demo(.moderated))
        world.callAlice()
        #expect(world.conference.mayWatch(.demo, ann, isProven: false, origin: nil))
        world.say("/lock", by: World.alice, via: .talk)
        #expect(!world.conference.mayWatch(.demo, ann, isProven: false, origin: nil))
    }

    // MARK: How much

    @Test func keysAreCountedAsTexts() {
        var world = World(.demo(.moderated))
        world.callAlice()
        let (leg, _) = call(&world, from: ann, at: "10.0.0.1", name: "Ann")
        var raised = 0
        for _ in 0..<200 { raised += world.press("*5", on: leg).notices.count }
        #expect((20...50).contains(raised))
    }

    @Test func aNewCallHasNoMoreToWrite() {
        var world = World()
        let first = call(&world, from: ann, at: "10.0.0.1").leg
        for _ in 0..<80 { world.say("spam", by: ann, via: .sip, leg: first) }
        world.tell(.legEnded(first, .hangup))
        let second = call(&world, from: ann, at: "10.0.0.1").leg
        let refused = (0..<20).filter { _ in world.say("spam", by: ann, via: .sip, leg: second).refusal == .tooMany }
        #expect(refused.count > 10)
    }

    @Test func whatIsFullAgainIsForgotten() {
        var allowances = TextAllowances()
        for writer in 0..<10_000 { #expect(allowances.take("\(writer)", rate: 10, at: .zero) == true) }
        for _ in 0..<49 { #expect(allowances.take("0", rate: 10, at: .zero) == true) }
        #expect(allowances.take("0", rate: 10, at: .zero) == false)
        #expect(allowances.take("1", rate: 10, at: .zero + .seconds(6)) == true)
        #expect(allowances.count == 1)
    }

    @Test func oneWritesToFewAtATime() {
        var world = World()
        let (leg, _) = call(&world, from: ann, at: "10.0.0.1", name: "Ann")
        for number in 0..<12 { _ = call(&world, from: .sip("\(number)@h"), at: "10.0.0.2", name: "P\(number)") }
        let told = (0..<12).filter { number in
            !world.tell(
                .composing(
                    Composing(
                        room: .demo, writer: ann, leg: leg, via: .sip, audience: .named("P\(number)"), isActive: true,
                        lasts: .seconds(60)))
            ).isEmpty
        }
        #expect(told.count == 8)
    }

    // MARK: What is left behind

    @Test func whoseCallIsReplacedBySomebodyElsesHasLeft() {
        var world = World(.demo(RoomPolicy(firstIsModerator: true), announcements: .tone))
        let (old, _) = call(&world, from: ann, at: "10.0.0.1", name: "Ann")
        let (_, effects) = call(&world, from: bob, at: "10.0.0.2", name: "Bob", replaces: old, referredBy: ann)
        #expect(effects.end(of: old) == .hangup)
        #expect(effects.playedToAll.contains(.leaveTone))
        #expect(world.who("Bob")?.role == .moderator)
    }

    @Test func whoIsTurnedAwayLeavesNoKeysBehind() {
        var policy = RoomPolicy.moderated
        (policy.moderatorPIN, policy.waitingRoom) = (Redacted("98765"), .admission)
        var world = World(.demo(policy))
        world.callAlice()
        let (leg, _) = call(&world, from: ann, at: "10.0.0.1", name: "Ann")
        world.press("98", on: leg)
        #expect(world.conference.keyDigits[leg] == "98")
        world.say("/kick Ann", by: World.alice, via: .talk)
        #expect(world.conference.keyDigits.isEmpty)
        world.tell(.legPlayed(leg))
        #expect(world.conference.liveLegs.count == 1 && world.conference.deadlines.isEmpty)
    }
}
