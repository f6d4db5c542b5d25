import Conference
import Primitives
import Testing

/// Calls out by trunks, as the domain decides on them.
@Suite struct TrunkTests {
    static var configuration: ConferenceConfiguration {
        var configuration = World.demo
        configuration.routes = [
            GatewayRoute(pattern: "+49*", host: "a.example", trunks: ["a", "b", "c"]),
            GatewayRoute(pattern: "*@pbx.example", host: "c.example:5070", trunks: ["c"]),
            GatewayRoute(pattern: "1??", host: "127.0.0.1:5080"),
        ]
        var a = Trunk(host: "a.example")
        a.rewriting = NumberRewriting(leading: "+", prefix: "00")
        a.callerIDs = CallerIDs(usual: "+49300", table: ["alice@localhost": "+49301", "other.net": "+49302"])
        var b = Trunk(host: "b.example")
        b.rewriting = NumberRewriting(leading: "+49", prefix: "0")
        b.maximumCalls = 1
        configuration.trunks = ["a": a, "b": b, "c": Trunk(host: "c.example:5070")]
        configuration.numbers = NumberPlan(international: "00", national: "0", country: "49")
        configuration.calling.rules = [CallingRule(.everyone, nil)]
        configuration.aliases = ["desk": "+493012", "bob": "bob@pbx.example"]
        return configuration
    }

    var world = World(TrunkTests.configuration)
    let alice = PeerAddress.xmpp("alice@localhost/phone")

    private mutating func dial(_ number: String = "+493012", from caller: PeerAddress? = nil) -> (LegID, [Effect]) {
        let leg = world.newLeg()
        return (
            leg, world.offer(leg, from: caller ?? alice, to: PeerAddress(.xmpp, user: number, host: "sip.localhost"))
        )
    }

    @Test mutating func whoHidesIsShownUnderNoNumber() throws {
        var call = IncomingCall(
            caller: .sip("anonymous@anonymous.invalid"), displayName: "Anonymous",
            callee: .sip("+493012@sip.localhost"),
            takesText: false)
        call.isAuthenticated = true
        let effects = world.tell(.legOffered(world.newLeg(), call))
        #expect(try #require(effects.outcall).1.trunk?.callerID == "anonymous")
    }

    @Test mutating func theNextTrunkIsTriedAndTheCallerNoticesNothing() throws {
        let (caller, effects) = dial()
        let (first, call) = try #require(effects.outcall)
        #expect(call.target == .sip("00493012@a.example"))
        #expect(call.trunk == TrunkCall(name: "a", callerID: "+49301", hasNext: true))
        let again = world.tell(.legUnplaced(first, .noAnswer, .unreachable))
        let (second, next) = try #require(again.outcall)
        #expect(again.count == 2 && again.first == .pair(second, caller) && second != first)
        #expect(next.target == .sip("03012@b.example") && next.trunk?.name == "b" && next.caller == call.caller)
        #expect(world.tell(.legRinging(second)) == [.ring(caller)])
        let (third, last) = try #require(world.tell(.legUnplaced(second, .failed("x"), .refused)).outcall)
        #expect(last.target == .sip("+493012@c.example:5070") && last.trunk?.hasNext == false)
        #expect(world.tell(.legRinging(third)).isEmpty)
        #expect(world.tell(.legAnswered(third)) == [.accept(caller)])
        #expect(world.conference.bridge(of: caller)?.callee == third)
    }

    @Test mutating func afterTheLastTrunkTheCallerIsToldWhy() throws {
        let (caller, effects) = dial("bob")
        let (leg, call) = try #require(effects.outcall)
        #expect(call.target == .sip("bob@c.example:5070"))
        #expect(world.tell(.legUnplaced(leg, .unavailable, .unreachable)) == [.end(caller, .unavailable)])
        #expect(world.conference.liveLegs.isEmpty)
    }

    @Test(arguments: [EndReason.busy, .declined, .notFound, .noAnswer])
    mutating func whatTheCalleeSaysIsFinal(reason: EndReason) throws {
        let (caller, effects) = dial()
        let (leg, _) = try #require(effects.outcall)
        #expect(world.tell(.legEnded(leg, reason)) == [.end(caller, reason)])
    }

    @Test mutating func aTrunkThatIsDeadIsTriedLastForAWhile() throws {
        let (_, effects) = dial()
        world.tell(.legUnplaced(try #require(effects.outcall).0, .noAnswer, .unreachable))
        #expect(dial().1.outcall?.1.trunk?.name == "c", "b has the one call that it takes")
        world.pass(.seconds(61))
        let later = try #require(dial().1.outcall)
        #expect(later.1.trunk?.name == "a")
        world.tell(.legUnplaced(later.0, .failed("503"), .overloaded(seconds: 600)))
        world.pass(.seconds(500))
        #expect(dial().1.outcall?.1.trunk?.name == "c")
        world.pass(.seconds(101))
        #expect(dial().1.outcall?.1.trunk?.name == "a")
    }

    @Test mutating func aTrunkThatAnswersIsWellAgain() throws {
        let (_, effects) = dial()
        world.tell(.legUnplaced(try #require(effects.outcall).0, .noAnswer, .overloaded(seconds: .max)))
        let (leg, call) = try #require(dial().1.outcall)
        #expect(call.trunk?.name == "c")
        var last = world.tell(.legUnplaced(leg, .failed("500"), .refused))
        let back = try #require(last.outcall)
        #expect(back.1.trunk == TrunkCall(name: "a", callerID: "+49301", hasNext: false))
        world.tell(.legRinging(back.0))
        last = dial().1
        #expect(last.outcall?.1.trunk?.name == "a")
    }

    @Test mutating func aTrunkTakesNoMoreCallsThanItMay() throws {
        var configuration = TrunkTests.configuration
        configuration.trunks["c"]?.maximumCalls = 2
        world = World(configuration)
        let calls = (0..<3).map { _ in dial("bob\\40pbx.example") }
        #expect(calls[1].1.outcall?.1.trunk?.name == "c")
        #expect(calls[2].1 == [.end(calls[2].0, .failed("All lines are in use"))])
        world.tell(.legEnded(try #require(calls[0].1.outcall).0, .busy))
        #expect(dial("bob%pbx.example").1.outcall?.1.target == .sip("bob@c.example:5070"))
    }

    // MARK: Sound before the answer

    @Test mutating func whoIsHeardBeforeItAnswersIsPassedOnAndItsRefusalEndsTheCall() throws {
        let (caller, effects) = dial()
        let (leg, _) = try #require(effects.outcall)
        #expect(world.tell(.legRinging(leg)) == [.ring(caller)])
        #expect(world.tell(.legEarly(leg)) == [.accept(caller)])
        #expect(world.tell(.legEarly(leg)).isEmpty)
        let connected = world.tell(.legAnswered(caller))
        #expect(connected.count == 3 && connected.contains { if case .connect(leg, _) = $0 { true } else { false } })
        #expect(world.tell(.legEnded(leg, .busy)) == [.disconnect(leg), .disconnect(caller), .end(caller, .busy)])
    }

    @Test mutating func whoIsHeardBeforeItAnswersMayAnswerAtAnyTime() throws {
        for callerFirst in [true, false] {
            let (caller, effects) = dial()
            let (leg, _) = try #require(effects.outcall)
            world.tell(.legEarly(leg))
            let order = callerFirst ? [caller, leg] : [leg, caller]
            let all = order.flatMap { world.tell(.legAnswered($0)) }
            #expect(all.count == 3, "connected once: \(all)")
            #expect(world.tell(.legEnded(caller, .hangup)).last == .end(leg, .hangup))
        }
    }

    @Test mutating func onlyTheCalleeIsHeardEarly() throws {
        let (caller, effects) = dial()
        #expect(world.tell(.legEarly(caller)).isEmpty)
        world.tell(.legAnswered(try #require(effects.outcall).0))
        #expect(world.tell(.legEarly(try #require(effects.outcall).0)).isEmpty)
        #expect(world.tell(.legEarly(LegID(4711))).isEmpty)
    }

    @Test mutating func whoGivesUpWhileATrunkIsTriedIsNotCalledByTheNext() throws {
        let (caller, effects) = dial()
        let (leg, _) = try #require(effects.outcall)
        #expect(world.tell(.legEnded(caller, .cancelled)) == [.end(leg, .cancelled)])
        #expect(world.tell(.legUnplaced(leg, .noAnswer, .unreachable)).isEmpty)
    }

    @Test mutating func whoHasAnsweredIsNotCalledByAnother() throws {
        let (caller, effects) = dial()
        let (leg, _) = try #require(effects.outcall)
        world.tell(.legAnswered(leg))
        #expect(world.tell(.legUnplaced(leg, .failed("x"), .refused)) == [.end(caller, .failed("x"))])
    }

    @Test mutating func aCallFromARoomGoesByTheNextTrunkToo() throws {
        world.call(from: .sip("dora@127.0.0.1"), name: "Dora")
        let asker = PeerAddress.sip("dora@127.0.0.1")
        let effects = world.tell(
            .invite(
                Invitation(
                    id: RequestID(7), room: .demo, target: .sip("+49 (30) 1-2@talk.localhost"),
                    by: .claimant(Claimant(asker)))))
        let (first, call) = try #require(effects.outcall)
        #expect(call.target == .sip("00493012@a.example") && call.trunk?.callerID == "+49300")
        let (second, next) = try #require(world.tell(.legUnplaced(first, .noAnswer, .unreachable)).outcall)
        #expect(next.trunk?.name == "b" && next.isFocus)
        #expect(world.room()?.participants.last?.endpoints.first?.leg == second)
        #expect(world.tell(.legRinging(second)).contains(.progress(RequestID(7), .ringing)))
        #expect(world.tell(.legAnswered(second)).contains(.progress(RequestID(7), .done)))
        #expect(world.room()?.participants.count == 2)
    }

    @Test mutating func aRouteToAHostHasNoTrunk() throws {
        let (_, call) = try #require(dial("100").1.outcall)
        #expect(call.target == .sip("100@127.0.0.1:5080") && call.trunk == nil)
    }

    @Test(arguments: [
        ("romeo@other.net", "+49302"), ("alice@localhost", "+49301"), ("Bob@localhost", "+49300"),
        ("alice@other.org", "+49300"),
    ])
    func theNumberOfACallerIsThatOfItsAddressOrDomain(caller: String, number: String) {
        #expect(TrunkTests.configuration.trunks["a"]?.callerIDs.number(for: .xmpp(caller)) == number)
        #expect(CallerIDs().number(for: .xmpp(caller)) == nil)
    }

    @Test(arguments: [
        ("+49 30 123-45", "+493012345"), ("(030) 12.34", "+49301234"), ("0049301", "+49301"), ("00", "00"),
        ("0", "0"), ("112", "112"), ("+1-555-0100", "+15550100"), ("bob.smith", "bob.smith"), ("b-0", "b-0"),
        ("-", "-"), ("", ""), ("+", "+"), ("1+2", "1+2"), ("*31#030", "*31#030"),
    ])
    func numbersAreWrittenInOneWay(typed: String, number: String) {
        #expect(TrunkTests.configuration.numbers.normal(typed) == number)
    }

    @Test func withoutPrefixesNumbersKeepThem() {
        #expect(NumberPlan().normal("00 49-30") == "004930")
    }

    @Test(arguments: [
        (NumberRewriting(leading: "+", prefix: "00"), "+4930", "004930"),
        (NumberRewriting(leading: "+"), "4930", "4930"),
        (NumberRewriting(count: 2, prefix: "9"), "4930", "930"), (NumberRewriting(count: 4), "4930", "4930"),
        (NumberRewriting(leading: "4930", prefix: "1"), "4930", "4930"), (NumberRewriting(count: 20), "1", "1"),
        (NumberRewriting(leading: "0", count: 1, prefix: "+"), "00491", "+491"),
    ])
    func aTrunkHasItsOwnWayToWriteNumbers(rewriting: NumberRewriting, number: String, written: String) {
        #expect(rewriting.apply(to: number) == written)
    }

    @Test(arguments: [
        ("DESK", "+493012@a.example"), ("bob", "bob@c.example:5070"), ("bob%pbx.example", "bob@c.example:5070"),
        ("bob\\40pbx.example", "bob@c.example:5070"), ("+49-30-12", "+493012@a.example"),
        ("0049\\2030", "+4930@a.example"), ("030", "+4930@a.example"),
    ])
    func anAliasAndAPercentSignLeadWhereTheEscapedAddressDoes(localpart: String, target: String) {
        let plan = DialPlan(TrunkTests.configuration)
        #expect(plan.destination(of: PeerAddress(.xmpp, user: localpart, host: "sip.localhost")) == .peer(.sip(target)))
    }

    @Test(arguments: ["bob%elsewhere.example", "bob%pbx", "%pbx.example", "bob%", "50%"])
    func aPercentSignOpensNoOtherWay(localpart: String) {
        let plan = DialPlan(TrunkTests.configuration)
        #expect(
            plan.destination(of: PeerAddress(.xmpp, user: localpart, host: "sip.localhost")) == .refused(.forbidden))
    }

    @Test mutating func aThousandCallsThatAreOverAreForgotten() throws {
        for _ in 0..<1000 {
            let (caller, effects) = dial("bob")
            world.tell(.legEnded(caller, .cancelled))
            #expect(effects.outcall != nil)
        }
        var configuration = TrunkTests.configuration
        configuration.trunks["c"]?.maximumCalls = 1
        world = World(configuration)
        for _ in 0..<3 {
            let (caller, effects) = dial("bob")
            #expect(effects.outcall != nil)
            world.tell(.legEnded(caller, .cancelled))
        }
    }

    @Test mutating func aTrunkThatAnswersAtOnceIsNoLongerAvoided() throws {
        var configuration = TrunkTests.configuration
        configuration.trunks["b"]?.maximumCalls = nil
        configuration.routes[0].trunks = ["a", "b"]
        world = World(configuration)
        world.tell(.legUnplaced(try #require(dial().1.outcall).0, .noAnswer, .overloaded(seconds: 3000)))
        let second = try #require(dial().1.outcall)
        #expect(second.1.trunk?.name == "b")
        let first = try #require(world.tell(.legUnplaced(second.0, .noAnswer, .refused)).outcall)
        #expect(first.1.trunk?.name == "a")
        world.tell(.legAnswered(first.0))
        #expect(dial().1.outcall?.1.trunk?.name == "a")
    }

    @Test mutating func aTrunkThatSaysBusyIsNoLongerAvoided() throws {
        var configuration = TrunkTests.configuration
        configuration.trunks["b"]?.maximumCalls = nil
        configuration.routes[0].trunks = ["a", "b"]
        world = World(configuration)
        world.tell(.legUnplaced(try #require(dial().1.outcall).0, .noAnswer, .unreachable))
        let second = try #require(dial().1.outcall)
        let first = try #require(world.tell(.legUnplaced(second.0, .noAnswer, .refused)).outcall)
        world.tell(.legEnded(first.0, .busy))
        #expect(dial().1.outcall?.1.trunk?.name == "a")
    }

    @Test mutating func aTrunkIsWaitedForWhereTheOthersAreFull() throws {
        var configuration = TrunkTests.configuration
        configuration.routes[0].trunks = ["b", "a"]
        configuration.trunks["a"]?.maximumCalls = 1
        world = World(configuration)
        #expect(dial().1.outcall?.1.trunk?.hasNext == true)
        #expect(dial().1.outcall?.1.trunk == TrunkCall(name: "a", callerID: "+49301", hasNext: false))
        configuration.trunks["b"]?.maximumCalls = 2
        world = World(configuration)
        _ = dial()
        let (leg, _) = try #require(dial().1.outcall)
        world.tell(.legUnplaced(leg, .noAnswer, .refused))
        let third = try #require(dial().1.outcall)
        #expect(third.1.trunk?.name == "b" && third.1.trunk?.hasNext == false, "a is full")
    }

    @Test mutating func numbersGoByARuleForNumbersWhereTwoLeadToOneHost() throws {
        var configuration = TrunkTests.configuration
        configuration.routes = [
            GatewayRoute(pattern: "*@a.example", host: "a.example", trunks: ["c"]),
            GatewayRoute(pattern: "+*", host: "a.example", trunks: ["a"]),
        ]
        world = World(configuration)
        #expect(dial().1.outcall?.1.trunk?.name == "a")
        #expect(dial("bob\\40a.example").1.outcall?.1.trunk?.name == "c")
    }
}

extension [Effect] {
    fileprivate var outcall: (LegID, OutgoingCall)? {
        for case .dial(let leg, let call) in self { return (leg, call) }
        return nil
    }
}
