import Conference
import MediaDescription
import Primitives
import Testing

/// Who is called from a room, and what the room shows of it.
@Suite struct DialOutTests {
    private let alice = PeerAddress.sip("alice@h")

    private func invite(
        _ world: inout World, _ target: PeerAddress, by requester: Requester, id: UInt64 = 1
    ) -> [Effect] {
        world.tell(.invite(Invitation(id: RequestID(id), room: .demo, target: target, by: requester)))
    }

    private func status(_ world: World, _ leg: LegID) -> EndpointStatus? {
        world.endpoint(of: leg).flatMap { world.room()?.endpoint($0)?.endpoint.status }
    }

    @Test func whoIsCalledIsSeenDiallingRingingAndConnected() throws {
        var world = World()
        let caller = world.call(from: alice)
        let effects = invite(&world, .sip("100@talk.localhost"), by: .leg(caller))
        let (leg, call) = try #require(effects.dialled)
        #expect(call.target == .sip("100@127.0.0.1:5080"))
        #expect(call.caller == .sip("demo@talk.localhost"))
        #expect(call.isFocus)
        #expect(effects.progress == [.trying])
        #expect(status(world, leg) == .dialingOut)
        #expect(world.tell(.legRinging(leg)).progress == [.ringing])
        #expect(status(world, leg) == .alerting)
        #expect(world.tell(.legRinging(leg)) == [])
        let answered = world.tell(.legAnswered(leg))
        #expect(answered.progress == [.done])
        #expect(answered.contains { if case .connect(leg, _) = $0 { true } else { false } })
        #expect(status(world, leg) == .connected)
        let endpoint = try #require(world.endpoint(of: leg).flatMap { world.room()?.endpoint($0)?.endpoint })
        #expect(endpoint.joiningMethod == .dialedOut)
        #expect(world.tell(.legEnded(leg, .hangup)).contains(.disconnect(leg)))
        #expect(world.names() == ["alice"])
    }

    @Test(arguments: [
        (EndReason.busy, Disconnection.Method.busy), (.noAnswer, .failed), (.declined, .failed), (.notFound, .failed),
    ])
    func whoCannotBeReachedIsSeenSoBeforeGoing(reason: EndReason, method: Disconnection.Method) throws {
        var world = World()
        let caller = world.call(from: alice)
        let (leg, _) = try #require(invite(&world, .sip("100@talk.localhost"), by: .leg(caller)).dialled)
        #expect(world.tell(.legEnded(leg, reason)).progress == [.failed(reason)])
        #expect(status(world, leg) == .disconnected)
        #expect(
            world.endpoint(of: leg).flatMap { world.room()?.endpoint($0)?.endpoint.disconnection?.method } == method)
        #expect(world.run(for: .seconds(4)).isEmpty)
        let gone = world.run(for: .seconds(2))
        #expect(gone.changes.count == 1)
        #expect(world.names() == ["alice"])
        #expect(world.conference.nextWake == nil)
    }

    @Test func whoDoesNotAnswerIsRungForAMinute() throws {
        var world = World()
        let caller = world.call(from: alice)
        let (leg, _) = try #require(invite(&world, .sip("100@talk.localhost"), by: .leg(caller)).dialled)
        #expect(world.run(for: .seconds(59)).isEmpty)
        let effects = world.run(for: .seconds(2))
        #expect(effects.contains(.end(leg, .noAnswer)))
        #expect(effects.progress == [.failed(.noAnswer)])
        #expect(world.conference.liveLegs == [caller])
    }

    @Test(arguments: [
        ("900@talk.localhost", EndReason.forbidden), ("bob@elsewhere.example", .forbidden),
        ("@talk.localhost", .notFound),
        ("demo@talk.localhost", .forbidden),
    ])
    func whatNoRuleAllowsIsRefused(target: String, reason: EndReason) {
        var world = World()
        let caller = world.call(from: alice)
        let effects = invite(&world, .sip(target), by: .leg(caller))
        #expect(effects.progress == [.refused(reason)])
        #expect(effects.dialled == nil)
        #expect(world.names() == ["alice"])
    }

    @Test func onlyWhoIsInTheRoomMayCallOthers() {
        var world = World()
        world.call(from: alice)
        #expect(
            invite(&world, .sip("100@talk.localhost"), by: .claimant(Claimant(.sip("eve@h")))).progress == [
                .refused(.forbidden)
            ])
        #expect(invite(&world, .sip("100@talk.localhost"), by: .leg(LegID(99))).progress == [.refused(.forbidden)])
        #expect(invite(&world, .sip("100@talk.localhost"), by: .claimant(Claimant(alice))).progress == [.trying])
    }

    @Test(arguments: DialOutPolicy.allCases)
    func whoMayHaveOthersCalledIsASetting(policy: DialOutPolicy) {
        var configuration = World.demo
        configuration.dialOut = policy
        var world = World(configuration)
        let caller = world.call(from: alice)
        let maker = world.newLeg()
        var call = IncomingCall(
            caller: .sip("maker@h"), displayName: nil, callee: .sip("demo@127.0.0.1"), takesText: true)
        call.isMaker = true
        call.isAuthenticated = true
        world.tell(.legOffered(maker, call))
        world.tell(.legAnswered(maker))
        let byAnybody = invite(&world, .sip("100@talk.localhost"), by: .leg(caller))
        #expect(byAnybody.progress == [policy == .everyone ? .trying : .refused(.forbidden)])
        let byModerator = invite(&world, .sip("+491@talk.localhost"), by: .leg(maker))
        #expect(byModerator.progress == [policy == .nobody ? .refused(.forbidden) : .trying])
    }

    @Test func anXMPPUserOfABridgedDomainIsCalledByTheRoomsJID() throws {
        var world = World()
        let caller = world.call(from: alice)
        let (_, call) = try #require(invite(&world, .xmpp("romeo@localhost"), by: .leg(caller)).dialled)
        #expect(call.target == .xmpp("romeo@localhost"))
        #expect(call.caller == .xmpp("demo@talk.localhost"))
        let forbidden = invite(&world, .xmpp("romeo@other.example"), by: .leg(caller), id: 2)
        #expect(forbidden.progress == [.refused(.forbidden)])
        let leg = try #require(world.conference.liveLegs.first { $0 != caller })
        world.tell(.legAnswered(leg))
        #expect(world.room()?.participants.last?.endpoints.first?.takesText == true)
    }

    @Test func whoIsInTheCallAlreadyIsNotCalledAgain() throws {
        var world = World()
        let caller = world.call(from: alice)
        let (leg, _) = try #require(invite(&world, .sip("100@talk.localhost"), by: .leg(caller)).dialled)
        world.tell(.legAnswered(leg))
        let again = invite(&world, .sip("100@talk.localhost"), by: .leg(caller), id: 2)
        #expect(again.progress == [.done])
        #expect(again.dialled == nil)
    }

    @Test func aFullRoomCallsNobody() {
        var configuration = World.demo
        configuration.maximumParticipants = 1
        var world = World(configuration)
        let caller = world.call(from: alice)
        #expect(invite(&world, .sip("100@talk.localhost"), by: .leg(caller)).progress == [.refused(.full)])
    }

    @Test func noMoreAreRungAtATimeThanMayBe() {
        var configuration = World.demo
        configuration.maximumInvitations = 2
        var world = World(configuration)
        let caller = world.call(from: alice)
        let outcomes = (1...3).map { number in
            invite(&world, .sip("+49\(number)@talk.localhost"), by: .leg(caller), id: UInt64(number)).progress
        }
        #expect(outcomes == [[.trying], [.trying], [.refused(.full)]])
    }

    @Test func whatRingsIsCancelledWhenEverybodyLeaves() throws {
        var world = World()
        let caller = world.call(from: alice, to: .sip("side@talk.localhost"))
        let effects = world.tell(
            .invite(Invitation(id: RequestID(1), room: .side, target: .sip("100@talk.localhost"), by: .leg(caller))))
        let (leg, _) = try #require(effects.dialled)
        let left = world.tell(.legEnded(caller, .hangup))
        #expect(left.contains(.end(leg, .cancelled)))
        #expect(left.progress == [.failed(.cancelled)])
        #expect(left.contains(.roomEnded(.side)))
        #expect(world.conference.liveLegs.isEmpty)
        #expect(world.conference.nextWake == nil)
    }

    @Test func aCommandInTheChatCallsAndTellsWhatBecameOfIt() throws {
        var world = World()
        let romeo = PeerAddress.xmpp("romeo@localhost/x")
        world.enter(romeo, nick: "Romeo")
        #expect(world.say("/call", by: romeo, via: .muc).reply?.contains("/call ADDRESS") == true)
        #expect(world.say("/call 900", by: romeo, via: .muc).reply?.contains("may not be called") == true)
        let effects = world.say("/call 100", by: romeo, via: .muc)
        #expect(effects.reply?.hasPrefix("Calling 100.") == true)
        let (leg, _) = try #require(effects.dialled)
        let busy = world.tell(.legEnded(leg, .busy))
        #expect(busy.message?.body.hasSuffix(": busy.") == true)
        #expect(busy.deliveries == [world.endpoint(of: romeo)].compactMap(\.self))
    }

    @Test(arguments: [
        ("sip:100@127.0.0.1:5080", "100@127.0.0.1:5080"), ("100@127.0.0.1:5080", "100@127.0.0.1:5080"),
        ("juliet@localhost", "juliet@localhost"), ("xmpp:juliet@localhost/x", "juliet@localhost"),
        ("tel:+49301;phone-context=x", "+49301@trunk.example.net"), ("bob@pbx.example.net", "bob@pbx.example.net"),
        ("+49 30 (12) 34-5", "+493012345@trunk.example.net"), ("tel:+49 30 1", "+49301@trunk.example.net"),
    ])
    func addressesAreTypedInEveryForm(text: String, target: String) throws {
        var world = World()
        let romeo = PeerAddress.xmpp("romeo@localhost/x")
        world.enter(romeo, nick: "Romeo")
        let (_, call) = try #require(world.say("/call \(text)", by: romeo, via: .muc).dialled)
        #expect(call.target.description == target)
    }

    @Test(arguments: ["+49 30 Alice", "100 200 @h", "tel:+49 x", "100, 100"])
    func aNumberIsNotCalledInPart(text: String) {
        var world = World()
        let romeo = PeerAddress.xmpp("romeo@localhost/x")
        world.enter(romeo, nick: "Romeo")
        #expect(world.say("/call \(text)", by: romeo, via: .muc).dialled == nil)
    }

    @Test func aModeratorExpelsAnybodyAndOthersOnlyThemselves() throws {
        var world = World()
        let first = world.call(from: alice)
        let second = world.call(from: .sip("bob@h"))
        func expel(_ world: inout World, _ target: String, by leg: LegID) -> [Effect] {
            world.tell(
                .expel(Expulsion(id: RequestID(9), room: .demo, target: .address(.sip(target)), by: .leg(leg))))
        }
        #expect(expel(&world, "bob@h", by: first).progress == [.refused(.forbidden)])
        #expect(expel(&world, "carol@h", by: first).progress == [.refused(.forbidden)])
        let effects = expel(&world, "bob@h", by: second)
        #expect(effects.progress == [.done])
        #expect(effects.contains(.end(second, .expelled)))
        #expect(effects.contains(.disconnect(second)))
        #expect(world.names() == ["alice"])
        #expect(world.conference.liveLegs == [first])
    }
}

extension [Effect] {
    var dialled: (leg: LegID, call: OutgoingCall)? {
        for case .dial(let leg, let call) in self { return (leg, call) }
        return nil
    }
    var progress: [RequestProgress] { compactMap { if case .progress(_, let progress) = $0 { progress } else { nil } } }
}
