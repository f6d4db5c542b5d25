import Conference
import MediaDescription
import Primitives
import Testing

@Suite struct RoomCallTests {
    @Test func aCallerIsAnsweredThenHeardThenShown() throws {
        var world = World()
        let leg = world.newLeg()
        #expect(world.offer(leg, from: .sip("100@127.0.0.1:5080"), name: "Ann") == [.accept(leg)])
        #expect(world.names().isEmpty)
        let effects = world.tell(.legAnswered(leg))
        let room = try #require(world.room())
        let participant = try #require(room.participants.first)
        let endpoint = try #require(participant.endpoints.first)
        #expect(
            effects == [
                .connect(leg, room.mix), .roomChanged(.demo, [.endpointJoined(participant.id, endpoint.id)]),
            ])
        #expect(participant.name == "Ann")
        #expect(participant.address == .sip("100@127.0.0.1:5080"))
        #expect(world.tell(.legAnswered(leg)).isEmpty)
    }

    @Test func aNewRoomIsStoredBeforeItsFirstCallerIsAnsweredAndGoesWithTheLast() throws {
        var world = World()
        let leg = world.newLeg()
        let effects = world.offer(leg, from: .sip("a@h"), to: .sip("side@talk.localhost"))
        #expect(effects.records.count == 1)
        #expect(effects.last == .accept(leg))
        world.tell(.legAnswered(leg))
        let other = world.call(from: .sip("b@h"), to: .xmpp("side@talk.localhost"))
        world.tell(.legEnded(leg, .hangup))
        #expect(world.names(.side) == ["b"])
        let last = world.tell(.legEnded(other, .hangup))
        #expect(last.first == .disconnect(other))
        #expect(last.suffix(2) == [.store(.roomRemoved(.side)), .roomEnded(.side)])
        #expect(world.room(.side) == nil)
    }

    @Test func aRoomMadeForACallerWhoGivesUpIsTakenBack() {
        var world = World()
        let leg = world.newLeg()
        _ = world.offer(leg, from: .sip("a@h"), to: .sip("side@talk.localhost"))
        #expect(world.tell(.legEnded(leg, .cancelled)) == [.store(.roomRemoved(.side)), .roomEnded(.side)])
        #expect(world.conference.liveLegs.isEmpty)
    }

    @Test func aRoomStaysWhileSomebodyIsStillBeingAnswered() {
        var world = World()
        let first = world.call(from: .sip("a@h"), to: .sip("side@talk.localhost"))
        let second = world.newLeg()
        _ = world.offer(second, from: .sip("b@h"), to: .sip("side@talk.localhost"))
        world.tell(.legEnded(first, .hangup))
        #expect(world.room(.side) != nil)
        world.tell(.legAnswered(second))
        #expect(world.names(.side) == ["b"])
    }

    @Test func aConfiguredRoomStaysWhenEmpty() {
        var world = World()
        let leg = world.call(from: .sip("a@h"))
        #expect(world.tell(.legEnded(leg, .hangup)).records.isEmpty)
        #expect(world.room()?.participants.isEmpty == true)
    }

    @Test func configuredRoomsAreStoredOnceAndNotWhenRestored() {
        var fresh = Conference(configuration: World.demo, entropy: .seeded(1))
        let wall = WallTime(milliseconds: 5)
        #expect(fresh.open(at: wall) == [.store(.roomCreated(.demo, at: wall))])
        #expect(fresh.open(at: wall).isEmpty)
        #expect(fresh.room(.demo)?.created == wall)
        var restored = Conference(configuration: World.demo, entropy: .seeded(1))
        restored.restore(.demo, created: WallTime(milliseconds: 1), subject: nil, history: [])
        #expect(restored.open(at: wall).isEmpty)
        #expect(restored.room(.demo)?.created.milliseconds == 1)
    }

    @Test func aRoomThatIsFullLetsNobodyElseInButKeepsSeatsForWhoIsThere() {
        var configuration = World.demo
        configuration.maximumParticipants = 2
        var world = World(configuration)
        world.call(from: .sip("a@h"))
        let entering = world.newLeg()
        _ = world.offer(entering, from: .sip("b@h"))
        let refused = world.newLeg()
        #expect(world.offer(refused, from: .sip("c@h")) == [.end(refused, .full)])
        #expect(world.enter(.xmpp("alice@localhost/x"), nick: "Alice").entryRefusal == .full)
        let again = world.newLeg()
        #expect(world.offer(again, from: .sip("a@h")) == [.accept(again)])
        let alsoEntering = world.newLeg()
        #expect(world.offer(alsoEntering, from: .sip("b@h")) == [.accept(alsoEntering)])
        world.tell(.legEnded(entering, .cancelled))
        world.tell(.legEnded(alsoEntering, .cancelled))
        let late = world.newLeg()
        #expect(world.offer(late, from: .sip("c@h")) == [.accept(late)])
    }

    @Test(arguments: ["", String(repeating: "x", count: 10_000), "a b", "a/b", "<x>", "a\u{0}"])
    func aNameThatNoRoomCanHaveIsNotFound(name: String) {
        var world = World()
        let leg = world.newLeg()
        let callee = PeerAddress(.sip, user: name, host: "talk.localhost")
        #expect(world.offer(leg, from: .sip("a@h"), to: callee) == [.end(leg, .notFound)])
        #expect(world.conference.liveLegs.isEmpty)
    }

    @Test func roomsAreNotMadeWhereTheOperatorForbidsIt() {
        var configuration = World.demo
        configuration.createsRooms = false
        var world = World(configuration)
        let leg = world.newLeg()
        #expect(world.offer(leg, from: .sip("a@h"), to: .sip("side@h")) == [.end(leg, .notFound)])
        #expect(world.enter(.xmpp("alice@localhost/x"), nick: "A", room: .side).entryRefusal == .noSuchRoom)
        let other = world.newLeg()
        #expect(world.offer(other, from: .sip("a@h")) == [.accept(other)])
    }

    @Test func onePersonByTwoPhonesIsOneParticipant() {
        var world = World()
        let first = world.call(from: .sip("100@127.0.0.1:5080"))
        world.call(from: .sip("100@127.0.0.1:5080"))
        world.call(from: .sip("100@127.0.0.1"))
        #expect(world.room()?.participants.map(\.endpoints.count) == [2, 1])
        #expect(world.names() == ["100", "100 2"])
        world.tell(.legEnded(first, .hangup))
        #expect(world.room()?.participants.map(\.endpoints.count) == [1, 1])
    }

    @Test func anonymousCallersAreEachTheirOwn() {
        var world = World()
        for _ in 0..<3 { world.call(from: .sip("anonymous@anonymous.invalid")) }
        world.call(from: .sip("10.0.0.5"))
        world.call(from: .sip("10.0.0.5"))
        #expect(world.names() == ["Guest", "Guest 2", "Guest 3", "Guest 4", "Guest 5"])
    }

    @Test func holdShowsAndResumes() {
        var world = World()
        let leg = world.call(from: .sip("a@h"))
        #expect(world.tell(.legDirection(leg, .sendonly)).changes.count == 1)
        #expect(world.room()?.participants.first?.endpoints.first?.status == .onHold)
        #expect(world.room()?.participants.first?.endpoints.first?.direction == .sendonly)
        #expect(world.tell(.legDirection(leg, .sendonly)).isEmpty)
        world.tell(.legDirection(leg, .sendrecv))
        #expect(world.room()?.participants.first?.endpoints.first?.status == .connected)
    }

    @Test func theSourceIsShownAlsoWhenItIsKnownBeforeTheAnswer() {
        var world = World()
        let leg = world.newLeg()
        _ = world.offer(leg, from: .sip("a@h"))
        world.tell(.legSource(leg, 7))
        world.tell(.legDirection(leg, .recvonly))
        world.tell(.legAnswered(leg))
        #expect(world.room()?.participants.first?.endpoints.first?.source == 7)
        #expect(world.room()?.participants.first?.endpoints.first?.direction == .recvonly)
        #expect(world.tell(.legSource(leg, 8)).changes.count == 1)
        #expect(world.tell(.legSource(leg, 8)).isEmpty)
    }

    @Test func whatIsSaidOfUnknownLegsIsIgnored() {
        var world = World()
        let leg = LegID(99)
        for command in [
            Command.legRinging(leg), .legAnswered(leg), .legDirection(leg, .inactive), .legSource(leg, 1),
            .legEnded(leg, .hangup),
        ] { #expect(world.tell(command).isEmpty) }
    }

    @Test func aLeaverIsNamedInFullToThoseWhoDrawTheRoster() throws {
        var world = World()
        let leg = world.call(from: .sip("a@h"), name: "Ann")
        let before = try #require(world.room()?.participants.first)
        let changes = world.tell(.legEnded(leg, .hangup)).changes
        #expect(changes == [.endpointLeft(before, before.endpoints[0])])
    }
}
