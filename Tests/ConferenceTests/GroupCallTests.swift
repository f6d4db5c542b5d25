import Conference
import Primitives
import Testing

/// A room in group calls of clients.
@Suite struct GroupCallTests {
    private static let party = PeerAddress.xmpp("party@muc.localhost")
    private static let romeo = PeerAddress.xmpp("romeo@localhost/balcony")
    private static let juliet = PeerAddress.xmpp("juliet@localhost/garden")
    private static let id = GroupCallID(1)

    private func invitation(
        _ id: GroupCallID = GroupCallTests.id, by inviter: PeerAddress = romeo, place: PeerAddress = party,
        room: RoomName = .demo
    ) -> Command {
        .group(.invited(GroupCallInvitation(id: id, room: room, inviter: inviter, place: place)))
    }

    /// A room that takes part in a group call.
    private func world(_ configuration: ConferenceConfiguration = World.demo) -> World {
        var world = World(configuration)
        #expect(world.tell(invitation()).order == .join)
        return world
    }

    /// Somebody of the group calls the room, and is answered.
    private func join(
        _ world: inout World, _ peer: PeerAddress, group: GroupCallID = id
    ) -> (leg: LegID, effects: [Effect]) {
        let leg = world.newLeg()
        var call = IncomingCall(
            caller: peer, displayName: nil, callee: .xmpp("demo@talk.localhost"), takesText: true)
        call.group = group
        let offered = world.tell(.legOffered(leg, call))
        return (leg, offered.contains(.accept(leg)) ? world.tell(.legAnswered(leg)) : offered)
    }

    @Test func whoIsFoundIsCalledAndHearsNobodyOfTheGroup() throws {
        var world = world()
        let dialled = world.tell(.group(.found(Self.id, Self.romeo, name: "Romeo")))
        let (leg, call) = try #require(dialled.orderedCall)
        #expect(call.target == Self.romeo)
        #expect(call.group == Self.id)
        #expect(!call.isFocus)
        let answered = world.tell(.legAnswered(leg))
        let connected = try #require(answered.firstIndex { if case .connect(leg, _) = $0 { true } else { false } })
        #expect(answered.dropFirst(connected).contains(.setGroup(leg, 1)))
        #expect(world.callOf("Romeo")?.group == Self.id)
        #expect(world.say("/roster", by: Self.romeo, via: .talk, leg: leg).reply == "1 in demo: Romeo (group call)")
        // Nobody is called twice.
        #expect(world.tell(.group(.found(Self.id, Self.romeo, name: "Romeo"))).orderedCall == nil)
    }

    @Test func whoComesLaterCallsAndIsOfTheGroup() {
        var world = world()
        let (leg, effects) = join(&world, Self.juliet)
        #expect(effects.contains(.setGroup(leg, 1)))
        #expect(world.names() == ["juliet"])
        let phone = world.call(from: .sip("100@127.0.0.1"))
        #expect(world.room()?.endpoint(world.endpoint(of: phone) ?? EndpointID(0))?.endpoint.group == nil)
        // One who leaves the group is no longer in the room; the others are.
        let left = world.tell(.group(.left(Self.id, Self.juliet)))
        #expect(left.end(of: leg) == .hangup)
        #expect(left.contains(.disconnect(leg)))
        #expect(world.names() == ["100"])
    }

    @Test func aStrangerToTheGroupDoesNotCallByIt() {
        var world = world()
        let (leg, effects) = join(&world, Self.juliet, group: GroupCallID(9))
        #expect(effects == [.end(leg, .notFound)])
        var call = IncomingCall(
            caller: Self.juliet, displayName: nil, callee: .xmpp("side@talk.localhost"), takesText: true)
        call.group = Self.id
        let other = world.newLeg()
        #expect(world.tell(.legOffered(other, call)).end(of: other) == .notFound)
    }

    @Test(arguments: [
        RoomPolicy.withPINs, RoomPolicy(waitingRoom: .moderator), RoomPolicy(waitingRoom: .admission),
    ])
    func aRoomWithADoorStaysAway(_ policy: RoomPolicy) {
        var world = World(.demo(policy))
        #expect(world.tell(invitation()).order == .refuse(.locked))
    }

    @Test func aLockedRoomTakesNoInvitationAndNobodyNew() {
        var world = World(.demo(.moderated))
        let alice = world.callAlice()
        world.say("/lock", by: World.alice, via: .talk, leg: alice)
        #expect(world.room()?.isLocked == true)
        #expect(world.tell(invitation()).order == .refuse(.locked))
        world.say("/unlock", by: World.alice, via: .talk, leg: alice)
        #expect(world.tell(invitation()).order == .join)
        world.say("/lock", by: World.alice, via: .talk, leg: alice)
        let (leg, effects) = join(&world, Self.juliet)
        #expect(effects.end(of: leg) == .locked)
        #expect(world.tell(.group(.found(Self.id, Self.romeo, name: nil))).orderedCall == nil)
        // Who is in already may come by the group too.
        let (own, mine) = join(&world, World.alice)
        #expect(mine.contains(.setGroup(own, 1)))
    }

    @Test func outcastsNeitherInviteNorCome() {
        var world = World(.demo(.moderated))
        let alice = world.callAlice()
        world.say("/ban romeo@localhost", by: World.alice, via: .talk, leg: alice)
        #expect(world.tell(invitation()).order == .refuse(.forbidden))
        #expect(world.tell(invitation(by: Self.juliet)).order == .join)
        let (leg, effects) = join(&world, Self.romeo)
        #expect(effects.end(of: leg) == .forbidden)
        // Who is banned later goes as anybody else does.
        let (other, _) = join(&world, Self.juliet)
        let banned = world.say("/ban juliet@localhost", by: World.alice, via: .talk, leg: alice)
        #expect(banned.end(of: other) == .expelled)
    }

    @Test func groupsAndPeopleAreBounded() {
        var configuration = World.demo
        configuration.groupCalls.ofRoom = 2
        configuration.groupCalls.peers = 2
        configuration.groupCalls.ofInviter = 3
        var world = world(configuration)
        #expect(world.tell(invitation(GroupCallID(2))).order == .refuse(.busy))
        let second = PeerAddress.xmpp("second@muc.localhost")
        #expect(world.tell(invitation(GroupCallID(3), place: second)).order == .join)
        let third = PeerAddress.xmpp("third@muc.localhost")
        #expect(world.tell(invitation(GroupCallID(4), place: third)).order == .refuse(.full))
        #expect(world.tell(invitation(GroupCallID(5), place: third, room: .side)).order == .join)
        let fourth = PeerAddress.xmpp("fourth@muc.localhost")
        #expect(world.tell(invitation(GroupCallID(6), place: fourth, room: .side)).order == .refuse(.full))
        _ = join(&world, Self.romeo)
        _ = join(&world, Self.juliet)
        let (leg, effects) = join(&world, .xmpp("paris@localhost/x"))
        #expect(effects.end(of: leg) == .full)
        // Another group is told apart in the mix, and its people are others to the first.
        let (other, joined) = join(&world, .xmpp("tybalt@localhost/x"), group: GroupCallID(3))
        #expect(joined.contains(.setGroup(other, 2)))
    }

    @Test func noGroupsAreJoinedWhereTheOperatorWantsNone() {
        var configuration = World.demo
        configuration.groupCalls.ofRoom = 0
        var world = World(configuration)
        #expect(world.tell(invitation()).order == .refuse(.full))
    }

    @Test func aRoomThatHasNothingToGiveLeavesAfterAWhile() {
        var world = world()
        let (leg, _) = join(&world, Self.romeo)
        let phone = world.call(from: .sip("100@127.0.0.1"))
        #expect(world.run(for: .seconds(600)).order == nil)
        world.tell(.legEnded(phone, .hangup))
        #expect(world.run(for: .seconds(119)).order == nil)
        let left = world.run(for: .seconds(2))
        #expect(left.order == .leave)
        #expect(left.end(of: leg) == .hangup)
        #expect(world.room()?.participants.isEmpty == true)
        #expect(world.conference.liveLegCount == 0)
        #expect(world.conference.nextWake == nil)
    }

    @Test func whenTheGroupEndsItsLegsEndAndTheOthersStay() {
        var world = world()
        let (leg, _) = join(&world, Self.romeo)
        world.tell(.group(.found(Self.id, Self.juliet, name: nil)))
        let phone = world.call(from: .sip("100@127.0.0.1"))
        let ended = world.tell(.group(.ended(Self.id)))
        #expect(ended.end(of: leg) == .hangup)
        #expect(ended.contains { if case .end(_, .cancelled) = $0 { true } else { false } })
        #expect(ended.order == nil)
        #expect(world.names() == ["100"])
        #expect(world.conference.liveLegs == [phone])
        // What comes late means nothing.
        #expect(world.tell(.group(.ended(Self.id))).isEmpty)
        #expect(world.tell(.group(.found(Self.id, Self.juliet, name: nil))).isEmpty)
        #expect(world.tell(.group(.left(Self.id, Self.romeo))).isEmpty)
    }

    @Test func aRoomMadeByTheInvitationLastsAsLongAsTheGroup() {
        var world = World()
        #expect(world.tell(invitation(room: .side)).order == .join)
        #expect(world.room(.side) != nil)
        let ended = world.tell(.group(.ended(Self.id)))
        #expect(ended.contains(.roomEnded(.side)))
        #expect(world.room(.side) == nil)
    }

    @Test func whoeverCallsWhomTheRoomsRulesAreThoseForCallers() throws {
        var policy = RoomPolicy.moderated
        policy.mutesOnEntry = true
        var world = World(.demo(policy))
        world.callAlice()
        world.tell(invitation())
        let (called, _) = try #require(world.tell(.group(.found(Self.id, Self.romeo, name: nil))).orderedCall)
        #expect(world.tell(.legAnswered(called)).voice(of: called)?.isMuted == true)
        let (caller, effects) = join(&world, Self.juliet)
        #expect(effects.voice(of: caller)?.isMuted == true)
        #expect(world.callOf("romeo")?.status == .mutedViaFocus)
        // A moderator by name is one by this way too.
        let (own, _) = try #require(
            world.tell(.group(.found(Self.id, .xmpp("alice@localhost/other"), name: nil))).orderedCall)
        #expect(world.tell(.legAnswered(own)).voice(of: own) == nil)
        #expect(world.who("Alice")?.role == .moderator)
    }

    @Test func moderationIsAsOfOthers() {
        var world = World(.demo(.moderated))
        let alice = world.callAlice()
        world.tell(invitation())
        let (leg, _) = join(&world, Self.romeo)
        #expect(
            world.say("/mute romeo", by: World.alice, via: .talk, leg: alice).voice(of: leg)?.isMuted == true)
        #expect(world.say("/kick romeo", by: World.alice, via: .talk, leg: alice).end(of: leg) == .expelled)
    }
}

extension [Effect] {
    fileprivate var order: GroupCallOrder? {
        for case .group(_, let order) in self { return order }
        return nil
    }

    fileprivate var orderedCall: (leg: LegID, call: OutgoingCall)? {
        for case .dial(let leg, let call) in self { return (leg, call) }
        return nil
    }
}
