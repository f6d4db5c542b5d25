import Primitives
import Testing

@testable import Conference

/// What accounts are called by, and what only those may do who are believed.
@Suite struct AccountTests {
    private let alice = PeerAddress.sip("alice@talk.localhost")

    private func configuration(domain: String = "talk.localhost") -> ConferenceConfiguration {
        var configuration = World.demo
        configuration.accounts = AccountDirectory(domain: domain, displayNames: ["alice": "Alice", "bob": nil])
        configuration.wantsProof = true
        return configuration
    }

    private func call(
        _ world: inout World, from caller: PeerAddress, to callee: PeerAddress = .sip("demo@127.0.0.1"),
        isProven: Bool = false
    ) -> (leg: LegID, effects: [Effect]) {
        let leg = world.newLeg()
        var call = IncomingCall(caller: caller, displayName: nil, callee: callee, takesText: true)
        call.isAuthenticated = isProven
        let effects = world.tell(.legOffered(leg, call))
        world.tell(.legAnswered(leg))
        return (leg, effects)
    }

    // MARK: The dial plan

    @Test func anAccountsNameMeansItBySIPAndThroughTheGateway() {
        let plan = DialPlan(configuration())
        for dialled in ["alice@talk.localhost", "alice@127.0.0.1", "alice@unknown.example:5070"] {
            #expect(plan.destination(of: .sip(dialled)) == .peer(alice))
        }
        #expect(plan.destination(of: .xmpp("alice@sip.localhost")) == .peer(alice))
        // Its room is reached by the name of the rooms' text chat.
        #expect(plan.destination(of: .sip("alice@rooms.localhost")) == RoomName("alice").map { .room($0) })
        #expect(plan.destination(of: .sip("alice@localhost")) == .peer(.xmpp("alice@localhost")))
        #expect(plan.destination(of: .sip("eve@talk.localhost")) == RoomName("eve").map { .room($0) })
    }

    @Test func anotherDomainLeavesTheRoomsNamesAlone() {
        let plan = DialPlan(configuration(domain: "Phones.example"))
        #expect(plan.destination(of: .sip("alice@phones.example")) == .peer(.sip("alice@phones.example")))
        #expect(plan.destination(of: .sip("alice@127.0.0.1")) == .peer(.sip("alice@phones.example")))
        #expect(plan.destination(of: .sip("alice@talk.localhost")) == RoomName("alice").map { .room($0) })
        #expect(plan.destination(of: .sip("demo@phones.example")) == .room(.demo))
        let shared = DialPlan(configuration(domain: "localhost"))
        #expect(shared.destination(of: .sip("alice@localhost")) == .peer(.sip("alice@localhost")))
        #expect(shared.destination(of: .sip("romeo@localhost")) == .peer(.xmpp("romeo@localhost")))
    }

    @Test func roomsCallAccountsByAnyOfTheirNames() throws {
        let plan = DialPlan(configuration())
        for typed in ["alice", "alice@talk.localhost", "sip:alice@talk.localhost", "xmpp:alice@sip.localhost"] {
            let address = try #require(plan.typed(typed))
            #expect(try plan.outgoing(address).get() == alice)
        }
        #expect(plan.caller(alice, seenFrom: .xmpp) == .xmpp("alice@sip.localhost"))
    }

    @Test func anAccountThatIsCalledInHasItsName() {
        var world = World(configuration())
        let bob = call(&world, from: .sip("bob@talk.localhost"), isProven: true)
        world.tell(.invite(Invitation(id: nil, room: .demo, target: alice, by: .leg(bob.leg))))
        #expect(world.conference.room(.demo)?.participants.map(\.name) == ["bob", "Alice"])
        #expect(world.conference.room(.demo)?.participants.last?.endpoints.first?.isAuthenticated == true)
    }

    // MARK: Who may what

    @Test func theGatewayIsForWhoIsBelievedWhereItIsSaidSo() {
        var configuration = configuration()
        configuration.gatewayPolicy = .accounts
        var world = World(configuration)
        let romeo = PeerAddress.sip("romeo@localhost")
        #expect(call(&world, from: .sip("dora@h"), to: romeo).effects.dials == 0)
        #expect(call(&world, from: .sip("bob@talk.localhost"), to: romeo, isProven: true).effects.dials == 1)
        #expect(call(&world, from: .sip("dora@h"), to: alice).effects.dials == 1)
        #expect(call(&world, from: .xmpp("cem@localhost/pc"), to: .xmpp("100@sip.localhost")).effects.dials == 1)
        #expect(call(&world, from: .xmpp("cem@far.example/pc"), to: .xmpp("100@sip.localhost")).effects.dials == 0)
        #expect(call(&world, from: .xmpp("cem@far.example/pc"), to: .xmpp("alice@sip.localhost")).effects.dials == 1)
    }

    @Test func whoIsBelievedMayHaveOthersCalled() {
        var configuration = configuration()
        configuration.dialOut = .accounts
        var world = World(configuration)
        let stranger = call(&world, from: .sip("dora@h"))
        let bob = call(&world, from: .sip("bob@talk.localhost"), isProven: true)
        let jid = call(&world, from: .xmpp("cem@localhost/pc"))
        let far = call(&world, from: .xmpp("cem@far.example/pc"))
        func invite(_ requester: Requester, _ number: String) -> Int {
            world.tell(
                .invite(Invitation(id: nil, room: .demo, target: .sip("\(number)@talk.localhost"), by: requester))
            ).dials
        }
        #expect(invite(.leg(stranger.leg), "100") == 0)
        #expect(invite(.leg(far.leg), "100") == 0)
        #expect(invite(.claimant(Claimant(.sip("dora@h"))), "100") == 0)
        #expect(invite(.leg(bob.leg), "100") == 1)
        #expect(invite(.claimant(Claimant(.sip("bob@talk.localhost"))), "+491") == 0)
        #expect(invite(.claimant(Claimant(.sip("bob@talk.localhost"), isProven: true)), "+491") == 1)
        #expect(invite(.leg(jid.leg), "+492") == 1)
    }

    @Test func aModeratorsAddressAloneMakesNoModerator() {
        var configuration = configuration()
        configuration.policies[.demo] = RoomPolicy(moderators: [.sip("bob@talk.localhost"), .sip("boss@pbx.example")])
        var world = World(configuration)
        _ = call(&world, from: .sip("boss@pbx.example"))
        #expect(world.conference.room(.demo)?.participants.map(\.role) == [.speaker])
        _ = call(&world, from: .sip("boss@pbx.example"), isProven: true)
        // Nor is the one who did not prove it taken for the one who did.
        #expect(world.conference.room(.demo)?.participants.map(\.role) == [.speaker, .moderator])
        _ = call(&world, from: .sip("bob@talk.localhost"), isProven: true)
        #expect(world.conference.room(.demo)?.participants.last?.role == .moderator)
    }

    @Test func twoWhoSayThatTheyAreTheSameAreTwoUnlessTheyProveIt() {
        var world = World(configuration())
        _ = call(&world, from: .sip("dora@h"))
        _ = call(&world, from: .sip("dora@h"))
        _ = call(&world, from: .sip("bob@talk.localhost"), isProven: true)
        _ = call(&world, from: .sip("bob@talk.localhost"), isProven: true)
        let people = world.conference.room(.demo)?.participants.map { $0 } ?? []
        #expect(people.map(\.endpoints.count) == [1, 1, 2])
        #expect(Set(people.map(\.name)).count == 3)
    }
}

extension [Effect] {
    fileprivate var dials: Int { count { if case .dial = $0 { true } else { false } } }
}
