import Conference
import MediaDescription
import Primitives
import Testing

@Suite struct NameTests {
    private let ann = PeerAddress.sip("100@127.0.0.1")
    private let bob = PeerAddress.sip("200@127.0.0.1")

    private func room(_ policy: RoomPolicy, announcements: Announcements = .none) -> World {
        var policy = policy
        if policy.names == .none { policy.names = .recorded }
        return World(.demo(policy, announcements: announcements))
    }

    private func knock(_ world: inout World, _ caller: PeerAddress, name: String) -> (LegID, [Effect]) {
        let leg = world.newLeg()
        _ = world.offer(leg, from: caller, name: name)
        return (leg, world.tell(.legAnswered(leg)))
    }

    /// Says a name, from the tone to `#`.
    private func say(_ world: inout World, _ leg: LegID, hasName: Bool = true) -> [Effect] {
        #expect(world.tell(.legPlayed(leg)) == [.recordName(leg)])
        #expect(world.press("#", on: leg) == [.endNameRecording(leg)])
        return world.tell(.legNamed(leg, hasName: hasName))
    }

    /// In the room, with a name.
    private func join(_ world: inout World, _ caller: PeerAddress, name: String) -> (LegID, [Effect]) {
        let (leg, _) = knock(&world, caller, name: name)
        return (leg, say(&world, leg))
    }

    // MARK: Recorded

    @Test func aCallerIsAskedForTheNameInAMixOfItsOwnAndTheOthersHearIt() throws {
        var world = room(RoomPolicy())
        let (first, alone) = join(&world, ann, name: "Ann")
        #expect(alone.played(to: first) == [.youAreFirst])
        let (leg, asked) = knock(&world, bob, name: "Bob")
        #expect(asked.played(to: leg) == [.sayName, .beep])
        #expect(asked.mix(of: leg) != nil && asked.mix(of: leg) != world.room()?.mix)
        #expect(world.names() == ["Ann"])
        let joined = say(&world, leg)
        #expect(joined.mix(of: leg) == world.room()?.mix)
        #expect(world.names() == ["Ann", "Bob"])
        #expect(joined.playedToAll == [.recordedName(leg), .hasJoined])
    }

    @Test func whoLeavesIsNamedAndForgotten() {
        var world = room(RoomPolicy())
        _ = join(&world, ann, name: "Ann")
        let (leg, _) = join(&world, bob, name: "Bob")
        let left = world.tell(.legEnded(leg, .hangup))
        #expect(left.playedToAll == [.recordedName(leg), .hasLeft])
        #expect(left.last == .forgetName(leg))
    }

    @Test func theLastOneIsForgottenWithARoomThatGoes() {
        var configuration = World.demo
        configuration.rooms = []
        configuration.policyOnUse = RoomPolicy(names: .recorded)
        var world = World(configuration)
        let (leg, _) = join(&world, ann, name: "Ann")
        let left = world.tell(.legEnded(leg, .hangup))
        #expect(left.contains(.forgetName(leg)))
        #expect(left.contains(.roomEnded(.demo)))
    }

    @Test func silenceIsAToneOnTheWayInAndOut() {
        var world = room(RoomPolicy())
        _ = join(&world, ann, name: "Ann")
        let (leg, _) = knock(&world, bob, name: "Bob")
        #expect(say(&world, leg, hasName: false).playedToAll == [.joinTone])
        let left = world.tell(.legEnded(leg, .hangup))
        #expect(left.playedToAll == [.leaveTone])
        #expect(!left.contains(.forgetName(leg)))
    }

    @Test func aNameThatIsNotEndedByHashEndsAfterThreeSeconds() throws {
        var world = room(RoomPolicy())
        _ = join(&world, ann, name: "Ann")
        let (leg, _) = knock(&world, bob, name: "Bob")
        world.tell(.legPlayed(leg))
        #expect(world.run(for: .milliseconds(2900)).isEmpty)
        #expect(world.run(for: .milliseconds(200)) == [.endNameRecording(leg)])
        #expect(world.tell(.legNamed(leg, hasName: true)).playedToAll == [.recordedName(leg), .hasJoined])
    }

    @Test func aTapeThatIsFullEndsTheNameByItself() {
        var world = room(RoomPolicy())
        let (leg, _) = knock(&world, bob, name: "Bob")
        world.tell(.legPlayed(leg))
        world.tell(.legNamed(leg, hasName: true))
        #expect(world.names() == ["Bob"])
        #expect(world.press("#", on: leg).isEmpty)
    }

    @Test func hashBeforeTheToneIsThePINsAndEndsNothing() {
        var world = room(RoomPolicy(pin: Redacted("1234")))
        let (leg, asked) = knock(&world, ann, name: "Ann")
        #expect(asked.played(to: leg) == [.enterPIN])
        #expect(world.press("1234#", on: leg).played(to: leg) == [.sayName, .beep])
        #expect(world.names().isEmpty)
        _ = say(&world, leg)
        #expect(world.names() == ["Ann"])
    }

    @Test func whoIsAdmittedFromTheWaitingRoomSaysTheNameThen() throws {
        var world = room(RoomPolicy(moderatorPIN: Redacted("98765"), waitingRoom: .moderator))
        let (waiting, asked) = knock(&world, bob, name: "Bob")
        #expect(asked.played(to: waiting) == [.waitForModerator])
        // The moderator says a name too.
        let (leg, _) = knock(&world, ann, name: "Ann")
        #expect(world.press("98765", on: leg).played(to: leg) == [.sayName, .beep])
        let moderated = say(&world, leg)
        #expect(world.who("Ann")?.role == .moderator)
        #expect(moderated.played(to: waiting) == [.sayName, .beep])
        #expect(world.room()?.pending.isEmpty == true)
        #expect(say(&world, waiting).playedToAll == [.recordedName(waiting), .hasJoined])
        #expect(world.names() == ["Ann", "Bob"])
    }

    @Test func aModeratorByAddressIsAskedToo() {
        var world = room(RoomPolicy(moderators: [.xmpp("alice@localhost")]))
        let leg = world.callAlice()
        #expect(world.names().isEmpty)
        _ = say(&world, leg)
        #expect(world.who("Alice")?.role == .moderator)
    }

    @Test func aSecondPhoneOfOneWhoHasANameIsNotAsked() {
        var world = room(RoomPolicy())
        _ = join(&world, ann, name: "Ann")
        let (first, _) = join(&world, bob, name: "Bob")
        let (second, joined) = knock(&world, bob, name: "Bob")
        #expect(joined.mix(of: second) == world.room()?.mix)
        #expect(joined.playedToAll == [.joinTone])
        // Still there by the second: a tone, and the name stays.
        let left = world.tell(.legEnded(first, .hangup))
        #expect(left.playedToAll == [.leaveTone])
        #expect(!left.contains(.forgetName(first)))
        let gone = world.tell(.legEnded(second, .hangup))
        #expect(gone.playedToAll == [.recordedName(first), .hasLeft])
        #expect(gone.contains(.forgetName(first)))
    }

    @Test func theNamesFollowTheNumber() {
        var world = room(RoomPolicy())
        let (first, _) = join(&world, ann, name: "Ann")
        let (second, _) = knock(&world, bob, name: "Bob")
        _ = say(&world, second, hasName: false)
        let (third, _) = join(&world, .sip("300@127.0.0.1"), name: "Cem")
        #expect(
            world.press("*3", on: second).played(to: second)
                == [.number(3), .participants, .recordedName(first), .recordedName(third)])
    }

    @Test func aMediaSideThatNeverAnswersKeepsNobodyOut() {
        var world = room(RoomPolicy())
        let (leg, _) = knock(&world, ann, name: "Ann")
        world.run(for: .seconds(21))
        #expect(world.names() == ["Ann"])
        let (other, _) = knock(&world, bob, name: "Bob")
        world.tell(.legPlayed(other))
        world.run(for: .seconds(6))
        #expect(world.names() == ["Ann", "Bob"])
        // What comes too late is kept for nobody.
        #expect(world.tell(.legNamed(other, hasName: true)) == [.forgetName(other)])
        #expect(world.tell(.legNamed(leg, hasName: false)).isEmpty)
    }

    @Test func whoHangsUpWhileNamingLeavesNothingBehind() {
        var world = room(RoomPolicy())
        let (leg, _) = knock(&world, ann, name: "Ann")
        world.tell(.legPlayed(leg))
        world.tell(.legEnded(leg, .hangup))
        #expect(world.tell(.legNamed(leg, hasName: true)) == [.forgetName(leg)])
        #expect(world.conference.liveLegs.isEmpty)
        #expect(world.run(for: .seconds(60)).isEmpty)
    }

    @Test func aRoomThatFilledUpMeanwhileTurnsAwayAndForgets() {
        var world = room(RoomPolicy(maximumParticipants: 1))
        let (first, _) = knock(&world, ann, name: "Ann")
        let (second, _) = knock(&world, bob, name: "Bob")
        _ = say(&world, first)
        let away = say(&world, second)
        #expect(away.contains(.forgetName(second)))
        #expect(away.played(to: second) == [.roomFull, .goodbye])
        #expect(world.names() == ["Ann"])
    }

    @Test func aTextWhileNamingIsAnsweredAndOpensNothing() {
        var world = room(RoomPolicy(pin: Redacted("1234"), moderatorPIN: Redacted("98765")))
        let (leg, _) = knock(&world, ann, name: "Ann")
        #expect(world.say("/pin 1234", by: ann, via: .sip, leg: leg).reply?.contains("name") == true)
        #expect(world.say("/pin 98765", by: ann, via: .sip, leg: leg).reply?.contains("name") == true)
        #expect(world.names().isEmpty)
        _ = say(&world, leg)
        #expect(world.who("Ann")?.role == .speaker)
    }

    // MARK: Spoken

    @Test func namesThatAreReadOutAreAskedOfNobody() {
        var world = room(RoomPolicy(names: .spoken))
        world.call(from: ann, name: "Ann")
        let leg = world.newLeg()
        _ = world.offer(leg, from: bob, name: "Bob")
        let joined = world.tell(.legAnswered(leg))
        let mix = world.room()?.mix ?? MixID(0)
        #expect(
            joined.contains(.playToMix(mix, Announcement([.spokenName("Bob"), .hasJoined], otherwise: [.joinTone]))))
        #expect(
            world.press("*3", on: leg).played(to: leg)
                == [.number(2), .participants, .spokenName("Ann"), .spokenName("Bob")])
        let left = world.tell(.legEnded(leg, .hangup))
        #expect(
            left.contains(.playToMix(mix, Announcement([.spokenName("Bob"), .hasLeft], otherwise: [.leaveTone]))))
    }

    @Test func noMoreThanTwentyNamesAreReadOut() {
        var world = room(RoomPolicy(names: .spoken))
        var last = LegID(0)
        for number in 0..<25 { last = world.call(from: .sip("\(number)@127.0.0.1"), name: "P\(number)") }
        #expect(world.press("*3", on: last).played(to: last).count == 3 + 20)
    }

    @Test func withoutNamesNothingChanges() {
        var world = World(.demo(RoomPolicy(), announcements: .tone))
        world.call(from: ann, name: "Ann")
        let leg = world.newLeg()
        _ = world.offer(leg, from: bob, name: "Bob")
        #expect(world.tell(.legAnswered(leg)).playedToAll == [.joinTone])
        #expect(world.press("*3", on: leg).played(to: leg) == [.number(2), .participants])
    }
}
