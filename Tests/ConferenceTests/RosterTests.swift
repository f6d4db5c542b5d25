import Conference
import Primitives
import Testing

@Suite struct RosterTests {
    @Test func aThousandGuestsGetNumbersInOrder() {
        var world = World()
        for user in 0..<1000 { world.call(from: .sip("u\(user)@h"), name: "Guest") }
        #expect(world.names().prefix(3) == ["Guest", "Guest 2", "Guest 3"])
        #expect(world.names().last == "Guest 1000")
        #expect(Set(world.names()).count == 1000)
    }

    @Test func aNumberThatIsFreeAgainIsGivenAgain() {
        var world = World()
        let legs = (0..<5).map { world.call(from: .sip("u\($0)@h"), name: "Guest") }
        world.tell(.legEnded(legs[2], .hangup))
        world.call(from: .sip("new@h"), name: "Guest")
        #expect(world.names() == ["Guest", "Guest 2", "Guest 4", "Guest 5", "Guest 3"])
        world.tell(.legEnded(legs[0], .hangup))
        world.call(from: .sip("newer@h"), name: "guest")
        #expect(world.names().last == "guest")
    }

    /// Whoever comes and goes in whatever order, everybody is found by everything that leads to them.
    @Test func everybodyIsFoundByNumberNameAndEndpoint() {
        var random = SplitMix64(11)
        var world = World()
        var legs: [LegID] = []
        for step in 0..<400 {
            if legs.isEmpty || Int.random(in: 0..<3, using: &random) > 0 {
                let user = Int.random(in: 0..<60, using: &random)
                legs.append(world.call(from: .sip("u\(user)@h"), name: "N\(user % 7)"))
            } else {
                world.tell(.legEnded(legs.remove(at: Int.random(in: 0..<legs.count, using: &random)), .hangup))
            }
            guard step % 20 == 0, let room = world.room() else { continue }
            #expect(room.participants.map(\.id) == room.participants.map(\.id).sorted())
            #expect(room.participants.flatMap(\.endpoints).count == legs.count)
            for participant in room.participants {
                #expect(room.participant(participant.id) == participant)
                #expect(room.participant(named: participant.name.uppercased()) == participant)
                for endpoint in participant.endpoints {
                    #expect(room.endpoint(endpoint.id)?.participant == participant)
                }
            }
        }
    }
}
