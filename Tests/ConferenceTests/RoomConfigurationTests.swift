import Conference
import Primitives
import Testing

@Suite struct RoomConfigurationTests {
    let alice = World.alice
    let bob = World.bob
    let carol = World.carol
    let side = PeerAddress.sip("side@127.0.0.1")
    let talk = PeerAddress.xmpp("side@talk.localhost")
    var world = World.owned()

    @Test mutating func whatTheOwnerDecidesIsStoredAndTold() {
        let effects = world.configure {
            $0.title = "The side room"
            $0.isPublic = false
            $0.isArchived = false
        }
        #expect(effects.records.count == 1)
        #expect(effects.contains(.configured(.side, isArchived: false)))
        let profile = world.conference.profile(of: .side)
        #expect(profile.settings.title == "The side room")
        #expect(!profile.settings.isPublic)
        #expect(world.configure { _ in }.contains { if case .configured = $0 { true } else { false } } == false)
        #expect(world.say("off the record", by: alice, via: .muc, room: .side).records.isEmpty)
    }

    @Test mutating func aMembersRoomTakesOutWhoIsNone() {
        world.enter(bob, nick: "Bob", room: .side)
        world.enter(carol, nick: "Carol", room: .side)
        let leg = world.call(from: .sip("100@h"), to: side)
        world.affiliate(alice, carol, .member)
        let effects = world.configure { $0.isMembersOnly = true }
        #expect(effects.exits == [.membersOnly])
        #expect(effects.end(of: leg) == .locked)
        #expect(world.names(.side) == ["Alice", "Carol"])
        #expect(world.enter(bob, nick: "Bob", room: .side).entryRefusal == .membersOnly)
        let again = world.newLeg()
        #expect(world.offer(again, from: bob, to: talk).end(of: again) == .locked)
        #expect(world.offer(again, from: carol, to: talk).end(of: again) == nil)
        #expect(world.conference.mayReadArchive(.side, bob) == false)
        #expect(world.conference.mayReadArchive(.side, carol))
        // A member who is none any more has to go.
        #expect(world.affiliate(alice, carol, .none).exits == [.membershipLost])
        #expect(world.names(.side) == ["Alice"])
    }

    @Test mutating func aModeratorAlonePhonesOthersIntoAMembersRoom() {
        world.configure { $0.isMembersOnly = true }
        world.affiliate(alice, bob, .member)
        world.enter(bob, nick: "Bob", room: .side)
        #expect(world.say("/call 100", by: bob, via: .muc, room: .side).reply?.contains("may not be called") == true)
        #expect(world.say("/call 100", by: alice, via: .muc, room: .side).reply?.hasPrefix("Calling") == true)
    }

    @Test mutating func inAModeratedRoomNewcomersListen() {
        world.configure { $0.isModerated = true }
        world.affiliate(alice, carol, .member)
        world.enter(bob, nick: "Bob", room: .side)
        world.enter(carol, nick: "Carol", room: .side)
        let leg = world.newLeg()
        _ = world.offer(leg, from: .sip("100@h"), to: side, name: "Phone")
        #expect(world.tell(.legAnswered(leg)).voice(of: leg)?.isMuted == true)
        #expect(world.role("Bob") == .listener)
        #expect(world.role("Carol") == .speaker)
        #expect(world.role("Phone") == .listener)
        #expect(world.say("hello", by: bob, via: .muc, room: .side).refusal != nil)
        #expect(world.say("hello", by: .sip("100@h"), via: .sip, leg: leg, room: .side).refusal != nil)
        #expect(world.say("/hand", by: bob, via: .muc, room: .side).reply != nil)
        #expect(world.say("to you", by: bob, via: .muc, room: .side, to: .named("Alice")).refusal == nil)
        #expect(world.say("hello", by: carol, via: .muc, room: .side).refusal == nil)
        world.affiliate(alice, bob, .member)
        #expect(world.role("Bob") == .speaker)
        #expect(world.say("hello", by: bob, via: .muc, room: .side).refusal == nil)
    }

    @Test mutating func thePasswordIsThePIN() {
        #expect(world.configure { $0.pin = Redacted("sesame") }.refusal != nil)
        #expect(world.configure { $0.pin = Redacted("") }.refusal != nil)
        #expect(world.configure { $0.pin = Redacted("4711") }.isDone)
        #expect(world.enter(bob, nick: "Bob", room: .side).entryRefusal == .wrongPassword)
        let leg = world.call(from: .sip("100@h"), to: side, name: "Phone")
        #expect(world.names(.side) == ["Alice"])
        world.press("4711", on: leg)
        #expect(world.names(.side) == ["Alice", "Phone"])
        let entry = MUCEntry(room: .side, occupant: bob, nick: "Bob", isJoin: true, password: "4711")
        #expect(world.tell(.mucEnter(entry)).welcome != nil)
        #expect(world.conference.settings(of: .side, for: bob) == nil)
        #expect(world.conference.profile(of: .side).settings.pin == nil)
    }

    @Test func theOperatorsPINStays() {
        var configuration = World.demo
        configuration.policyOnUse = RoomPolicy(
            pin: Redacted("1"), moderatorPIN: Redacted("2"), moderators: [World.alice.bare], maximumParticipants: 5)
        var world = World.owned(configuration)
        #expect(
            world.configure { $0.pin = Redacted("4711") }.refusal
                == .unacceptable("The PIN of this room is the operator's."))
        #expect(
            world.configure { $0.maximumParticipants = 6 }.refusal
                == .unacceptable("A room here has 1 to 5 participants."))
        #expect(world.configure { $0.maximumParticipants = 0 }.refusal != nil)
        #expect(world.configure { $0.maximumParticipants = 1 }.isDone)
        let leg = world.newLeg()
        #expect(world.offer(leg, from: .sip("100@h"), to: .sip("side@127.0.0.1")).end(of: leg) == .full)
    }

    @Test mutating func aRoomThatIsKeptStaysAndOneThatIsNotGoes() {
        world.configure { $0.isPersistent = true }
        #expect(!world.tell(.mucLeave(.side, occupant: alice, status: nil)).contains(.roomEnded(.side)))
        #expect(world.enter(bob, nick: "Bob", room: .side).welcome?.created == false)
        #expect(world.role("Bob") == .speaker || world.role("Bob") == .moderator)
        world.tell(.mucLeave(.side, occupant: bob, status: nil))
        // From outside, by who owns it all the same.
        let effects = world.configure { $0.isPersistent = false }
        #expect(effects.contains(.roomEnded(.side)))
        #expect(world.room(.side) == nil)
    }

    @Test func nobodyKeepsRoomsWithoutEnd() throws {
        var configuration = World.demo
        configuration.maximumRoomsOfOne = 200
        var world = World(configuration)
        var refusals: [SubmissionRefusal] = []
        for number in 0...100 {
            let name = try #require(RoomName("r\(number)"))
            world.enter(alice, nick: "Alice", room: name)
            refusals += [world.configure(room: name) { $0.isPersistent = true }.refusal].compactMap(\.self)
        }
        #expect(refusals == [.exhausted("No more rooms are kept.")])
    }

    @Test mutating func theSubjectMayBeTheModeratorsAlone() {
        world.enter(bob, nick: "Bob", room: .side)
        world.configure { $0.othersSetSubject = false }
        #expect(world.tell(.mucSubject(SubmissionID(1), .side, occupant: bob, subject: "x")).refusal != nil)
        #expect(world.say("/topic x", by: bob, via: .muc, room: .side).reply == "You may not set the topic here.")
        #expect(world.tell(.mucSubject(SubmissionID(2), .side, occupant: alice, subject: "x")).refusal == nil)
    }

    @Test(arguments: [300, 5000]) mutating func namesAreNotEndless(_ length: Int) {
        #expect(world.configure { $0.title = String(repeating: "x", count: length) }.refusal != nil)
        let isLong = length > RoomSettings.longestDescription
        #expect((world.configure { $0.description = String(repeating: "x", count: length) }.refusal != nil) == isLong)
    }

    // MARK: The end

    @Test mutating func aDestroyedRoomIsGoneAndCallsHearIt() {
        world.configure { $0.isPersistent = true }
        world.enter(bob, nick: "Bob", room: .side)
        let leg = world.call(from: .sip("100@h"), to: side)
        world.say("/call 100", by: alice, via: .muc, room: .side)
        let alternate = PeerAddress.xmpp("other@rooms.localhost")
        let destruction = RoomDestruction(reason: "over", alternate: alternate)
        let effects = world.govern(alice, .destroy(destruction))
        #expect(effects.first == .destroyed(.side, destruction))
        #expect(effects.records == [.roomRemoved(.side)])
        #expect(effects.contains(.roomEnded(.side)))
        #expect(effects.played(to: leg) == [.goodbye])
        #expect(effects.contains { if case .end(_, .cancelled) = $0 { true } else { false } })
        #expect(world.room(.side) == nil)
        #expect(world.tell(.legPlayed(leg)).end(of: leg) == .expelled)
        #expect(world.conference.liveLegs.isEmpty)
        #expect(world.enter(bob, nick: "Bob", room: .side).welcome?.created == true)
        #expect(world.affiliation("Bob") == .owner)
    }

    @Test func aRoomOfTheSettingsIsNotDestroyed() {
        var world = World(.demo(.moderated))
        world.enter(World.alice, nick: "Alice")
        let wish = Governance.destroy(RoomDestruction(reason: nil, alternate: nil))
        #expect(
            world.govern(World.alice, wish, room: .demo).refusal
                == .outranked("This room is in the server's settings and stays."))
        #expect(
            world.govern(World.bob, wish, room: .demo).refusal == .notAllowed("Only owners of the room may do that."))
        #expect(world.govern(World.bob, wish, room: .side).refusal == .noSuchRoom)
    }

    // MARK: Invitations

    private func invitation(_ invitee: PeerAddress) -> MUCInvitation {
        MUCInvitation(inviter: alice, invitee: invitee, reason: "come")
    }

    @Test mutating func anInvitationIsPassedOnWithThePassword() {
        world.configure { $0.pin = Redacted("4711") }
        let effects = world.tell(.mucInvite(SubmissionID(1), .side, by: alice, [invitation(bob.bare)]))
        var expected = invitation(bob.bare)
        expected.password = "4711"
        #expect(effects.first == .invited(.side, expected))
        #expect(world.tell(.mucInvite(SubmissionID(2), .side, by: carol, [invitation(bob.bare)])).refusal == .notInRoom)
        // Who was invited says no; who was not, nothing.
        #expect(
            world.tell(.mucDecline(.side, invitee: bob, to: alice.bare, reason: "no")) == [
                .declined(.side, MUCInvitation(inviter: alice, invitee: bob.bare, reason: "no"))
            ])
        #expect(world.tell(.mucDecline(.side, invitee: carol, to: alice.bare, reason: "no")).isEmpty)
        #expect(world.tell(.mucDecline(.side, invitee: bob, to: alice.bare, reason: "no")).isEmpty)
    }

    @Test mutating func whoIsInvitedIntoAMembersRoomIsAMember() {
        world.enter(bob, nick: "Bob", room: .side)
        world.affiliate(alice, bob, .member)
        world.configure { $0.isMembersOnly = true }
        #expect(world.tell(.mucInvite(SubmissionID(1), .side, by: bob, [invitation(carol.bare)])).refusal != nil)
        #expect(world.enter(carol, nick: "Carol", room: .side).entryRefusal == .membersOnly)
        #expect(world.tell(.mucInvite(SubmissionID(2), .side, by: alice, [invitation(carol.bare)])).records.count == 1)
        #expect(world.enter(carol, nick: "Carol", room: .side).welcome != nil)
        world.affiliate(alice, carol, .outcast)
        #expect(world.tell(.mucInvite(SubmissionID(3), .side, by: alice, [invitation(carol.bare)])).refusal != nil)
    }

    @Test mutating func anInvitedNumberIsCalled() {
        let effects = world.tell(
            .mucInvite(SubmissionID(1), .side, by: alice, [invitation(.xmpp("100@sip.localhost"))]))
        #expect(effects.contains { if case .dial = $0 { true } else { false } })
    }

    // MARK: Retraction

    @Test mutating func aMessageTakenBackIsShownToNobodyAnyMore() throws {
        world.enter(bob, nick: "Bob", room: .side)
        let id = try #require(world.say("wrong room", by: bob, via: .muc, room: .side).message?.id)
        let retraction = Retraction(messageID: id, tombstone: "<t xmlns='x'/>")
        var mine = Submission(
            id: SubmissionID(1), room: .side, sender: alice, via: .muc, audience: .everyone, body: "I take it back")
        mine.retraction = retraction
        #expect(world.tell(.submit(mine)).refusal == .notAllowed("That message is somebody else's."))
        mine.sender = bob
        let effects = world.tell(.submit(mine))
        #expect(effects.records.contains(.retraction(.side, retraction, author: bob.bare)))
        #expect(world.room(.side)?.history.map(\.body) == ["I take it back"])
    }

    @Test mutating func aModeratorTakesBackAnybodysMessage() throws {
        world.enter(bob, nick: "Bob", room: .side)
        let leg = world.call(from: .sip("100@h"), to: side)
        let id = try #require(world.say("spam", by: bob, via: .muc, room: .side).message?.id)
        let retraction = Retraction(messageID: id, tombstone: "<t xmlns='x'/>")
        #expect(
            world.tell(.retract(SubmissionID(1), .side, by: bob, retraction, payload: "<r xmlns='x'/>")).refusal != nil)
        let effects = world.tell(.retract(SubmissionID(2), .side, by: alice, retraction, payload: "<r xmlns='x'/>"))
        #expect(effects.records.first == .retraction(.side, retraction, author: nil))
        #expect(effects.deliveries.count == 2)
        #expect(!effects.deliveries.contains { $0 == world.endpoint(of: leg, in: .side) })
        #expect(world.room(.side)?.history.isEmpty == true)
    }
}
