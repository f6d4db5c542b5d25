import Conference
import Primitives
import Testing

@Suite struct LineTests {
    let romeo = PeerAddress.xmpp("romeo@localhost")
    let stranger = PeerAddress.xmpp("eve@elsewhere.example")
    var world: World

    init() {
        var configuration = World.demo
        configuration.personalAccounts.who = .bridged
        configuration.personalAccounts.maximum = 3
        configuration.personalAccounts.maximumOfDomain = 2
        configuration.gatewayPolicy = .accounts
        configuration.numberRules = [
            NumberRule(
                pattern: "+49301", target: .person(.xmpp("romeo@localhost")), voicemail: "mailbox@127.0.0.1:5083"),
            NumberRule(pattern: "49302*", target: RoomName("demo").map { .room($0) } ?? .person(romeo)),
        ]
        configuration.bridgeRingTime = .seconds(20)
        world = World(configuration)
    }

    static func account(
        _ user: String = "romeo", at host: String = "pbx.example.org", password: String = "secret"
    ) throws -> LineAccount {
        LineAccount(user: user, registrar: try #require(RegistrarHost(host)), password: Redacted(password))
    }

    private mutating func set(_ owner: PeerAddress, _ account: LineAccount, voicemail: String? = nil) -> [Effect] {
        world.tell(.account(AccountRequestID(1), by: owner, .set(account, voicemail: voicemail)))
    }

    private func refusal(_ effects: [Effect]) -> AccountRefusal? {
        guard case .accountAnswered(_, .refused(let refusal)) = effects.first, effects.count == 1 else { return nil }
        return refusal
    }

    /// A call from outside, by a line. -> its effects
    private mutating func call(
        _ leg: LegID, by line: LineID?, to number: String, diversions: [PeerAddress] = []
    ) -> [Effect] {
        var call = IncomingCall(
            caller: .sip("4940@pbx.example.org"), displayName: "Dora", callee: .sip("\(number)@127.0.0.1:5060"),
            takesText: false)
        call.line = line
        call.diversions = diversions
        return world.tell(.legOffered(leg, call))
    }

    private func dialled(_ effects: [Effect]) -> (leg: LegID, call: OutgoingCall)? {
        effects.lazy.compactMap { if case .dial(let leg, let call) = $0 { (leg, call) } else { nil } }.first
    }

    // MARK: Accounts

    @Test mutating func anAccountIsKeptThenRegisteredThenConfirmed() throws {
        let account = try LineTests.account()
        #expect(
            set(.xmpp("romeo@localhost/phone"), account) == [
                .store(.personalAccount(PersonalAccount(owner: romeo, line: account))),
                .register(.person(romeo), account), .accountAnswered(AccountRequestID(1), .done),
            ])
        #expect(world.tell(.lineChanged(.person(romeo), .registered)) == [.lineState(romeo, .registered)])
        #expect(world.tell(.lineChanged(.person(romeo), .registered)).isEmpty)
        #expect(
            world.tell(.account(AccountRequestID(2), by: romeo, .remove)) == [
                .store(.personalAccountRemoved(romeo)), .unregister(.person(romeo)),
                .accountAnswered(AccountRequestID(2), .done), .lineState(romeo, .removed),
            ])
        #expect(refusal(world.tell(.account(AccountRequestID(3), by: romeo, .remove))) == AccountRefusal.none)
        #expect(world.tell(.lineChanged(.person(romeo), .registered)).isEmpty)
    }

    @Test mutating func strangersHaveNone() throws {
        #expect(refusal(set(stranger, try LineTests.account())) == .notForYou)
        #expect(refusal(set(.sip("romeo@localhost"), try LineTests.account())) == .notForYou)
    }

    @Test mutating func thereAreNotMoreThanMayBe() throws {
        _ = set(romeo, try LineTests.account())
        _ = set(.xmpp("julia@localhost"), try LineTests.account())
        #expect(refusal(set(.xmpp("tybalt@localhost"), try LineTests.account())) == .tooMany)
        #expect(refusal(set(romeo, try LineTests.account("other"))) == nil)
    }

    @Test(arguments: ["", "a b", "a@b", "a\r\nVia: x", String(repeating: "a", count: 129)])
    mutating func namesThatNoAddressHasAreRefused(user: String) throws {
        guard case .malformed = refusal(set(romeo, try LineTests.account(user))) else {
            Issue.record("taken: \(user)")
            return
        }
    }

    @Test(arguments: ["", "x\r\nContact: y", String(repeating: "a", count: 257)])
    mutating func passwordsThatCannotBeSentAreRefused(password: String) throws {
        guard case .malformed = refusal(set(romeo, try LineTests.account(password: password))) else {
            Issue.record("taken")
            return
        }
    }

    @Test(arguments: [
        "127.0.0.1", "10.1.2.3:5060", "[::1]", "[::ffff:10.0.0.1]", "169.254.169.254", "0.0.0.0", "100.64.0.1",
    ])
    mutating func ourOwnNetworkIsNoRegistrar(host: String) throws {
        #expect(refusal(set(romeo, try LineTests.account(at: host))) == .registrar)
        let named = try #require(RegistrarHost("pbx.example.org"))
        let address = try #require(RegistrarHost(host)?.address)
        #expect(!world.conference.configuration.personalAccounts.allows(address, foundFor: named))
    }

    @Test(arguments: [
        "trunk.example.net", "TRUNK.example.net:5070", "pbx.example.net;transport=tls", "main.example.net", "8.8.4.4",
        "[::ffff:8.8.4.4]:5070", "reg.example.net", "edge.example.net",
    ])
    mutating func whereTheGatewayItselfCallsIsNoRegistrarUnlessItIsNamed(host: String) throws {
        var configuration = world.conference.configuration
        configuration.trunks = ["main": Trunk(host: "main.example.net:5080"), "other": Trunk(host: "8.8.4.4")]
        var line = try LineTests.account("gateway", at: "reg.example.net")
        line.proxy = RegistrarHost("edge.example.net:5061")
        configuration.lines = [line]
        configuration.personalAccounts.networks = ["::ffff:0:0/96"].compactMap { IPNetwork($0) }
        world = World(configuration)
        let account = try LineTests.account(at: host)
        #expect(refusal(set(romeo, account)) == .operators)
        var other = try LineTests.account(at: "mine.example.com")
        other.proxy = account.registrar
        #expect(refusal(set(romeo, other)) == .operators)
        configuration.personalAccounts.hosts.append(account.registrar.name)
        world = World(configuration)
        #expect(refusal(set(romeo, account)) == nil)
    }

    @Test func theOperatorSaysWhichRegistrars() throws {
        var policy = PersonalAccountPolicy()
        policy.hosts = ["*.example.org", "pbx.lan"]
        policy.networks = [try #require(IPNetwork("192.168.7.0/24"))]
        let allowed = ["pbx.example.org", "pbx.lan", "192.168.7.2", "PBX.lan:5070"]
        #expect(allowed.allSatisfy { RegistrarHost($0).map(policy.allows) == true })
        let refused = ["example.org", "evil.example", "192.168.8.1", "8.8.8.8", "pbx.lan.evil.example"]
        #expect(refused.allSatisfy { RegistrarHost($0).map(policy.allows) == false })
        let (inside, lan) = (try #require(IPAddress("10.0.0.1")), try #require(RegistrarHost("pbx.lan")))
        #expect(policy.allows(inside, foundFor: lan))
        #expect(!policy.allows(inside, foundFor: try #require(RegistrarHost("pbx.example.org"))))
    }

    @Test(arguments: ["", "a b", "-a.example", "a..b", "a:0", "a:99999", "a;transport=ws", "a;lr", "[1.2.3.4", "a@b"])
    func whatIsNoHostIsNone(text: String) { #expect(RegistrarHost(text) == nil) }

    @Test mutating func failuresInOtherWordsAreToldOnce() throws {
        _ = set(romeo, try LineTests.account())
        #expect(world.tell(.lineChanged(.person(romeo), .failed("a"))).count == 1)
        #expect(world.tell(.lineChanged(.person(romeo), .failed("b"))).isEmpty)
        #expect(world.conference.lineState(of: romeo) == .failed("b"))
    }

    // MARK: Calls

    @Test mutating func aNumberIsSomebodysOrARooms() throws {
        let first = try #require(dialled(call(world.newLeg(), by: .gateway(0), to: "49301")))
        #expect(first.call.target == romeo && first.call.line == nil)
        let leg = world.newLeg()
        #expect(call(leg, by: .gateway(0), to: "4930277") == [.accept(leg)])
        let other = world.newLeg()
        #expect(call(other, by: .gateway(0), to: "4930999") == [.end(other, .notFound)])
    }

    @Test mutating func aPersonsLineIsThatPersons() throws {
        let leg = world.newLeg()
        #expect(call(leg, by: .person(romeo), to: "whatever") == [.end(leg, .notFound)])
        _ = set(romeo, try LineTests.account())
        #expect(try #require(dialled(call(world.newLeg(), by: .person(romeo), to: "whatever"))).call.target == romeo)
    }

    @Test mutating func whoCallsFromTheSameExchangeCanBeCalledBack() throws {
        _ = set(romeo, try LineTests.account())
        let first = try #require(dialled(call(world.newLeg(), by: .person(romeo), to: "x")))
        #expect(first.call.caller == .xmpp("4940@sip.localhost"))
    }

    @Test mutating func nobodyChangesAccountsWithoutEnd() throws {
        var refused = 0
        for number in 0..<30 where refusal(set(romeo, try LineTests.account("user\(number)"))) == .tooOften {
            refused += 1
        }
        #expect(refused == 20)
        world.pass(.seconds(61))
        #expect(refusal(set(romeo, try LineTests.account())) == nil)
    }

    @Test mutating func whoHasAnAccountCallsByIt() throws {
        _ = set(romeo, try LineTests.account())
        let leg = world.newLeg()
        let out = try #require(
            dialled(world.offer(leg, from: .xmpp("romeo@localhost/phone"), to: .xmpp("999@sip.localhost"))))
        #expect(out.call.target == .sip("999@pbx.example.org") && out.call.line == .person(romeo))
        #expect(out.call.caller == .sip("romeo@pbx.example.org"))
        // An address is no number, and others have no account.
        let address = world.newLeg()
        #expect(
            world.offer(address, from: romeo, to: .xmpp("a\\40b.example@sip.localhost")) == [
                .end(address, .forbidden)
            ])
        let other = world.newLeg()
        #expect(
            world.offer(other, from: .xmpp("julia@localhost"), to: .xmpp("999@sip.localhost")) == [
                .end(other, .forbidden)
            ])
    }

    // MARK: Voicemail

    @Test(arguments: [(EndReason.busy, "user-busy"), (.noAnswer, "no-answer"), (.unavailable, "unavailable")])
    mutating func whatIsNotTakenGoesToTheMailbox(reason: EndReason, word: String) throws {
        let caller = world.newLeg()
        let first = try #require(dialled(call(caller, by: .gateway(0), to: "49301")))
        let second = try #require(dialled(world.tell(.legEnded(first.leg, reason))))
        #expect(second.call.target == .sip("mailbox@127.0.0.1:5083"))
        #expect(second.call.diversion == Diversion(from: .sip("romeo@localhost"), reason: word))
        #expect(world.tell(.legAnswered(second.leg)) == [.accept(caller)])
        #expect(world.tell(.legAnswered(caller)).count == 3)
        #expect(world.tell(.legEnded(second.leg, .hangup)).contains(.end(caller, .hangup)))
        #expect(world.conference.bridges.isEmpty)
    }

    @Test(arguments: [EndReason.declined, .notFound, .forbidden, .incompatible])
    mutating func whatIsDecidedStays(reason: EndReason) throws {
        let caller = world.newLeg()
        let first = try #require(dialled(call(caller, by: .gateway(0), to: "49301")))
        #expect(world.tell(.legEnded(first.leg, reason)) == [.end(caller, reason)])
    }

    @Test mutating func whatIsDecidedGoesToTheMailboxWhereThatIsSet() throws {
        var configuration = world.conference.configuration
        configuration.voicemailOccasions = [.declined]
        world = World(configuration)
        let first = try #require(dialled(call(world.newLeg(), by: .gateway(0), to: "49301")))
        let second = try #require(dialled(world.tell(.legEnded(first.leg, .declined))))
        #expect(second.call.diversion?.reason == "deflection")
        let caller = world.newLeg()
        let busy = try #require(dialled(call(caller, by: .gateway(0), to: "49301")))
        #expect(world.tell(.legEnded(busy.leg, .busy)) == [.end(caller, .busy)])
    }

    @Test mutating func aMailboxThatIsBusyEndsTheCall() throws {
        let caller = world.newLeg()
        let first = try #require(dialled(call(caller, by: .gateway(0), to: "49301")))
        let second = try #require(dialled(world.tell(.legEnded(first.leg, .busy))))
        #expect(world.tell(.legEnded(second.leg, .busy)) == [.end(caller, .busy)])
    }

    @Test mutating func whatWeSentOnDoesNotGoRound() throws {
        let caller = world.newLeg()
        let first = try #require(
            dialled(call(caller, by: .gateway(0), to: "49301", diversions: [.sip("romeo@localhost")])))
        #expect(world.tell(.legEnded(first.leg, .busy)) == [.end(caller, .busy)])
    }

    @Test mutating func aPersonsMailboxIsAtItsExchange() throws {
        _ = set(romeo, try LineTests.account(), voicemail: "*98")
        let first = try #require(dialled(call(world.newLeg(), by: .person(romeo), to: "x")))
        let second = try #require(dialled(world.tell(.legEnded(first.leg, .busy))))
        #expect(second.call.target == .sip("*98@pbx.example.org") && second.call.line == .person(romeo))
    }

    @Test mutating func itRingsForItsTimeAndThenGoesOn() throws {
        let caller = world.newLeg()
        let first = try #require(dialled(call(caller, by: .gateway(0), to: "49301")))
        world.tell(.legRinging(first.leg))
        #expect(world.run(for: .seconds(19)).isEmpty)
        let effects = world.run(for: .seconds(2))
        #expect(effects.first == .end(first.leg, .noAnswer))
        let second = try #require(dialled(effects))
        #expect(second.call.diversion?.reason == "no-answer")
        // The mailbox has its own time.
        #expect(world.run(for: .seconds(60)).isEmpty)
        #expect(world.tell(.legEnded(caller, .cancelled)) == [.end(second.leg, .cancelled)])
    }

    @Test mutating func whatIsAnsweredRingsNoMore() throws {
        let caller = world.newLeg()
        let first = try #require(dialled(call(caller, by: .gateway(0), to: "49301")))
        world.tell(.legAnswered(first.leg))
        world.tell(.legAnswered(caller))
        #expect(world.run(for: .seconds(120)).isEmpty)
    }

    @Test mutating func inACallByAnAccountCommandsAndTextMeanThatCall() throws {
        _ = set(romeo, try LineTests.account())
        let leg = world.newLeg()
        let (callee, call) = try #require(dialled(self.call(leg, by: .person(romeo), to: "romeo")))
        #expect(call.caller == .xmpp("4940@sip.localhost"))
        world.tell(.legAnswered(callee))
        world.tell(.legAnswered(leg))
        let device = PeerAddress.xmpp("romeo@localhost/phone")
        #expect(world.type("/keys 42", by: device, to: call.caller).keys(for: leg) == "42")
        let message = InstantMessage(id: SubmissionID(9), from: device, to: call.caller, .text(InstantText("hello")))
        guard case .pass(let delivery) = world.tell(.instant(message)).first else {
            Issue.record("nothing is passed on")
            return
        }
        #expect(delivery.leg == leg)
    }

    @Test mutating func textGoesAndComesByAnAccount() throws {
        _ = set(romeo, try LineTests.account())
        let number = PeerAddress.xmpp("4940@sip.localhost")
        let out = InstantMessage(
            id: SubmissionID(9), from: .xmpp("romeo@localhost/phone"), to: number, .text(InstantText("hello")))
        guard case .pass(let sent) = world.tell(.instant(out)).first else {
            Issue.record("nothing is passed on")
            return
        }
        #expect(sent.sender == .sip("romeo@pbx.example.org"))
        #expect(sent.way?.target == .sip("4940@pbx.example.org") && sent.way?.line == .person(romeo))
        var back = InstantMessage(
            id: SubmissionID(10), from: .sip("4940@pbx.example.org"), to: .sip("romeo@pbx.example.org"),
            .text(InstantText("hi")))
        back.line = .person(romeo)
        guard case .pass(let come) = world.tell(.instant(back)).first else {
            Issue.record("nothing comes")
            return
        }
        #expect(come.target == romeo && come.sender == number)
    }

    @Test mutating func noMoreThanSomeCallsAreAtOneMailbox() throws {
        var last: [Effect] = []
        for _ in 0..<11 {
            let leg = world.newLeg()
            let (callee, _) = try #require(dialled(call(leg, by: .gateway(0), to: "49301")))
            last = world.tell(.legEnded(callee, .busy))
        }
        #expect(dialled(last) == nil && last.contains { if case .end(_, .busy) = $0 { true } else { false } })
    }

    @Test mutating func theMailboxIsCountedAsItsOwnersCall() throws {
        var configuration = world.conference.configuration
        configuration.gatewayPolicy = .everyone
        configuration.voicemail = "+4930111"
        configuration.numberRules = []
        configuration.calling.quotas = [CallQuota(.eachCaller, callsAtOnce: 1)]
        world = World(configuration)
        func mailbox() throws -> [Effect] {
            let leg = world.newLeg()
            let callee = try world.offer(leg, from: .sip("100@h"), to: .sip("romeo@localhost")).calledLeg()
            return world.tell(.legEnded(callee, .busy))
        }
        let first = try mailbox()
        let leg = try #require(dialled(first)).leg
        let fare = try #require(world.conference.fare(of: leg))
        #expect(fare.payer.address == romeo && fare.numberClass == .national)
        #expect(dialled(try mailbox()) == nil)
    }
}
