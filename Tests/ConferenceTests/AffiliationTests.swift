import Conference
import MediaDescription
import Primitives
import Testing

@Suite struct AffiliationTests {
    let alice = World.alice
    let bob = World.bob
    let carol = World.carol
    let side = PeerAddress.sip("side@127.0.0.1")
    let talk = PeerAddress.xmpp("side@talk.localhost")

    @Test func whoMakesARoomByJoiningOwnsIt() {
        var world = World()
        let effects = world.enter(alice, nick: "Alice", room: .side)
        #expect(effects.welcome?.created == true)
        #expect(world.affiliation("Alice") == .owner)
        #expect(world.role("Alice") == .moderator)
        #expect(effects.records.contains(.affiliation(.side, Affiliate(address: alice.bare, affiliation: .owner))))
        world.enter(bob, nick: "Bob", room: .side)
        #expect(world.affiliation("Bob") == Affiliation.none)
        #expect(world.role("Bob") == .speaker)
    }

    @Test func nobodyOwnsARoomByMakingItWhereTheFirstIsNoModerator() {
        var configuration = World.demo
        configuration.policyOnUse = RoomPolicy(moderators: [bob.bare])
        var world = World(configuration)
        world.enter(alice, nick: "Alice", room: .side)
        world.enter(bob, nick: "Bob", room: .side)
        #expect(world.affiliation("Alice") == Affiliation.none)
        #expect(world.affiliation("Bob") == .owner)
        #expect(
            world.affiliate(alice, carol, .member).refusal
                == .notAllowed("Only admins and owners of the room may do that."))
        #expect(
            world.affiliate(bob, bob, .none).refusal
                == .outranked("bob@localhost is an owner by the server's settings."))
        #expect(world.affiliate(bob, bob, .owner).isDone)
    }

    @Test func anAdminIsAModeratorByPhoneToo() {
        var configuration = World.demo
        configuration.accounts = AccountDirectory(domain: "example.org", displayNames: ["dora": nil])
        var world = World.owned(configuration)
        #expect(world.affiliate(alice, .xmpp("dora@sip.localhost"), .admin).isDone)
        #expect(world.affiliate(alice, bob, .admin).isDone)
        world.call(from: .sip("dora@example.org"), to: .sip("side@rooms.localhost"), name: "Dora")
        let leg = world.call(from: bob, to: talk, name: "Bob")
        #expect(world.role("Dora") == .moderator)
        #expect(world.role("Bob") == .moderator)
        world.press("*9", on: leg)
        #expect(world.room(.side)?.isLocked == true)
    }

    @Test func whoIsMadeAnAdminInTheCallModeratesAtOnceAndNoLongerAfterwards() {
        var world = World.owned()
        let leg = world.call(from: bob, to: talk, name: "Bob")
        world.press("*9", on: leg)
        #expect(world.room(.side)?.isLocked == false)
        let effects = world.affiliate(alice, bob, .admin)
        #expect(effects.records == [.affiliation(.side, Affiliate(address: bob.bare, affiliation: .admin))])
        #expect(effects.contains(.roomChanged(.side, [])))
        #expect(world.role("Bob") == .moderator)
        world.affiliate(alice, bob, .member)
        #expect(world.role("Bob") == .speaker)
    }

    // MARK: Bans

    @Test func aBanTakesSomebodyOutByEveryWayAndKeepsHimOut() {
        var world = World.owned()
        world.enter(bob, nick: "Bob", room: .side)
        let leg = world.call(from: bob, to: talk)
        let effects = world.affiliate(alice, bob, .outcast, reason: "enough")
        #expect(
            effects.contains(.expelled(.side, occupant: bob, by: "Alice", reason: "enough", .banned)))
        #expect(effects.end(of: leg) == .expelled)
        #expect(world.names(.side) == ["Alice"])
        #expect(world.enter(bob, nick: "Bob", room: .side).entryRefusal == .banned)
        let again = world.newLeg()
        #expect(world.offer(again, from: bob, to: talk).end(of: again) == .forbidden)
        #expect(world.conference.mayReadArchive(.side, bob) == false)
        #expect(world.conference.mayWatch(.side, bob, isProven: true, origin: nil) == false)
        #expect(world.affiliate(alice, bob, .none).isDone)
        #expect(world.enter(bob, nick: "Bob", room: .side).welcome != nil)
    }

    @Test func aBannedPhoneIsRefusedByItsAddressWhetherOrNotItIsProven() {
        var configuration = World.demo
        configuration.wantsProof = true
        var world = World.owned(configuration)
        let phone = PeerAddress.sip("mallory@192.0.2.7:5060")
        world.call(from: phone, to: side, name: "Mallory")
        #expect(world.names(.side) == ["Alice", "Mallory"])
        let reply = world.say("/ban Mallory rude", by: alice, via: .muc, room: .side).reply
        #expect(reply == "mallory@192.0.2.7:5060 is banned.")
        #expect(world.names(.side) == ["Alice"])
        let leg = world.newLeg()
        #expect(world.offer(leg, from: phone, to: side).end(of: leg) == .forbidden)
        // Nor may somebody in the room call it in, under its gateway's JID or its own address.
        #expect(
            world.say("/call sip:mallory@192.0.2.7:5060", by: alice, via: .muc, room: .side).reply?
                .contains("may not be called") == true)
        #expect(
            world.say("/unban sip:mallory@192.0.2.7:5060", by: alice, via: .muc, room: .side).reply?.contains("nothing")
                == true)
        #expect(
            world.offer(world.newLeg(), from: phone, to: side).contains { if case .accept = $0 { true } else { false } }
        )
    }

    @Test func aBanOfADomainIsForAllOfItButThoseNamed() {
        var world = World.owned()
        world.affiliate(alice, .xmpp("carol@evil.example"), .member)
        #expect(world.affiliate(alice, .xmpp("evil.example"), .outcast).isDone)
        #expect(world.enter(.xmpp("eve@evil.example/x"), nick: "Eve", room: .side).entryRefusal == .banned)
        #expect(world.enter(.xmpp("carol@evil.example/x"), nick: "Carol", room: .side).welcome != nil)
        #expect(world.affiliate(alice, .xmpp("evil.example"), .admin).refusal != nil)
    }

    @Test func anAddressMayBeWrittenInCapitals() {
        var world = World.owned()
        world.say("/ban xmpp:Bob@LOCALHOST", by: alice, via: .muc, room: .side)
        #expect(world.enter(bob, nick: "Bob", room: .side).entryRefusal == .banned)
    }

    @Test func whoWaitsAtTheDoorIsTurnedAwayWhenBanned() {
        var configuration = World.demo
        configuration.policyOnUse = RoomPolicy(waitingRoom: .admission, firstIsModerator: true)
        configuration.policyOnUse.moderators = [alice.bare]
        var world = World(configuration)
        world.enter(alice, nick: "Alice", room: .side)
        let leg = world.call(from: .sip("200@h"), to: side, name: "Zoe")
        #expect(world.room(.side)?.pending.count == 1)
        world.affiliate(alice, .xmpp("200\\40h@sip.localhost"), .outcast)
        #expect(world.room(.side)?.pending.isEmpty == true)
        #expect(world.run(for: .seconds(20)).end(of: leg) == .forbidden)
    }

    @Test func whoSaysNotWhoItIsCannotBeBannedButPutOut() {
        var world = World.owned()
        world.call(from: .sip("anonymous@anonymous.invalid"), to: side, name: "Nobody")
        let name = world.names(.side).last ?? ""
        #expect(world.say("/ban \(name)", by: alice, via: .muc, room: .side).reply == "\(name) does not say who it is.")
        #expect(world.say("/kick \(name)", by: alice, via: .muc, room: .side).reply != nil)
        #expect(world.names(.side) == ["Alice"])
    }

    // MARK: Who may do what to whom

    @Test func adminsChangeMembersAndOutcastsAndOwnersEverybody() {
        var world = World.owned()
        world.affiliate(alice, bob, .admin)
        #expect(world.affiliate(bob, carol, .member).isDone)
        #expect(world.affiliate(bob, carol, .outcast).isDone)
        #expect(world.affiliate(bob, carol, .none).isDone)
        #expect(world.affiliate(bob, carol, .admin).refusal == .outranked("Only owners do that."))
        #expect(world.affiliate(bob, alice, .outcast).refusal == .outranked("Only owners do that."))
        #expect(world.affiliate(bob, bob, .none).refusal == .outranked("Only owners do that."))
        #expect(world.affiliate(alice, carol, .admin).isDone)
        #expect(world.affiliate(bob, carol, .member).refusal == .outranked("Only owners do that."))
        #expect(world.affiliate(carol, .xmpp("x@h"), .owner).refusal == .outranked("Only owners do that."))
        #expect(world.affiliate(.xmpp("x@h/r"), bob, .none).refusal != nil)
        #expect(
            world.configure(bob) { $0.title = "mine" }.refusal == .notAllowed("Only owners of the room may do that."))
        #expect(world.govern(bob, .destroy(RoomDestruction(reason: nil, alternate: nil))).refusal != nil)
    }

    @Test func theLastOwnerStays() {
        var world = World.owned()
        #expect(world.affiliate(alice, alice, .admin).refusal == .conflict("The last owner of a room stays that."))
        #expect(world.affiliate(alice, alice, .outcast).refusal == .conflict("Nobody bans himself."))
        world.affiliate(alice, bob, .owner)
        #expect(world.affiliate(alice, alice, .none).isDone)
        #expect(world.affiliation("Alice") == Affiliation.none)
        #expect(world.affiliate(alice, bob, .none).refusal != nil)
    }

    @Test func ofSeveralChangesAllAreMadeOrNone() {
        var world = World.owned()
        let changes = [
            AffiliationChange(.address(bob), .member), AffiliationChange(.address(carol), .admin),
            AffiliationChange(.named("Nobody"), .outcast),
        ]
        #expect(world.govern(alice, .affiliate(changes)).refusal == .noSuchParticipant("Nobody"))
        #expect(world.conference.affiliates(.member, in: .side, for: alice) == [])
        #expect(world.govern(alice, .affiliate(Array(changes.dropLast()))).records.count == 2)
        #expect(world.conference.affiliation(of: carol, in: .side) == .admin)
    }

    @Test func moderatorsByRoleDoNotPutOutAdmins() {
        var world = World.owned()
        world.enter(bob, nick: "Bob", room: .side)
        world.enter(carol, nick: "Carol", room: .side)
        world.say("/moderator Bob", by: alice, via: .muc, room: .side)
        world.affiliate(alice, carol, .admin)
        #expect(world.say("/kick Alice", by: bob, via: .muc, room: .side).reply == "Alice is an owner of the room.")
        #expect(
            world.say("/listener Carol", by: bob, via: .muc, room: .side).reply == "Carol moderates by affiliation.")
        #expect(world.say("/kick Bob", by: carol, via: .muc, room: .side).reply == "Bob is out.")
        #expect(world.names(.side) == ["Alice", "Carol"])
    }

    @Test func listsAreForThoseWhoBelong() {
        var world = World.owned()
        world.affiliate(alice, bob, .member)
        world.affiliate(alice, .sip("100@127.0.0.1:5080"), .outcast, reason: "spam")
        #expect(world.conference.affiliates(.owner, in: .side, for: bob)?.map(\.address) == [alice.bare])
        #expect(world.conference.affiliates(.outcast, in: .side, for: bob) == nil)
        #expect(world.conference.affiliates(.outcast, in: .side, for: alice)?.map(\.reason) == ["spam"])
        #expect(world.conference.affiliates(.member, in: .side, for: carol) == nil)
        #expect(world.conference.affiliates(.member, in: .demo, for: alice) == nil)
        world.enter(carol, nick: "Carol", room: .side)
        #expect(world.conference.affiliates(.member, in: .side, for: carol)?.map(\.address) == [bob.bare])
    }

    @Test func theListsOfARoomAreNotEndless() {
        var world = World.owned()
        for number in 0..<999 { world.affiliate(alice, .xmpp("u\(number)@h"), .member) }
        #expect(world.affiliate(alice, .xmpp("one@more"), .member).refusal == .exhausted("The room's lists are full."))
        #expect(world.affiliate(alice, .xmpp("u1@h"), .outcast).isDone)
        #expect(world.affiliate(alice, .xmpp("u1@h"), .none).isDone)
        #expect(world.affiliate(alice, .xmpp("one@more"), .member).isDone)
    }

    @Test func whatWasStoredHoldsAfterwards() {
        var world = World.owned()
        var settings = RoomSettings()
        settings.isPersistent = true
        settings.isMembersOnly = true
        settings.pin = Redacted("4711")
        var conference = Conference(configuration: World.demo, entropy: .seeded(3))
        conference.restore(
            .side, created: WallTime(milliseconds: 1), subject: nil, history: [], settings: settings,
            affiliates: [
                Affiliate(address: alice.bare, affiliation: .owner),
                Affiliate(address: bob.bare, affiliation: .outcast),
            ])
        world.conference = conference
        #expect(world.enter(bob, nick: "Bob", room: .side).entryRefusal == .banned)
        #expect(world.enter(carol, nick: "Carol", room: .side).entryRefusal == .membersOnly)
        #expect(world.enter(alice, nick: "Alice", room: .side).welcome?.created == false)
        #expect(world.role("Alice") == .moderator)
        #expect(world.conference.profile(of: .side).hasPIN)
        world.tell(.mucLeave(.side, occupant: alice, status: nil))
        #expect(world.room(.side) != nil)
    }

    @Test func anUnbelievedAddressGivesNothing() {
        var configuration = World.demo
        configuration.wantsProof = true
        var world = World.owned(configuration)
        world.affiliate(alice, .xmpp("100@sip.localhost"), .admin)
        world.call(from: .sip("100@127.0.0.1:5080"), to: side, name: "Phone")
        #expect(world.role("Phone") == .speaker)
        #expect(world.affiliation("Phone") == Affiliation.none)
    }
}
