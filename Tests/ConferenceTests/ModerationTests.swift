import Conference
import MediaDescription
import Primitives
import Testing

@Suite struct ModerationTests {
    private var world = World(.demo(.moderated))
    private let alice: LegID
    private let bob: LegID
    private let bobAddress = PeerAddress.sip("200@127.0.0.1")

    init() {
        alice = world.callAlice()
        bob = world.call(from: bobAddress, name: "Bob")
    }

    // MARK: Mute

    @Test mutating func aKeyMutesAndUnmutesOneself() {
        let muted = world.press("*6", on: bob)
        #expect(muted.voice(of: bob)?.isMuted == true)
        #expect(muted.played(to: bob) == [.muted])
        #expect(world.callOf("Bob")?.status == .mutedViaFocus)
        #expect(world.callOf("Bob")?.effectiveDirection == .recvonly)
        let unmuted = world.press("*6", on: bob)
        #expect(unmuted.voice(of: bob)?.isMuted == false)
        #expect(unmuted.played(to: bob) == [.unmuted])
        #expect(world.callOf("Bob")?.status == .connected)
        #expect(world.callOf("Bob")?.effectiveDirection == .sendrecv)
    }

    @Test mutating func keysFarApartMeanNothing() {
        world.press("*", on: bob)
        world.pass(.seconds(6))
        #expect(world.press("6", on: bob).isEmpty)
        #expect(world.callOf("Bob")?.isMuted == false)
    }

    @Test mutating func whatBelongsToNoSequenceIsForgotten() {
        #expect(world.press("12345#*1", on: bob).isEmpty)
        #expect(world.press("**6", on: bob).voice(of: bob)?.isMuted == true)
    }

    @Test mutating func onlyAModeratorMutesAnother() {
        let refused = world.say("/mute Alice", by: bobAddress, via: .sip, leg: bob)
        #expect(refused.reply == "Only moderators may do that.")
        #expect(world.callOf("Alice")?.isMuted == false)
        let done = world.say("/mute bob", by: World.alice, via: .talk)
        #expect(done.reply == "Bob is muted.")
        #expect(done.voice(of: bob)?.isMuted == true)
        #expect(done.played(to: bob) == [.muted])
        #expect(world.press("*6", on: bob).voice(of: bob)?.isMuted == false)
    }

    @Test mutating func aModeratorMutesAllButModerators() {
        let carol = world.call(from: .sip("300@h"), name: "Carol")
        #expect(world.press("*7", on: bob).isEmpty)
        let done = world.press("*7", on: alice)
        #expect(done.voice(of: bob)?.isMuted == true && done.voice(of: carol)?.isMuted == true)
        #expect(done.voice(of: alice) == nil)
        #expect(done.playedToAll == [.allMuted])
        let all = world.say("/unmute all", by: World.alice, via: .talk)
        #expect(all.reply == "2 are unmuted.")
        #expect(world.callOf("Bob")?.isMuted == false && world.callOf("Carol")?.isMuted == false)
    }

    @Test mutating func theDeafNeitherHearNorAreHeard() {
        world.say("/deafen Bob", by: World.alice, via: .talk)
        #expect(world.callOf("Bob")?.effectiveDirection == .inactive)
        let again = world.say("/undeafen", by: bobAddress, via: .sip, leg: bob)
        #expect(again.voice(of: bob)?.isDeaf == false && again.voice(of: bob)?.isMuted == true)
    }

    @Test mutating func aHeldCallIsOnHoldWhetherMutedOrNot() {
        world.press("*6", on: bob)
        world.tell(.legDirection(bob, .sendonly))
        #expect(world.callOf("Bob")?.status == .onHold)
        #expect(world.callOf("Bob")?.effectiveDirection == .inactive)
        world.tell(.legDirection(bob, .sendrecv))
        #expect(world.callOf("Bob")?.status == .mutedViaFocus)
    }

    @Test mutating func aSecondPhoneOfOneWhoIsMutedIsMutedToo() {
        world.press("*6", on: bob)
        let leg = world.newLeg()
        _ = world.offer(leg, from: bobAddress)
        #expect(world.tell(.legAnswered(leg)).voice(of: leg)?.isMuted == true)
    }

    @Test func whoComesToARoomThatMutesIsMuted() {
        var policy = RoomPolicy.moderated
        policy.mutesOnEntry = true
        var world = World(.demo(policy))
        world.callAlice()
        #expect(world.callOf("Alice")?.isMuted == false)
        let leg = world.newLeg()
        _ = world.offer(leg, from: bobAddress, name: "Bob")
        let effects = world.tell(.legAnswered(leg))
        #expect(effects.voice(of: leg)?.isMuted == true && effects.played(to: leg) == [.muted])
        #expect(world.callOf("Bob")?.status == .mutedViaFocus)
    }

    // MARK: Roles

    @Test mutating func aListenerCannotUnmuteHimselfUntilHeMaySpeak() {
        world.say("/listener Bob", by: World.alice, via: .talk)
        #expect(world.who("Bob")?.role == .listener && world.callOf("Bob")?.isMuted == true)
        #expect(world.press("*6", on: bob).voice(of: bob) == nil)
        #expect(world.callOf("Bob")?.isMuted == true)
        world.say("/speaker Bob", by: World.alice, via: .talk)
        #expect(world.who("Bob")?.role == .speaker && world.callOf("Bob")?.isMuted == false)
    }

    @Test mutating func aModeratorsPINMakesAModeratorByKeyAndByText() {
        var world = World(.demo(RoomPolicy(moderatorPIN: Redacted("98765"))))
        let ann = world.call(from: .sip("1@h"), name: "Ann")
        #expect(world.press("*0111#", on: ann).played(to: ann) == [.wrongPIN])
        #expect(world.who("Ann")?.role == .speaker)
        world.press("*098765#", on: ann)
        #expect(world.who("Ann")?.role == .moderator)
        let bob = world.call(from: bobAddress, name: "Bob")
        #expect(world.say("/pin 98765", by: bobAddress, via: .sip, leg: bob).reply == "You are a moderator.")
        #expect(world.who("Bob")?.role == .moderator)
    }

    @Test func theFirstInARoomMadeOnUseIsItsModeratorAndTheNextWhenHeLeaves() {
        var world = World()
        let first = world.call(from: .sip("a@h"), to: .sip("side@talk.localhost"))
        world.call(from: .sip("b@h"), to: .sip("side@talk.localhost"))
        #expect(world.room(.side)?.participants.map(\.role) == [.moderator, .speaker])
        world.tell(.legEnded(first, .hangup))
        #expect(world.room(.side)?.participants.map(\.role) == [.moderator])
        world.call(from: .sip("c@h"))
        #expect(world.room()?.participants.map(\.role) == [.speaker])
    }

    // MARK: Hands

    @Test mutating func aRaisedHandIsToldToModeratorsAndGoesDownWithTheWord() {
        let up = world.press("*5", on: bob)
        #expect(up.notices == ["Bob raises a hand."])
        #expect(up.played(to: bob) == [.handUp])
        #expect(world.who("Bob")?.hasHandUp == true)
        #expect(world.say("/roster", by: World.alice, via: .talk).reply?.contains("Bob (call, hand up)") == true)
        #expect(world.press("*5", on: bob).played(to: bob) == [.handDown])
        world.say("/hand", by: bobAddress, via: .sip, leg: bob)
        world.say("/unmute Bob", by: World.alice, via: .talk)
        #expect(world.who("Bob")?.hasHandUp == false)
    }

    // MARK: Out

    @Test mutating func aKickEndsTheCallAndTheSeatInTheMUC() {
        let jid = PeerAddress.xmpp("bob@localhost/desk")
        let call = world.call(from: .xmpp("bob@localhost/phone"), to: .xmpp("demo@talk.localhost"), name: "Robert")
        world.enter(jid, nick: "Robert")
        #expect(world.say("/kick Robert", by: bobAddress, via: .sip, leg: bob).end(of: call) == nil)
        let effects = world.say("/kick Robert too loud", by: World.alice, via: .talk)
        #expect(effects.end(of: call) == .expelled)
        #expect(effects.contains(.expelled(.demo, occupant: jid, by: "Alice", reason: "too loud", .kicked)))
        #expect(world.names() == ["Alice", "Bob"])
        #expect(world.tell(.legEnded(call, .hangup)).isEmpty)
    }

    @Test mutating func kickingAllLeavesTheModerators() {
        world.say("/kick all", by: World.alice, via: .talk)
        #expect(world.names() == ["Alice"])
    }

    // MARK: Requests from outside

    @Test mutating func anOccupantsWishIsJudgedByItsRole() {
        let alice = PeerAddress.xmpp("alice@localhost/desk")
        let carol = PeerAddress.xmpp("carol@localhost/desk")
        world.enter(alice, nick: "Alice")
        world.enter(carol, nick: "Carol")
        let kick = Moderation.expel(.named("Bob"), reason: nil)
        let refused = world.tell(.moderate(SubmissionID(9), .demo, by: .occupant(carol), kick))
        #expect(refused.refusal == .notAllowed("Only moderators may do that."))
        #expect(world.tell(.moderate(SubmissionID(9), .demo, by: .occupant(alice), kick)).end(of: bob) == .expelled)
        #expect(world.tell(.moderate(SubmissionID(9), .demo, by: .leg(bob), kick)).refusal == .notInRoom)
        #expect(world.tell(.moderate(SubmissionID(9), .side, by: .administrator, .lock(true))).refusal == .noSuchRoom)
        world.tell(.moderate(SubmissionID(9), .demo, by: .administrator, .lock(true)))
        #expect(world.room()?.isLocked == true)
    }

    // MARK: Texts and tones

    @Test mutating func theTopicIsSetByTextAndShown() {
        let effects = world.say("/topic Budget 2027", by: bobAddress, via: .sip, leg: bob)
        #expect(world.room()?.subject == Subject(text: "Budget 2027", setBy: "Bob"))
        #expect(effects.contains(.subjectChanged(.demo, Subject(text: "Budget 2027", setBy: "Bob"))))
    }

    @Test mutating func helpTellsEachWhatHeMayDo() {
        let forBob = world.say("/help", by: bobAddress, via: .sip, leg: bob).reply ?? ""
        let forAlice = world.say("/help", by: World.alice, via: .talk).reply ?? ""
        #expect(forBob.contains("/hand") && !forBob.contains("/kick"))
        #expect(forAlice.contains("/kick") && forAlice.contains("/admit"))
    }

    @Test mutating func aNobodyIsNamedInTheAnswer() {
        #expect(world.say("/mute Zoe", by: World.alice, via: .talk).reply == "There is no Zoe here.")
        #expect(world.say("/kick", by: World.alice, via: .talk).reply?.contains("/kick NAME") == true)
    }

    @Test func comingAndGoingIsHeardWhereTheOperatorWantsIt() {
        var world = World(.demo(.moderated, announcements: .tone))
        let leg = world.newLeg()
        _ = world.offer(leg, from: .sip("1@h"))
        #expect(world.tell(.legAnswered(leg)).played(to: leg) == [.youAreFirst])
        let second = world.newLeg()
        _ = world.offer(second, from: .sip("2@h"))
        #expect(world.tell(.legAnswered(second)).playedToAll == [.joinTone])
        #expect(world.tell(.legEnded(second, .hangup)).playedToAll == [.leaveTone])
        #expect(world.tell(.legEnded(leg, .hangup)).playedToAll.isEmpty)
    }

    @Test mutating func howManyAreThereIsSaid() {
        #expect(world.press("*3", on: bob).played(to: bob) == [.number(2), .participants])
        #expect(Sound.count(1) == [.number(1), .participant])
        #expect(Sound.count(20) == [.number(20), .participants])
        #expect(Sound.count(31) == [.moreThan, .number(30), .participants])
        #expect(Sound.count(30) == [.moreThan, .number(20), .participants])
        #expect(Sound.count(5000) == [.moreThan, .number(100), .participants])
    }
}
