import Conference
import Primitives
import Testing

/// Who may call which numbers, and what that says to who may not.
@Suite struct CallingTests {
    private let alice = PeerAddress.xmpp("alice@localhost/x")
    private let bob = PeerAddress.xmpp("bob@localhost/x")

    private func world(_ change: (inout CallingConfiguration) -> Void = { _ in }) -> World {
        var configuration = World.demo
        configuration.routes.append(GatewayRoute(pattern: "*", host: "trunk.example.net"))
        change(&configuration.calling)
        return World(configuration)
    }

    private func number(_ text: String) -> PeerAddress { PeerAddress(.xmpp, user: text, host: "sip.localhost") }

    /// A call to a number: the leg that is dialled, or why not.
    private func dial(
        _ world: inout World, _ text: String, by caller: PeerAddress
    ) -> (caller: LegID, result: Result<LegID, Refusal>) {
        let leg = world.newLeg()
        let effects = world.offer(leg, from: caller, to: number(text))
        if let (callee, _) = effects.dialled { return (leg, .success(callee)) }
        for case .end(leg, let reason) in effects { return (leg, .failure(Refusal(reason))) }
        return (leg, .failure(Refusal(.failed("nothing"))))
    }

    private func reason(_ world: inout World, _ text: String, by caller: PeerAddress) -> EndReason? {
        if case .failure(let refusal) = dial(&world, text, by: caller).result { refusal.reason } else { nil }
    }

    private func answer(_ world: inout World, _ caller: LegID, _ callee: LegID) {
        world.tell(.legAnswered(callee))
        world.tell(.legAnswered(caller))
    }

    @Test func whoHidesPaysAllTheSame() throws {
        var world = world {
            $0.rules = [CallingRule(.accounts, [.national])]
            $0.quotas = [CallQuota(.eachCaller, callsAtOnce: 1)]
        }
        func call(from caller: String, as account: String?) -> [Effect] {
            var call = IncomingCall(
                caller: .sip(caller), displayName: nil, callee: .sip("030123456@sip.localhost"), takesText: false)
            call.isAuthenticated = true
            call.account = account.map { .sip($0) }
            call.origin = "2001:db8::\(caller.count)"
            return world.tell(.legOffered(world.newLeg(), call))
        }
        let hidden = call(from: "anonymous@anonymous.invalid", as: "boss@accounts.example")
        let leg = try hidden.calledLeg()
        #expect(world.conference.fare(of: leg)?.payer.address == .sip("boss@accounts.example"))
        #expect(call(from: "boss@accounts.example", as: nil).outgoing == nil)
        #expect(call(from: "anonymous@anonymous.invalid", as: "boss@accounts.example").outgoing == nil)
        #expect(call(from: "other@accounts.example", as: nil).outgoing != nil)
    }

    @Test func strangersOfOneNetworkAreCountedAsOne() {
        func name(_ host: String) -> String {
            Payer(address: .sip("x@y"), origin: host, isProven: false, isOurs: false).name
        }
        #expect(name("2001:db8::1") == name("2001:db8::2"))
        #expect(name("2001:db8::1") != name("2001:db8:0:1::1"))
        #expect(name("192.0.2.1") != name("192.0.2.2"))
    }

    @Test func anExplicitHostIsClassedByTheRouteThatLeadsThere() {
        var configuration = World.demo
        configuration.routes = [
            GatewayRoute(pattern: "118??", host: "pbx.example"), GatewayRoute(pattern: "*", host: "provider.example"),
        ]
        configuration.calling.rules = []
        var world = World(configuration)
        #expect(reason(&world, "11833", by: alice) == nil)
        #expect(reason(&world, "11833%provider.example", by: alice) == .barred(.closed(.premium)))
        #expect(reason(&world, "11833\\40provider.example", by: alice) == .barred(.closed(.premium)))
    }

    // MARK: Rules

    @Test func aRouteOpensShortNumbersAndNothingElse() {
        var world = world { $0.rules = [] }
        #expect(reason(&world, "100", by: alice) == nil)
        #expect(reason(&world, "4711", by: alice) == nil)
        #expect(reason(&world, "112", by: alice) == nil)
        for (text, numberClass) in [
            ("030123456", NumberClass.national), ("01701234567", .mobile), ("+442071234567", .international),
            ("0900123456", .premium), ("+8816123456", .satellite), ("*21*0170123456#", .code),
        ] {
            #expect(reason(&world, text, by: alice) == .barred(.closed(numberClass)))
        }
    }

    @Test func rulesOpenToWhomTheyName() throws {
        var world = world {
            $0.rules = [
                CallingRule(.person("alice@localhost"), [.international]),
                CallingRule(.domain("localhost"), [.national]),
                CallingRule(.accounts, [.mobile]),
            ]
        }
        #expect(reason(&world, "+442071234567", by: alice) == nil)
        #expect(reason(&world, "+442071234567", by: bob) == .barred(.closed(.international)))
        #expect(reason(&world, "030123456", by: bob) == nil)
        #expect(reason(&world, "01701234567", by: bob) == nil)
        let stranger = PeerAddress.xmpp("alice@elsewhere.example/x")
        #expect(reason(&world, "030123456", by: stranger) == .barred(.closed(.national)))
        #expect(reason(&world, "01701234567", by: stranger) == .barred(.closed(.mobile)))
        #expect(reason(&world, "0900123456", by: alice) == .barred(.closed(.premium)))
    }

    @Test(arguments: [
        ("*", true), ("accounts", false), ("alice@example.org", false), ("@example.org", false), ("192.0.2.0/24", true),
        ("192.0.2.8", false),
    ])
    func whoProvesNothingIsNobodyButItsHost(text: String, matches: Bool) throws {
        let pattern = try #require(CallerPattern(text))
        var world = world { $0.rules = [CallingRule(pattern, [.national])] }
        var call = IncomingCall(
            caller: .sip("alice@example.org"), displayName: nil, callee: .sip("demo@127.0.0.1"), takesText: true)
        call.origin = "192.0.2.7"
        let leg = world.newLeg()
        world.tell(.legOffered(leg, call))
        world.tell(.legAnswered(leg))
        let effects = world.tell(
            .invite(Invitation(id: RequestID(1), room: .demo, target: .sip("+4930123@talk.localhost"), by: .leg(leg))))
        #expect((effects.dialled != nil) == matches)
        if !matches { #expect(effects.progress == [.refused(.barred(.closed(.national)))]) }
    }

    @Test(arguments: ["", "alice", "@", "alice@", "a@b/c", "300.1.1.1"])
    func nonsenseIsNobody(text: String) { #expect(CallerPattern(text) == nil) }

    @Test func aRoomRefusesWithWordsInEveryWayToAsk() throws {
        var world = world()
        world.call(from: alice, to: .xmpp("demo@talk.localhost"))
        let typed = world.say("/call +442071234567", by: alice, via: .talk)
        #expect(typed.reply == "+442071234567: international numbers are closed to you.")
        world.enter(alice, nick: "alice")
        let invited = world.tell(
            .mucInvite(
                SubmissionID(900), .demo, by: alice,
                [MUCInvitation(inviter: alice, invitee: number("0900123456"), reason: nil)]))
        #expect(invited.refusal == .notAllowed("premium numbers are closed to you."))
    }

    @Test func textsGoWhereCallsMay() {
        let world = world()
        let payer = Payer(address: alice, origin: nil, isProven: true, isOurs: true)
        #expect(world.conference.mayWrite(payer, to: .sip("+4930123456@trunk.example.net")))
        #expect(!world.conference.mayWrite(payer, to: .sip("+44123456789@trunk.example.net")))
        #expect(world.conference.mayWrite(payer, to: .sip("bob@pbx.example.net")))
    }

    // MARK: Quotas

    @Test func callsAtOnceAreCountedForEachCallerFromTheFirstRing() throws {
        var world = world { $0.quotas = [CallQuota(.eachCaller, callsAtOnce: 2)] }
        let (first, _) = dial(&world, "030123456", by: alice)
        let (_, second) = dial(&world, "030123457", by: alice)
        #expect(reason(&world, "030123458", by: alice) == .barred(.tooManyCalls(.caller)))
        #expect(reason(&world, "100", by: alice) == nil, "what is free is not counted")
        #expect(reason(&world, "030123458", by: bob) == nil)
        world.tell(.legEnded(first, .cancelled))
        let (third, _) = dial(&world, "030123458", by: alice)
        #expect(reason(&world, "030123459", by: alice) == .barred(.tooManyCalls(.caller)))
        world.tell(.legEnded(try second.get(), .busy))
        world.tell(.legEnded(third, .cancelled))
        #expect(reason(&world, "030123459", by: alice) == nil)
    }

    @Test func quotasHoldForDomainsAndForAll() throws {
        let partner = PeerAddress.xmpp("p@partner.example/x")
        var world = world {
            $0.quotas = [CallQuota(.eachDomain, callsAtOnce: 1), CallQuota(.everybody, callsAtOnce: 2)]
        }
        _ = dial(&world, "030123456", by: alice)
        #expect(reason(&world, "030123457", by: bob) == .barred(.tooManyCalls(.domain)))
        _ = dial(&world, "030123457", by: partner)
        #expect(reason(&world, "030123458", by: .xmpp("c@third.example/x")) == .barred(.tooManyCalls(.everybody)))
    }

    @Test func aQuotaOfOnesOwnStandsInPlaceOfThatForAll() {
        var world = world {
            $0.quotas = [
                CallQuota(.eachCaller, callsAtOnce: 1), CallQuota(.caller("alice@localhost"), callsAtOnce: 2),
                CallQuota(.eachCaller, classes: [.mobile], callsAtOnce: 1),
            ]
        }
        _ = dial(&world, "01701234567", by: alice)
        #expect(reason(&world, "01701234568", by: alice) == .barred(.tooManyCalls(.caller)), "that for mobiles stays")
        #expect(reason(&world, "030123456", by: alice) == nil)
        _ = dial(&world, "030123456", by: bob)
        #expect(reason(&world, "030123457", by: bob) == .barred(.tooManyCalls(.caller)))
    }

    @Test func minutesThatAreUsedUpEndTheCallAndRefuseTheNext() throws {
        var world = world { $0.quotas = [CallQuota(.eachCaller, minutesADay: 10)] }
        let (caller, result) = dial(&world, "030123456", by: alice)
        let callee = try result.get()
        world.run(for: .seconds(300))
        answer(&world, caller, callee)
        #expect(world.run(for: .seconds(595)).ends.isEmpty, "ringing costs nothing")
        let ended = world.run(for: .seconds(6))
        #expect(
            Set(ended.ends) == [
                .end(caller, .barred(.minutesUsed(.caller))), .end(callee, .barred(.minutesUsed(.caller))),
            ])
        #expect(world.conference.liveLegs.isEmpty)
        #expect(reason(&world, "030123457", by: alice) == .barred(.minutesUsed(.caller)))
        #expect(reason(&world, "030123457", by: bob) == nil)
        #expect(reason(&world, "112", by: alice) == nil)
    }

    @Test func twoCallsUseTheMinutesTogether() throws {
        var world = world { $0.quotas = [CallQuota(.everybody, classes: [.national], minutesADay: 10)] }
        for (caller, text) in [(alice, "030123456"), (bob, "030123457")] {
            let (leg, result) = dial(&world, text, by: caller)
            answer(&world, leg, try result.get())
        }
        #expect(world.run(for: .seconds(295)).ends.isEmpty)
        #expect(world.run(for: .seconds(6)).ends.count == 4)
        #expect(reason(&world, "030123457", by: alice) == .barred(.minutesUsed(.everybody)))
        #expect(reason(&world, "01701234567", by: alice) == nil)
    }

    /// The world's wall begins on 2027-01-15 at 08:00 UTC.
    @Test func minutesBeginAnewAtTheOperatorsMidnight() throws {
        var world = world {
            $0.quotas = [CallQuota(.eachCaller, minutesADay: 60)]
            $0.dayOffset = .seconds(3600)
        }
        world.pass(.seconds(14 * 3600 + 1800))
        let (caller, result) = dial(&world, "030123456", by: alice)
        let callee = try result.get()
        answer(&world, caller, callee)
        // 22:30 UTC, 23:30 there: half of an hour today, and a whole one tomorrow.
        #expect(world.run(for: .seconds(1800 + 3590)).ends.isEmpty)
        #expect(world.run(for: .seconds(20)).ends.count == 2)
        #expect(reason(&world, "030123457", by: alice) == .barred(.minutesUsed(.caller)))
        world.pass(.seconds(23 * 3600))
        #expect(reason(&world, "030123457", by: alice) == nil)
    }

    @Test func whatWasUsedIsKeptEveryMinuteAndPutBack() throws {
        var world = world { $0.quotas = [CallQuota(.eachCaller, minutesADay: 5)] }
        let (caller, result) = dial(&world, "030123456", by: alice)
        answer(&world, caller, try result.get())
        let kept = world.run(for: .seconds(125)).usages
        #expect(kept.map(\.account) == ["alice@localhost", "alice@localhost"])
        #expect((119_000...121_000).contains(kept.last?.milliseconds ?? 0))
        let ended = world.tell(.legEnded(caller, .hangup)).usages
        #expect((124_000...126_000).contains(ended.last?.milliseconds ?? 0))

        var next = self.world { $0.quotas = [CallQuota(.eachCaller, minutesADay: 5)] }
        next.conference.restore(ended, at: WallTime(milliseconds: 1_800_000_000_000))
        let (again, second) = dial(&next, "030123456", by: alice)
        answer(&next, again, try second.get())
        #expect(next.run(for: .seconds(170)).ends.isEmpty)
        #expect(next.run(for: .seconds(10)).ends.count == 2)

        var tomorrow = self.world { $0.quotas = [CallQuota(.eachCaller, minutesADay: 2)] }
        tomorrow.conference.restore(ended, at: WallTime(milliseconds: 1_800_090_000_000))
        #expect(reason(&tomorrow, "030123456", by: alice) == nil)
    }

    @Test func whatIsRunningAtTheEndIsKept() throws {
        var world = world { $0.quotas = [CallQuota(.eachCaller, minutesADay: 5)] }
        let (caller, result) = dial(&world, "030123456", by: alice)
        answer(&world, caller, try result.get())
        world.pass(.seconds(30))
        let kept = world.settle().usages
        #expect(kept.count == 1 && (30_000...31_000).contains(kept.first?.milliseconds ?? 0))
    }

    @Test func aCallLastsAsLongAsOneMay() throws {
        var world = world { $0.maximumDuration = .seconds(3600) }
        let (caller, result) = dial(&world, "030123456", by: alice)
        answer(&world, caller, try result.get())
        let (free, second) = dial(&world, "100", by: bob)
        answer(&world, free, try second.get())
        #expect(world.run(for: .seconds(3595)).ends.isEmpty)
        #expect(world.run(for: .seconds(10)).ends.contains(.end(caller, .barred(.tooLong))))
        #expect(world.conference.liveLegs == [free, try second.get()].sorted())
        #expect(world.conference.nextWake == nil)
    }

    @Test func theInviterPaysForWhomARoomCalls() throws {
        var world = world { $0.quotas = [CallQuota(.eachCaller, callsAtOnce: 1, minutesADay: 1)] }
        let caller = world.call(from: alice, to: .xmpp("demo@talk.localhost"))
        world.call(from: bob, to: .xmpp("demo@talk.localhost"))
        let effects = world.say("/call 030123456", by: alice, via: .talk)
        let (leg, _) = try #require(effects.dialled)
        #expect(world.conference.fare(of: leg)?.payer.name == "alice@localhost")
        #expect(world.say("/call 030123457", by: alice, via: .talk).reply?.contains("as many calls as you may") == true)
        world.tell(.legAnswered(leg))
        world.tell(.legEnded(caller, .hangup))
        let over = world.run(for: .seconds(61))
        #expect(over.ends == [.end(leg, .barred(.minutesUsed(.caller)))])
        #expect(over.changes.count == 1)
        #expect(world.names() == ["bob"])
    }

    @Test func aCallThatGoesOnByAnotherTrunkIsOneCall() throws {
        var configuration = World.demo
        configuration.trunks = ["a": Trunk(host: "a.example"), "b": Trunk(host: "b.example")]
        configuration.trunks["b"]?.maximumCalls = 1
        configuration.routes = [GatewayRoute(pattern: "*", host: "a.example", trunks: ["a", "b"])]
        configuration.calling.quotas = [CallQuota(.eachCaller, callsAtOnce: 2)]
        var world = World(configuration)
        var log = CallLog(first: 1)
        let leg = world.newLeg()
        let effects = world.offer(leg, from: alice, to: number("030123456"))
        let first = (caller: leg, result: Result<LegID, Refusal>.success(try #require(effects.dialled).leg))
        let record = log.note(nil, effects, world.conference, WallTime(milliseconds: 0)).first
        #expect(record?.numberClass == "national" && record?.payer == "alice@localhost" && record?.trunk == "a")
        let moved = try #require(world.tell(.legUnplaced(try first.result.get(), .unavailable, .refused)).dialled).leg
        #expect(world.conference.fare(of: moved)?.payer.name == "alice@localhost")
        let second = dial(&world, "030123457", by: alice)
        #expect(reason(&world, "030123458", by: alice) == .barred(.tooManyCalls(.caller)))
        // The other trunk is full, so that this one is over.
        world.tell(.legUnplaced(try second.result.get(), .unavailable, .refused))
        let third = dial(&world, "030123458", by: alice)
        #expect(world.conference.fare(of: try third.result.get()) != nil)
        world.tell(.legEnded(moved, .unavailable))
        world.tell(.legEnded(third.caller, .cancelled))
        #expect(world.conference.liveLegs.isEmpty)
        #expect(reason(&world, "030123459", by: alice) == nil)
    }

    // MARK: Failures

    @Test func whoTriesTooManyNumbersIsShutOutForAWhile() throws {
        var world = world { $0.failures.count = 5 }
        for index in 0..<4 {
            #expect(reason(&world, "+4412345678\(index)", by: alice) == .barred(.closed(.international)))
        }
        let leg = world.newLeg()
        let effects = world.offer(leg, from: alice, to: number("0900123456"))
        #expect(
            effects.contains { if case .shutOut(let payer, _) = $0 { payer.name == "alice@localhost" } else { false } })
        #expect(reason(&world, "030123456", by: alice) == .barred(.shutOut))
        #expect(reason(&world, "100", by: alice) == .barred(.shutOut))
        #expect(reason(&world, "112", by: alice) == nil)
        #expect(reason(&world, "030123456", by: bob) == nil)
        world.pass(.seconds(901))
        #expect(reason(&world, "030123456", by: alice) == nil)
    }

    @Test func whoIsBusyOrNotThereCountsAndWhoDoesNotAnswerDoesNot() throws {
        for (reason, counts) in [
            (EndReason.busy, true), (.notFound, true), (.forbidden, true), (.noAnswer, false), (.declined, false),
        ] {
            var world = world { $0.failures.count = 2 }
            for _ in 0..<2 {
                let (_, result) = dial(&world, "030123456", by: alice)
                world.tell(.legEnded(try result.get(), reason))
            }
            #expect((self.reason(&world, "030123456", by: alice) == .barred(.shutOut)) == counts)
        }
    }

    @Test func failuresLongAgoAreForgotten() {
        var world = world { $0.failures.count = 2 }
        for _ in 0..<5 {
            #expect(reason(&world, "0900123456", by: alice) == .barred(.closed(.premium)))
            world.pass(.seconds(700))
        }
    }

    /// A caller on the SIP side that nobody knows may be anybody's, and one host of many.
    @Test func callsInAreNotCounted() {
        var world = world { $0.failures.count = 2 }
        for index in 0..<10 {
            var call = IncomingCall(
                caller: .sip("alice@h"), displayName: nil, callee: .sip("nobody\(index)@localhost"), takesText: false)
            call.origin = "192.0.2.7"
            let leg = world.newLeg()
            let effects = world.tell(.legOffered(leg, call))
            guard let (callee, _) = effects.dialled else {
                Issue.record("not called")
                continue
            }
            #expect(world.conference.fare(of: callee) == nil)
            #expect(
                !world.tell(.legEnded(callee, .notFound)).contains { if case .shutOut = $0 { true } else { false } })
        }
    }

    /// Ten thousand who try numbers: what is kept of them is bounded, and nothing is counted twice or left behind.
    @Test func aFloodOfCallersLeavesNothingBehind() throws {
        var world = world { $0.quotas = [CallQuota(.eachCaller, callsAtOnce: 1, minutesADay: 1)] }
        for index in 0..<6000 {
            let caller = PeerAddress.xmpp("u\(index)@flood.example/x")
            let (leg, result) = dial(&world, index.isMultiple(of: 3) ? "0900123456" : "030123456", by: caller)
            guard case .success(let callee) = result else { continue }
            answer(&world, leg, callee)
            world.tell(.legEnded(index.isMultiple(of: 2) ? leg : callee, .hangup))
        }
        #expect(world.conference.liveLegs.isEmpty)
        #expect(world.conference.nextWake == nil)
    }

    // MARK: Names

    @Test(arguments: [
        ("Alice", "Alice"), ("+49 30 110", nil), ("110", nil), ("Agent 007 of MI6", "Agent 007 of MI6"),
        ("\u{661}\u{661}\u{660}", nil),
    ])
    func aDisplayNameIsNoNumber(name: String, shown: String?) throws {
        var world = world()
        let effects = world.offer(world.newLeg(), from: alice, to: number("100"), name: name)
        #expect(try #require(effects.dialled).1.displayName == shown)
    }
}

extension [Effect] {
    fileprivate var ends: [Effect] { filter { if case .end = $0 { true } else { false } } }
    fileprivate var usages: [CallUsage] {
        records.compactMap { if case .usage(let usage) = $0 { usage } else { nil } }
    }
}
