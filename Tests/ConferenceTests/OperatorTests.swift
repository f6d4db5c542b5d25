import Conference
import MediaDescription
import Primitives
import Testing

@Suite struct OperatorTests {
    var world = World()

    private mutating func operate(_ wish: OperatorWish) throws -> (outcome: OperatorOutcome, effects: [Effect]) {
        let effects = world.tell(.operate(OperatorRequestID(9), wish))
        for case .operated(OperatorRequestID(9), let outcome) in effects { return (outcome, effects) }
        throw NotAnswered()
    }

    private struct NotAnswered: Error {}

    /// Alice's call of a phone, up, and its id.
    private mutating func up() throws -> (caller: LegID, callee: LegID, id: CallID) {
        let (caller, callee) = try world.bridged()
        return (caller, callee, try #require(world.conference.bridge(of: caller)?.id))
    }

    private func kind(_ outcome: OperatorOutcome) -> OperatorRefusal.Kind? {
        if case .refused(let refusal) = outcome { refusal.kind } else { nil }
    }

    // MARK: What there is

    @Test mutating func aCallIsShownAsItGoesOn() throws {
        let leg = world.newLeg()
        let other = try world.offer(
            leg, from: .xmpp("alice@localhost/phone"), to: .xmpp("100@sip.localhost"), name: "Alice"
        ).calledLeg()
        var call = try #require(world.conference.ongoingCalls.first)
        #expect(call.state == .dialling && call.connected == nil && call.room == nil)
        #expect(call.caller == .xmpp("alice@localhost/phone") && call.dialled == .xmpp("100@sip.localhost"))
        #expect(call.callee == .sip("100@127.0.0.1:5080"))
        #expect(call.parties.map(\.status) == [.dialingIn, .dialingOut] && call.parties.map(\.leg) == [leg, other])
        let id = call.id
        world.tell(.legRinging(other))
        #expect(world.conference.ongoingCall(id)?.parties.map(\.status) == [.dialingIn, .alerting])
        world.tell(.legAnswered(other))
        #expect(world.conference.ongoingCall(id)?.state == .answering)
        world.tell(.legAnswered(leg))
        call = try #require(world.conference.ongoingCall(id))
        #expect(call.state == .connected && call.parties.map(\.name) == ["Alice", nil])
        #expect(try #require(call.connected) > call.began)
        world.tell(.legDirection(leg, .inactive))
        #expect(world.conference.ongoingCall(id)?.parties.map(\.status) == [.onHold, .connected])
        world.tell(.legEnded(leg, .hangup))
        #expect(world.conference.ongoingCalls.isEmpty && world.conference.ongoingCall(id) == nil)
    }

    @Test mutating func theIdIsTheSameInARoomAndBack() throws {
        let (alice, phone, id) = try up()
        let third = try operate(.add("+4930", to: id)).effects.calledLeg()
        var call = try #require(world.conference.ongoingCall(id))
        #expect(call.room == world.conference.room(of: alice) && call.room != nil)
        #expect(call.parties.map(\.leg) == [alice, phone, third])
        #expect(call.parties.map(\.status) == [.connected, .connected, .dialingOut])
        world.tell(.legEnded(third, .busy))
        #expect(world.conference.ongoingCall(id)?.parties.last?.reason == .busy)
        world.run(for: .seconds(6))
        call = try #require(world.conference.ongoingCall(id))
        #expect(call.room == nil && call.parties.count == 2)
        #expect(world.conference.ongoingCalls.count == 1)
    }

    @Test mutating func callsHaveIdsOfTheirOwnInTheOrderTheyCame() throws {
        let first = try up().id
        let second = try world.bridged(from: .xmpp("bob@localhost/phone"), to: .xmpp("+4930@sip.localhost"))
        let ids = world.conference.ongoingCalls.map(\.id)
        #expect(ids == [first, try #require(world.conference.bridge(of: second.caller)?.id)])
        #expect(Set(ids).count == 2)
    }

    // MARK: A third

    @Test mutating func aThirdIsCalledInAsTheCallerCould() throws {
        let (alice, _, id) = try up()
        let (outcome, effects) = try operate(.add("+4930123", to: id))
        guard case .done(let words) = outcome else { throw NotAnswered() }
        #expect(words.contains("+4930123"))
        #expect(effects.outgoing?.target == .sip("+4930123@trunk.example.net") && effects.outgoing?.isFocus == true)
        #expect(effects.last == .operated(OperatorRequestID(9), outcome))
        let third = try effects.calledLeg()
        #expect(world.conference.fare(of: third)?.payer.name == "alice@localhost")
        let mix = try #require(world.conference.room(of: alice).flatMap(world.room)?.mix)
        #expect(world.tell(.legAnswered(third)).contains(.connect(third, mix)))
    }

    @Test mutating func whatTheCallerMayNotCallIsRefusedAndTheCallGoesOn() throws {
        let (alice, _, id) = try up()
        // Premium, by a route that all may take, and no rule opens it.
        let barred = try operate(.add("+49900123", to: id)).outcome
        #expect(kind(barred) == .forbidden)
        guard case .refused(let refusal) = barred else { return }
        #expect(refusal.word == "closed" && refusal.text.contains("premium numbers are closed"))
        #expect(kind(try operate(.add("999", to: id)).outcome) == .forbidden)
        #expect(kind(try operate(.add("sip:@pbx.example.net", to: id)).outcome) == .malformed)
        #expect(kind(try operate(.add("", to: id)).outcome) == .malformed)
        #expect(kind(try operate(.add("100", to: id)).outcome) == .conflict)
        #expect(kind(try operate(.add("+4930", to: CallID("none"))).outcome) == .noSuchCall)
        #expect(world.conference.room(of: alice) == nil && world.conference.ongoingCalls.count == 1)
    }

    @Test mutating func theGatewaysCallersAreTheOnesWhoMay() throws {
        var configuration = World.demo
        configuration.gatewayPolicy = .accounts
        configuration.accounts = AccountDirectory(domain: "talk.localhost", displayNames: ["carol": nil])
        world = World(configuration)
        // A guest may call an account of ours, and nobody else.
        let leg = world.newLeg()
        let other = try world.offer(leg, from: .sip("guest@192.0.2.7"), to: .sip("carol@talk.localhost")).calledLeg()
        world.tell(.legAnswered(other))
        world.tell(.legAnswered(leg))
        let id = try #require(world.conference.bridge(of: leg)?.id)
        #expect(kind(try operate(.add("+4930", to: id)).outcome) == .forbidden)
    }

    @Test mutating func aCallThatRingsTakesNoThird() throws {
        let leg = world.newLeg()
        _ = world.offer(leg, from: .xmpp("alice@localhost/phone"), to: .xmpp("100@sip.localhost"))
        let id = try #require(world.conference.bridge(of: leg)?.id)
        #expect(kind(try operate(.add("+4930", to: id)).outcome) == .conflict)
    }

    @Test mutating func aFourthIsChargedToTheCallerAsWellWhileSheIsThere() throws {
        let (alice, _, id) = try up()
        let third = try operate(.add("+4930", to: id)).effects.calledLeg()
        world.tell(.legAnswered(third))
        let fourth = try operate(.add("+4931", to: id)).effects.calledLeg()
        #expect(world.conference.fare(of: fourth)?.payer.name == "alice@localhost")
        #expect(kind(try operate(.add("+4931", to: id)).outcome) == .conflict)
        world.tell(.legAnswered(fourth))
        world.tell(.legEnded(alice, .hangup))
        #expect(kind(try operate(.add("+4932", to: id)).outcome) == .conflict)
        #expect(world.conference.liveLegs.count == 3)
    }

    // MARK: The end

    @Test mutating func bothEndsHearWhyTheCallIsOver() throws {
        let (alice, phone, id) = try up()
        let (outcome, effects) = try operate(.end(id))
        #expect(outcome == .done("The call is over."))
        for leg in [alice, phone] {
            #expect(effects.contains(.disconnect(leg)) && effects.contains(.end(leg, .ended)))
        }
        #expect(world.conference.liveLegs.isEmpty && world.conference.ongoingCalls.isEmpty)
        #expect(kind(try operate(.end(id)).outcome) == .noSuchCall)
    }

    @Test mutating func whatRingsIsCancelled() throws {
        let leg = world.newLeg()
        let other = try world.offer(leg, from: .xmpp("alice@localhost/phone"), to: .xmpp("100@sip.localhost"))
            .calledLeg()
        world.tell(.legRinging(other))
        let id = try #require(world.conference.bridge(of: leg)?.id)
        let effects = try operate(.end(id)).effects
        #expect(effects.contains(.end(other, .cancelled)) && effects.contains(.end(leg, .ended)))
        #expect(world.conference.liveLegs.isEmpty)
    }

    @Test mutating func aCallThatHasBecomeARoomEndsForAll() throws {
        let (alice, phone, id) = try up()
        let third = try operate(.add("+4930", to: id)).effects.calledLeg()
        world.tell(.legAnswered(third))
        let fourth = try operate(.add("+4931", to: id)).effects.calledLeg()
        let name = try #require(world.conference.room(of: alice))
        let carol = PeerAddress.xmpp("carol@localhost/web")
        world.enter(carol, nick: "Carol", room: name)
        let effects = try operate(.end(id)).effects
        for leg in [alice, phone, third] { #expect(effects.contains(.end(leg, .ended))) }
        #expect(effects.contains(.end(fourth, .cancelled)) && effects.contains(.roomEnded(name)))
        #expect(effects.contains { if case .expelled(name, carol, _, _, _) = $0 { true } else { false } })
        #expect(world.conference.liveLegs.isEmpty && world.conference.ongoingCalls.isEmpty)
        #expect(world.room(name) == nil)
    }

    @Test mutating func whoWasOnTheWayByATransferIsLetGoToo() throws {
        let (alice, phone, id) = try up()
        let pending = try world.tell(
            .transfer(Transfer(id: RequestID(4), leg: alice, target: .xmpp("+4930@sip.localhost")))
        ).calledLeg()
        #expect(world.conference.ongoingCall(id)?.parties.map(\.leg) == [alice, phone, pending])
        #expect(kind(try operate(.add("+4931", to: id)).outcome) == .conflict)
        let effects = try operate(.end(id)).effects
        #expect(effects.contains(.end(pending, .cancelled)) && effects.told == [.failed(.ended)])
        #expect(world.conference.liveLegs.isEmpty)
    }

    @Test mutating func roomsThatNeverWereCallsAreNone() {
        world.call(from: .sip("emil@127.0.0.1"))
        #expect(world.conference.ongoingCalls.isEmpty)
    }
}
