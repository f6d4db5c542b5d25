import Conference
import Primitives
import Testing

/// Nobody calls at somebody else's expense, nor anything that is dearer than it looks.
@Suite struct ExpenseTests {
    private let boss = PeerAddress.sip("231@pbx.example")
    private let host = "192.0.2.20"

    /// An exchange vouches for its phones, and is allowed what others are not; nobody is asked for a password.
    private func world() throws -> World {
        var configuration = World.demo
        configuration.dialOut = .everyone
        configuration.calling.rules = [CallingRule(try #require(CallerPattern(host)), [.national])]
        return World(configuration)
    }

    private func vouched(_ world: inout World, isProven: Bool = true, from origin: String) -> LegID {
        let leg = world.newLeg()
        var call = IncomingCall(
            caller: boss, displayName: nil, callee: .sip("demo@127.0.0.1"), takesText: true)
        call.isAuthenticated = isProven
        call.origin = origin
        world.tell(.legOffered(leg, call))
        world.tell(.legAnswered(leg))
        return leg
    }

    private func invite(_ world: inout World, by requester: Requester) -> [Effect] {
        world.tell(
            .invite(
                Invitation(id: RequestID(1), room: .demo, target: .sip("+4930@talk.localhost"), by: requester)))
    }

    @Test func whoWritesAnotherOnesAddressCallsNobodyForIt() throws {
        var world = try world()
        let leg = vouched(&world, from: host)
        let forged = Claimant(boss, isProven: false, origin: "198.51.100.1")
        #expect(invite(&world, by: .claimant(forged)).told == [.refused(.forbidden)])
        #expect(world.say("/call +4930", by: boss, via: .sip).outgoing == nil)
        #expect(invite(&world, by: .leg(leg)).outgoing != nil)
        world.tell(.legEnded(leg, .hangup))
    }

    @Test func aCallIsPaidForByThePhoneThatAsks() throws {
        var world = try world()
        // Two phones of one address, of which the exchange vouches for neither.
        let here = vouched(&world, isProven: false, from: host)
        let elsewhere = vouched(&world, isProven: false, from: "198.51.100.1")
        #expect(world.say("/call +4930", by: boss, via: .sip, leg: elsewhere).outgoing == nil)
        #expect(world.say("/call +4930", by: boss, via: .sip, leg: here).outgoing != nil)
    }

    @Test func whoIsProvenIsAskedForNothingMore() throws {
        var world = try world()
        _ = vouched(&world, from: host)
        #expect(invite(&world, by: .claimant(Claimant(boss, isProven: true, origin: host))).outgoing != nil)
    }

    // MARK: What is called

    private func behindCode(_ rewriting: NumberRewriting, pattern: String = "*") -> World {
        var configuration = World.demo
        configuration.routes = [GatewayRoute(pattern: pattern, host: "a.example", trunks: ["a"])]
        var trunk = Trunk(host: "a.example")
        trunk.rewriting = rewriting
        configuration.trunks = ["a": trunk]
        configuration.calling.rules = [CallingRule(.everyone, [.national, .international])]
        return World(configuration)
    }

    @Test func aNumberBehindAnAccessCodeIsWhatItIs() throws {
        var world = behindCode(NumberRewriting(count: 1), pattern: "9*")
        let leg = world.newLeg()
        let alice = PeerAddress.xmpp("alice@localhost/x")
        #expect(
            world.offer(leg, from: alice, to: .xmpp("90900123456@sip.localhost"))
                == [.end(leg, .barred(.closed(.premium)))])
        let call = world.offer(world.newLeg(), from: alice, to: .xmpp("9030123456@sip.localhost")).outgoing
        #expect(call?.target == .sip("030123456@a.example"))
    }

    @Test func aNameIsNotCutIntoANumber() throws {
        var world = behindCode(NumberRewriting(leading: "x", count: 1))
        let effects = world.offer(
            world.newLeg(), from: .xmpp("alice@localhost/x"), to: .xmpp("xx0900123456@sip.localhost"))
        #expect(effects.outgoing?.target == .sip("xx0900123456@a.example"))
    }

    // MARK: Who was called

    @Test func whoWasCalledAtAnExchangePaysAsItsPhonesDo() throws {
        var configuration = World.demo
        configuration.routes.append(GatewayRoute(pattern: "2??", host: host))
        configuration.calling.rules = [CallingRule(try #require(CallerPattern(host)), [.national])]
        var world = World(configuration)
        let (_, phone) = try world.bridged(to: .xmpp("231@sip.localhost"))
        let effects = world.tell(
            .transfer(Transfer(id: RequestID(1), leg: phone, target: .sip("+4930@sip.localhost"))))
        #expect(effects.outgoing?.target.user == "+4930")
        let fare = try #require(world.conference.fare(of: try effects.calledLeg()))
        #expect(fare.payer.origin == host)
    }

    @Test func aCallerWithAnAccountsAddressIsNotItsOwnerForThat() throws {
        var configuration = World.demo
        configuration.accounts = AccountDirectory(
            domain: "talk.localhost", displayNames: ["anna": nil, "boss": nil])
        configuration.calling.rules = [
            CallingRule(try #require(CallerPattern("boss@talk.localhost")), [.national])
        ]
        var world = World(configuration)
        let (caller, callee) = try world.bridged(
            from: .sip("boss@talk.localhost"), to: .sip("anna@talk.localhost"), name: nil)
        let target = PeerAddress.sip("+4930@sip.localhost")
        #expect(
            world.tell(.transfer(Transfer(id: RequestID(1), leg: caller, target: target))).told
                == [.refused(.barred(.closed(.national)))])
        #expect(
            world.tell(.transfer(Transfer(id: RequestID(1), leg: callee, target: target))).told
                == [.refused(.barred(.closed(.national)))])
    }
}
