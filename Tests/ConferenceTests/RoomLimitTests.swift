import Conference
import Primitives
import Testing

@Suite struct RoomLimitTests {
    private func world(_ maximum: Int, ofOne: Int) -> World {
        var configuration = World.demo
        configuration.maximumRooms = maximum
        configuration.maximumRoomsOfOne = ofOne
        return World(configuration)
    }

    private func room(_ number: Int) throws -> RoomName { try #require(RoomName("r\(number)")) }

    @Test func oneUserMakesSoManyRoomsAndOneMoreWhenOneIsGone() throws {
        var world = world(1000, ofOne: 3)
        let alice = PeerAddress.xmpp("alice@localhost/pc"), phone = PeerAddress.xmpp("alice@localhost/phone")
        for number in 0..<3 { #expect(world.enter(alice, nick: "A", room: try room(number)).welcome != nil) }
        #expect(world.enter(phone, nick: "A", room: try room(3)).entryRefusal == .tooManyRooms)
        #expect(world.room(try room(3)) == nil)
        #expect(world.enter(phone, nick: "A", room: try room(0)).welcome != nil)
        #expect(world.enter(alice, nick: "A").welcome != nil, "a room that is there is nobody's making")
        #expect(world.enter(.xmpp("bob@localhost/pc"), nick: "B", room: try room(3)).welcome != nil)
        world.tell(.mucLeave(try room(1), occupant: alice, status: nil))
        #expect(world.enter(alice, nick: "A", room: try room(4)).welcome != nil)
    }

    @Test func allRoomsTogetherAreLimitedAndAForeignDomainMakesAQuarter() throws {
        var world = world(8, ofOne: 100)
        for number in 0..<4 {
            let eve = PeerAddress.xmpp("eve\(number)@evil.example/x")
            #expect((world.enter(eve, nick: "E", room: try room(number)).welcome != nil) == (number < 2))
        }
        let bob = PeerAddress.xmpp("bob@localhost/pc")
        for number in 10..<20 {
            #expect((world.enter(bob, nick: "B", room: try room(number)).welcome != nil) == (number < 16))
        }
        let effects = world.offer(world.newLeg(), from: .sip("100@h"), to: .sip("r30@127.0.0.1"))
        #expect(effects.contains { if case .end(_, .full) = $0 { true } else { false } })
    }
}
