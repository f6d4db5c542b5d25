import Conference
import Primitives
import Testing

/// Numbers that SIP callers dial at the gateway's domain, and how often a call may be sent on.
@Suite struct DiallingTests {
    var world = World(Self.configuration)

    static var configuration: ConferenceConfiguration {
        var configuration = World.demo
        configuration.accounts = AccountDirectory(domain: "talk.localhost", displayNames: ["emil": "Emil"])
        configuration.wantsProof = true
        configuration.calling.rules = [CallingRule(.accounts, [.national])]
        configuration.calling.failures.count = 3
        return configuration
    }

    private func call(
        _ user: String, from caller: PeerAddress = .sip("emil@talk.localhost"), isProven: Bool = true,
        host: String = "sip.localhost"
    ) -> IncomingCall {
        var call = IncomingCall(
            caller: caller, displayName: "Emil", callee: PeerAddress(.sip, user: user, host: host), takesText: false)
        call.isAuthenticated = isProven
        call.origin = "192.0.2.9"
        return call
    }

    private mutating func dial(_ call: IncomingCall) -> (leg: LegID, effects: [Effect]) {
        let leg = world.newLeg()
        return (leg, world.tell(.legOffered(leg, call)))
    }

    @Test mutating func whoHasProvenWhoHeIsCallsOut() throws {
        let (leg, effects) = dial(call("+4930123"))
        let out = try #require(effects.outgoing)
        #expect(out.target == .sip("+4930123@trunk.example.net") && out.caller == .sip("emil@talk.localhost"))
        let callee = try effects.calledLeg()
        #expect(effects.first == .pair(callee, leg))
        #expect(world.conference.fare(of: callee)?.numberClass == .national)
        world.tell(.legAnswered(callee))
        #expect(world.tell(.legAnswered(leg)).contains { if case .connect(callee, _) = $0 { true } else { false } })
        #expect(world.tell(.legEnded(leg, .hangup)).ends(callee))
    }

    @Test(arguments: ["+4930123", "100", "112", "bob%pbx.example.net", "999"])
    mutating func nobodyElseDoes(number: String) {
        let caller = PeerAddress.sip("emil@talk.localhost")
        let (leg, effects) = dial(call(number, from: caller, isProven: false))
        #expect(effects == [.end(leg, .forbidden)])
        #expect(world.conference.liveLegs.isEmpty)
    }

    @Test(arguments: [
        ("999", EndReason.forbidden), ("+442071234567", .forbidden), ("0900123", .forbidden), ("*21*017#", .forbidden),
    ])
    mutating func noWayLeadsPastTheRoutes(number: String, reason: EndReason) {
        let (leg, effects) = dial(call(number))
        #expect(effects == [.end(leg, reason)])
    }

    @Test mutating func whatCostsMoneyTakesARuleAndWhoTriesIsShutOut() {
        var configuration = Self.configuration
        configuration.calling.rules = []
        world = World(configuration)
        for attempt in 1...3 {
            let (leg, effects) = dial(call("+4930123"))
            #expect(effects.first == .end(leg, .barred(.closed(.national))))
            #expect(effects.contains { if case .shutOut = $0 { true } else { false } } == (attempt == 3))
        }
        let (leg, effects) = dial(call("100"))
        #expect(effects == [.end(leg, .barred(.shutOut))])
    }

    @Test mutating func anAccountAndAUserAreCalledAsBefore() {
        #expect(dial(call("emil", from: .sip("x@192.0.2.9"))).effects.outgoing?.target == .sip("emil@talk.localhost"))
        let (leg, effects) = dial(call("bob@localhost", isProven: false))
        #expect(effects.outgoing?.target == .xmpp("bob@localhost") || effects == [.end(leg, .forbidden)])
        #expect(dial(call("")).effects.count == 1)
    }

    // MARK: Hops

    @Test(arguments: [(nil, nil), (70, 69), (255, 70), (2, 1), (1, 0)] as [(Int?, Int?)])
    mutating func aCallThatGoesOnHasOneHopLess(hops: Int?, left: Int?) {
        var call = call("100")
        call.hops = hops
        let effects = dial(call).effects
        #expect(effects.outgoing != nil && effects.outgoing?.hops == left)
    }

    @Test(arguments: [0, -1, Int.min])
    mutating func aCallWithoutHopsGoesNowhereButToUs(hops: Int) {
        var call = call("100")
        call.hops = hops
        let (leg, effects) = dial(call)
        #expect(effects == [.end(leg, .tooManyHops)])
        call.callee = .sip("bob@localhost")
        #expect(dial(call).effects.outgoing?.target == .xmpp("bob@localhost"))
        call.callee = .sip("demo@127.0.0.1")
        let (room, into) = dial(call)
        #expect(into == [.accept(room)])
    }

    @Test(arguments: [(1, true), (0, false)])
    mutating func aVoicemailIsAHopToo(hops: Int, isCalled: Bool) {
        var configuration = Self.configuration
        configuration.voicemail = "100"
        world = World(configuration)
        var call = call("bob@localhost")
        call.callee = .sip("bob@localhost")
        call.hops = hops
        let (leg, effects) = dial(call)
        guard let bob = try? effects.calledLeg() else {
            Issue.record("bob is not called")
            return
        }
        let after = world.tell(.legEnded(bob, .busy))
        #expect((after.outgoing?.hops == 0) == isCalled && after.contains(.end(leg, .busy)) == !isCalled)
    }
}
