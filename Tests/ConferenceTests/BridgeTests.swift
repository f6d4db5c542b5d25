import Conference
import MediaDescription
import Primitives
import Testing

@Suite struct BridgeTests {
    var world = World()
    let alice = PeerAddress.xmpp("alice@localhost/phone")

    /// Alice calls 100; gives both legs.
    private mutating func dialled() throws -> (caller: LegID, callee: LegID) {
        let caller = world.newLeg()
        let effects = world.offer(caller, from: alice, to: .xmpp("100@sip.localhost"), name: "Alice")
        guard case .dial(let callee, _) = effects.last else { throw Missing() }
        return (caller, callee)
    }

    private mutating func connected() throws -> (caller: LegID, callee: LegID) {
        let (caller, callee) = try dialled()
        world.tell(.legAnswered(callee))
        world.tell(.legAnswered(caller))
        return (caller, callee)
    }

    struct Missing: Error {}

    @Test func aDeviceIsCalledAloneAndIsItsUsersAllTheSame() throws {
        var world = World()
        let device = PeerAddress(.sip, user: "romeo", host: "localhost", resource: "balcony")
        let leg = world.newLeg()
        let effects = world.offer(leg, from: .sip("100@127.0.0.1:5080"), to: device)
        #expect(effects.outgoing?.target == .xmpp("romeo@localhost/balcony"))
        let callee = try effects.calledLeg()
        world.tell(.legAnswered(callee))
        world.tell(.legAnswered(leg))
        #expect(world.type("4", by: .xmpp("romeo@localhost/desk")).keys(for: leg) == "4")
        let text = InstantMessage(
            id: SubmissionID(1), from: .sip("100@127.0.0.1:5080"), to: device, .text(InstantText("x")))
        guard case .pass(let delivery) = world.tell(.instant(text)).first else {
            Issue.record("nothing comes")
            return
        }
        #expect(delivery.target == .xmpp("romeo@localhost/balcony"))
    }

    @Test mutating func aClientCallsANumber() throws {
        let caller = world.newLeg()
        let effects = world.offer(caller, from: alice, to: .xmpp("100@sip.localhost"), name: "Alice")
        let bridge = try #require(world.conference.bridge(of: caller))
        #expect(
            effects == [
                .pair(bridge.callee, caller),
                .dial(
                    bridge.callee,
                    OutgoingCall(
                        target: .sip("100@127.0.0.1:5080"), caller: .sip("alice@localhost"), displayName: "Alice",
                        isFocus: false)),
            ])
        #expect(world.tell(.legRinging(bridge.callee)) == [.ring(caller)])
        #expect(world.tell(.legRinging(bridge.callee)).isEmpty)
        #expect(world.tell(.legAnswered(bridge.callee)) == [.accept(caller)])
        let connected = world.tell(.legAnswered(caller))
        let mix = try #require(world.conference.bridge(of: caller)?.mix)
        #expect(connected == [.setRelays(mix, true), .connect(caller, mix), .connect(bridge.callee, mix)])
        #expect(
            world.tell(.legEnded(caller, .hangup)) == [
                .disconnect(caller), .disconnect(bridge.callee), .end(bridge.callee, .hangup),
            ])
        #expect(world.conference.liveLegs.isEmpty)
        #expect(world.conference.bridges.isEmpty)
    }

    @Test mutating func aPhoneCallsAClient() throws {
        let caller = world.newLeg()
        let effects = world.offer(caller, from: .sip("100@127.0.0.1:5080"), to: .sip("alice@localhost"))
        guard case .dial(_, let call) = effects.last else { throw Missing() }
        #expect(call.target == .xmpp("alice@localhost"))
        #expect(call.caller == .xmpp("100@sip.localhost"))
    }

    @Test(arguments: [EndReason.busy, .declined, .noAnswer, .notFound, .unavailable, .failed("x")])
    mutating func theCallerLearnsWhyTheCalleeDoesNotAnswer(reason: EndReason) throws {
        let (caller, callee) = try dialled()
        #expect(world.tell(.legEnded(callee, reason)) == [.end(caller, reason)])
        #expect(world.tell(.legEnded(caller, .cancelled)).isEmpty)
    }

    @Test mutating func aCallerWhoGivesUpStopsTheRinging() throws {
        let (caller, callee) = try dialled()
        world.tell(.legRinging(callee))
        #expect(world.tell(.legEnded(caller, .hangup)) == [.end(callee, .cancelled)])
        #expect(world.tell(.legAnswered(callee)).isEmpty)
    }

    @Test mutating func aCallerWhoGivesUpJustAsTheCalleeAnswersHangsUp() throws {
        let (caller, callee) = try dialled()
        world.tell(.legAnswered(callee))
        #expect(world.tell(.legEnded(caller, .cancelled)) == [.end(callee, .hangup)])
    }

    @Test mutating func aCalleeWhoHangsUpBeforeTheCallerIsThroughEndsBoth() throws {
        let (caller, callee) = try dialled()
        world.tell(.legAnswered(callee))
        #expect(world.tell(.legEnded(callee, .hangup)) == [.end(caller, .hangup)])
        #expect(world.tell(.legAnswered(caller)).isEmpty)
    }

    @Test mutating func theCallersAnswerBeforeTheCalleesMeansNothing() throws {
        let (caller, callee) = try dialled()
        #expect(world.tell(.legAnswered(caller)).isEmpty)
        #expect(world.tell(.legRinging(caller)).isEmpty)
        #expect(world.tell(.legAnswered(callee)) == [.accept(caller)])
    }

    @Test mutating func holdPassesOnAndItsAnswerDoesNotBounce() throws {
        let (caller, callee) = try connected()
        #expect(world.tell(.legDirection(caller, .sendonly)) == [.setDirection(callee, .sendonly)])
        #expect(world.tell(.legDirection(callee, .recvonly)).isEmpty)
        #expect(world.tell(.legDirection(callee, .inactive)) == [.setDirection(caller, .inactive)])
        #expect(world.tell(.legDirection(callee, .recvonly)) == [.setDirection(caller, .sendrecv)])
        #expect(world.tell(.legDirection(caller, .sendrecv)) == [.setDirection(callee, .sendrecv)])
        #expect(world.tell(.legDirection(callee, .sendrecv)).isEmpty)
    }

    @Test mutating func aDirectionKnownBeforeTheAnswerIsPassedOnWhenBothAreUp() throws {
        let (caller, callee) = try dialled()
        #expect(world.tell(.legDirection(caller, .recvonly)).isEmpty)
        world.tell(.legAnswered(callee))
        #expect(world.tell(.legAnswered(caller)).last == .setDirection(callee, .recvonly))
    }

    @Test mutating func eachBridgedCallHasItsOwnMix() throws {
        let first = try connected()
        let second = try connected()
        let mixes = [first, second].compactMap { world.conference.bridge(of: $0.caller)?.mix }
        #expect(Set(mixes).count == 2)
        #expect(world.conference.bridges.count == 2)
        #expect(!mixes.contains(try #require(world.room()).mix))
    }

    @Test mutating func whatMayNotBeDialledIsRefusedAtOnce() {
        let leg = world.newLeg()
        #expect(world.offer(leg, from: alice, to: .xmpp("900@sip.localhost")) == [.end(leg, .forbidden)])
        #expect(world.conference.liveLegs.isEmpty)
    }
}

extension Bridge {
    fileprivate var mix: MixID? { if case .connected(let mix) = phase { mix } else { nil } }
}
