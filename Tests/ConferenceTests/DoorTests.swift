import Conference
import MediaDescription
import Primitives
import Testing

@Suite struct DoorTests {
    private let ann = PeerAddress.sip("100@127.0.0.1")
    private let bob = PeerAddress.sip("200@127.0.0.1")

    /// Offered and answered; gives what followed the answer.
    private func knock(_ world: inout World, _ caller: PeerAddress, name: String) -> (LegID, [Effect]) {
        let leg = world.newLeg()
        #expect(world.offer(leg, from: caller, name: name).last == .accept(leg))
        return (leg, world.tell(.legAnswered(leg)))
    }

    // MARK: PIN

    @Test func aPINIsAskedForInAMixOfItsOwnAndOpensTheRoom() throws {
        var world = World(.demo(.withPINs))
        let room = try #require(world.room())
        let (leg, asked) = knock(&world, ann, name: "Ann")
        #expect(asked.played(to: leg) == [.enterPIN])
        #expect(asked.mix(of: leg) != nil && asked.mix(of: leg) != room.mix)
        #expect(world.names().isEmpty)
        #expect(world.press("123", on: leg).isEmpty)
        let opened = world.press("4#", on: leg)
        #expect(opened.mix(of: leg) == room.mix)
        #expect(world.names() == ["Ann"])
        #expect(world.who("Ann")?.role == .speaker)
    }

    @Test func theModeratorPINMakesAModerator() {
        var world = World(.demo(.withPINs))
        let (leg, _) = knock(&world, ann, name: "Ann")
        world.press("98765", on: leg)
        #expect(world.who("Ann")?.role == .moderator)
    }

    @Test func aStarBeginsThePINAnew() {
        var world = World(.demo(.withPINs))
        let (leg, _) = knock(&world, ann, name: "Ann")
        world.press("99*1234#", on: leg)
        #expect(world.names() == ["Ann"])
    }

    @Test func aShortPINNeedsNoHashWhenNothingFollows() throws {
        var world = World(.demo(.withPINs))
        let (leg, _) = knock(&world, ann, name: "Ann")
        world.press("1234", on: leg)
        #expect(world.names().isEmpty)
        let due = try #require(world.conference.nextWake)
        world.wake(at: due)
        #expect(world.names() == ["Ann"])
    }

    @Test func threeWrongPINsEndTheCallWithAWord() throws {
        var world = World(.demo(.withPINs))
        let (leg, _) = knock(&world, ann, name: "Ann")
        #expect(world.press("1#", on: leg).played(to: leg) == [.wrongPIN, .enterPIN])
        #expect(world.press("2#", on: leg).played(to: leg) == [.wrongPIN, .enterPIN])
        let last = world.press("3#", on: leg)
        #expect(last.played(to: leg) == [.wrongPIN, .goodbye])
        #expect(last.end(of: leg) == nil)
        #expect(world.press("1234#", on: leg).isEmpty)
        #expect(world.tell(.legPlayed(leg)) == [.disconnect(leg), .end(leg, .forbidden)])
        #expect(world.conference.liveLegs.isEmpty)
    }

    @Test func aCallerWhoDoesNothingIsAskedThriceAndThenEnded() throws {
        var world = World(.demo(.withPINs))
        let (leg, _) = knock(&world, ann, name: "Ann")
        var effects: [Effect] = []
        while let due = world.conference.nextWake { effects += world.wake(at: due) }
        #expect(effects.played(to: leg) == [.enterPIN, .enterPIN, .goodbye])
        #expect(effects.end(of: leg) == .forbidden)
        #expect(world.conference.liveLegs.isEmpty)
    }

    @Test func whoHangsUpAtTheDoorLeavesNothingBehind() {
        var world = World(.demo(.withPINs))
        let (leg, _) = knock(&world, ann, name: "Ann")
        #expect(world.tell(.legEnded(leg, .hangup)) == [.disconnect(leg)])
        #expect(world.conference.nextWake == nil && world.conference.liveLegs.isEmpty)
    }

    @Test func thePINMayBeWritten() {
        var world = World(.demo(.withPINs))
        let (leg, _) = knock(&world, ann, name: "Ann")
        #expect(world.say("/pin 1", by: ann, via: .sip, leg: leg).reply?.contains("wrong") == true)
        #expect(world.say("hello all", by: ann, via: .sip, leg: leg).reply?.contains("/pin") == true)
        #expect(world.say("1234", by: ann, via: .sip, leg: leg).reply == "You are in.")
        #expect(world.names() == ["Ann"])
    }

    @Test func aSIPCallerWithTheAddressOfOneInTheRoomIsAskedToo() {
        var world = World(.demo(.withPINs))
        let (leg, _) = knock(&world, ann, name: "Ann")
        world.press("1234#", on: leg)
        let (second, asked) = knock(&world, ann, name: "Ann")
        #expect(asked.played(to: second) == [.enterPIN])
    }

    @Test func aNamedModeratorIsAskedForNothing() {
        var policy = RoomPolicy.withPINs
        policy.moderators = [.xmpp("alice@localhost")]
        var world = World(.demo(policy))
        world.callAlice()
        #expect(world.who("Alice")?.role == .moderator)
    }

    @Test func theMUCWantsThePINAsItsPassword() {
        var world = World(.demo(.withPINs))
        let jid = PeerAddress.xmpp("carol@localhost/desk")
        func entry(_ password: String?) -> MUCEntry {
            MUCEntry(room: .demo, occupant: jid, nick: "Carol", isJoin: true, password: password)
        }
        #expect(world.tell(.mucEnter(entry(nil))).entryRefusal == .wrongPassword)
        #expect(world.tell(.mucEnter(entry("12345"))).entryRefusal == .wrongPassword)
        #expect(world.tell(.mucEnter(entry("1234"))).entryRefusal == nil)
        #expect(world.who("Carol")?.role == .speaker)
    }

    // MARK: Waiting room

    @Test func whoComesBeforeTheModeratorWaitsAndIsLetInWhenHeComes() throws {
        var policy = RoomPolicy.moderated
        policy.waitingRoom = .moderator
        var world = World(.demo(policy))
        let (leg, waits) = knock(&world, ann, name: "Ann")
        #expect(waits.played(to: leg) == [.waitForModerator])
        #expect(world.names().isEmpty)
        #expect(world.room()?.pending.map(\.name) == ["Ann"])
        let moderator = world.newLeg()
        _ = world.offer(moderator, from: World.alice, to: .xmpp("demo@talk.localhost"), name: "Alice")
        let effects = world.tell(.legAnswered(moderator))
        #expect(world.names() == ["Alice", "Ann"])
        #expect(effects.mix(of: leg) == world.room()?.mix)
        #expect(world.room()?.pending.isEmpty == true)
        let (late, _) = knock(&world, bob, name: "Bob")
        #expect(world.endpoint(of: late) != nil)
    }

    @Test func aModeratorAdmitsByNameAndSeesWhoWaits() {
        var policy = RoomPolicy.moderated
        policy.waitingRoom = .admission
        var world = World(.demo(policy))
        world.callAlice()
        let (leg, knocked) = knock(&world, ann, name: "Ann")
        #expect(knocked.notices == ["Ann waits to be let in: /admit Ann"])
        #expect(world.say("/roster", by: World.alice, via: .talk).reply?.contains("At the door: Ann") == true)
        #expect(world.say("/admit ann", by: World.alice, via: .talk).mix(of: leg) == world.room()?.mix)
        #expect(world.names() == ["Alice", "Ann"])
    }

    @Test func whoWaitsMayGiveTheModeratorsPIN() {
        var world = World(.demo(RoomPolicy(moderatorPIN: Redacted("98765"), waitingRoom: .moderator)))
        let (leg, _) = knock(&world, ann, name: "Ann")
        #expect(world.names().isEmpty)
        world.press("98765", on: leg)
        #expect(world.who("Ann")?.role == .moderator)
    }

    @Test func whoWaitsCanBeTurnedAway() {
        var policy = RoomPolicy.moderated
        policy.waitingRoom = .admission
        var world = World(.demo(policy))
        world.callAlice()
        let (leg, _) = knock(&world, ann, name: "Ann")
        #expect(world.say("/kick Ann", by: World.alice, via: .talk).played(to: leg) == [.goodbye])
        #expect(world.tell(.legPlayed(leg)).end(of: leg) == .expelled)
    }

    @Test func theMUCIsClosedUntilAModeratorIsThere() {
        var policy = RoomPolicy.moderated
        policy.waitingRoom = .moderator
        var world = World(.demo(policy))
        #expect(world.enter(.xmpp("carol@localhost/desk"), nick: "Carol").entryRefusal == .waiting)
        #expect(world.enter(.xmpp("alice@localhost/desk"), nick: "Alice").entryRefusal == nil)
        #expect(world.enter(.xmpp("carol@localhost/desk"), nick: "Carol").entryRefusal == nil)
        #expect(world.names() == ["Alice", "Carol"])
    }

    // MARK: Lock and maximum

    @Test func aLockedRoomLetsNobodyElseInUntilItIsEmpty() {
        var world = World(.demo(.moderated))
        let alice = world.callAlice()
        #expect(world.say("/lock", by: World.alice, via: .talk).playedToAll == [.roomLocked])
        #expect(world.room()?.isLocked == true)
        let leg = world.newLeg()
        #expect(world.offer(leg, from: ann) == [.end(leg, .locked)])
        #expect(world.enter(.xmpp("carol@localhost/desk"), nick: "Carol").entryRefusal == .locked)
        #expect(world.enter(.xmpp("alice@localhost/desk"), nick: "Alice").entryRefusal == nil)
        world.tell(.mucLeave(.demo, occupant: .xmpp("alice@localhost/desk"), status: nil))
        world.tell(.legEnded(alice, .hangup))
        #expect(world.room()?.isLocked == false)
    }

    @Test func aRoomsOwnMaximumCountsAtTheDoorToo() {
        var policy = RoomPolicy.withPINs
        policy.maximumParticipants = 1
        var world = World(.demo(policy))
        let (first, _) = knock(&world, ann, name: "Ann")
        let (second, _) = knock(&world, bob, name: "Bob")
        world.press("1234#", on: first)
        #expect(world.press("1234#", on: second).played(to: second) == [.roomFull, .goodbye])
        #expect(world.tell(.legPlayed(second)).end(of: second) == .full)
        let third = world.newLeg()
        #expect(world.offer(third, from: .sip("300@h")) == [.end(third, .full)])
    }

    // MARK: Anything

    @Test func keysAndTimesInAnyOrderLeaveNoLegBehind() {
        var random = SplitMix64(7)
        for _ in 0..<60 {
            var policy = RoomPolicy.withPINs
            policy.waitingRoom = RoomPolicy.WaitingRoom.allCases.randomElement(using: &random) ?? .none
            policy.maximumParticipants = 3
            var world = World(.demo(policy), seed: random.next())
            var legs: [LegID] = []
            for step in 0..<80 {
                switch Int.random(in: 0..<5, using: &random) {
                case 0:
                    let leg = world.newLeg()
                    if world.offer(leg, from: .sip("\(step)@h")).end(of: leg) == nil { legs.append(leg) }
                case 1: if let leg = legs.randomElement(using: &random) { world.tell(.legAnswered(leg)) }
                case 2: if let due = world.conference.nextWake { world.wake(at: due) }
                case 3:
                    let keys = ["1234#", "98765", "1#", "*", "*6", "*7", "*9", "*3", "*0", "5"]
                    if let leg = legs.randomElement(using: &random) {
                        world.press(keys.randomElement(using: &random) ?? "", on: leg)
                    }
                default:
                    if let leg = legs.randomElement(using: &random) {
                        world.tell(.legEnded(leg, .hangup))
                        legs.removeAll { $0 == leg }
                    }
                }
                #expect(world.names().count <= 3)
            }
            for leg in world.conference.liveLegs { world.tell(.legEnded(leg, .hangup)) }
            #expect(world.names().isEmpty && world.room()?.pending.isEmpty == true)
            #expect(world.conference.nextWake == nil && world.room()?.isLocked == false)
        }
    }
}
