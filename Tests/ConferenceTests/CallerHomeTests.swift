import Conference
import Primitives
import Testing

/// Callers as an XMPP user can call them back.
@Suite struct CallerHomeTests {
    let romeo = PeerAddress.sip("romeo@localhost")

    private func shown(
        _ caller: String, isProven: Bool, by line: LineID? = nil, _ routes: [GatewayRoute]? = nil
    ) -> PeerAddress? {
        var configuration = World.demo
        configuration.routes =
            routes ?? [GatewayRoute(pattern: "2??", host: "pbx.lan"), GatewayRoute(pattern: "*", host: "pbx.lan")]
        configuration.numbers = NumberPlan(international: "00", national: "0", country: "49")
        configuration.calling.rules = [CallingRule(.everyone, nil)]
        configuration.numberRules = [NumberRule(pattern: "romeo", target: .person(.xmpp("romeo@localhost")))]
        var world = World(configuration)
        var call = IncomingCall(caller: .sip(caller), displayName: nil, callee: romeo, takesText: false)
        call.isAuthenticated = isProven
        call.line = line
        return world.tell(.legOffered(world.newLeg(), call)).outgoing?.caller
    }

    @Test(arguments: ["231@192.168.1.2", "231@192.0.2.1:5060", "231@pbx.lan"])
    func aTrunksNumbersAreThoseThatTheRoutesReach(caller: String) {
        #expect(shown(caller, isProven: true) == .xmpp("231@sip.localhost"))
    }

    @Test func numbersAreWrittenAsOneDialsThem() {
        #expect(shown("0301234@192.168.1.2", isProven: true) == .xmpp("+49301234@sip.localhost"))
        #expect(shown("0301234@pbx.lan", isProven: false) == .xmpp("+49301234@sip.localhost"))
    }

    @Test func whoIsNotVouchedForStaysWhereItSaysItIs() {
        #expect(shown("231@192.168.1.2", isProven: false) == .xmpp("231\\40192.168.1.2@sip.localhost"))
        #expect(shown("bob@192.168.1.2", isProven: true) == .xmpp("bob\\40192.168.1.2@sip.localhost"))
    }

    @Test func shortNumbersOfTwoExchangesAreNotMixedUp() {
        let two = [GatewayRoute(pattern: "2??", host: "pbx.lan"), GatewayRoute(pattern: "*", host: "trunk.example")]
        #expect(shown("231@192.168.1.2", isProven: true, two) == .xmpp("231\\40192.168.1.2@sip.localhost"))
        #expect(shown("+49301@192.168.1.2", isProven: true, two) == .xmpp("+49301@sip.localhost"))
    }

    @Test func whereTheGatewayIsRegisteredVouches() {
        #expect(shown("0301234@10.0.0.1", isProven: false, by: .gateway(0)) == .xmpp("+49301234@sip.localhost"))
    }

    @Test func capitalsAreLowerCaseInJIDs() {
        #expect(shown("Bob@pbx.lan", isProven: false) == .xmpp("bob@sip.localhost"))
        #expect(shown("Bob@Elsewhere.example", isProven: false) == .xmpp("bob\\40elsewhere.example@sip.localhost"))
    }

    @Test func whatNoJIDHoldsIsLeftOut() {
        #expect(shown("bo\u{a0}b@pbx.lan", isProven: false) == .xmpp("bob\\40pbx.lan@sip.localhost"))
        let plan = DialPlan(World.demo)
        #expect(plan.destination(of: .sip("ro\u{a0}meo@localhost")) == .refused(.notFound))
        #expect(plan.destination(of: .sip("ro meo@localhost")) == .peer(.xmpp("ro\\20meo@localhost")))
    }

    @Test func whatItWritesIsAnsweredThere() throws {
        var configuration = World.demo
        configuration.routes = [GatewayRoute(pattern: "2??", host: "pbx.lan")]
        var world = World(configuration)
        let phone = PeerAddress.sip("231@192.168.1.2")
        var wanted = InstantText("hello", clientID: "x")
        wanted.wanted = [.delivered]
        var text = InstantMessage(id: SubmissionID(1), from: phone, to: romeo, .text(wanted))
        text.isAuthenticated = true
        guard case .pass(let come) = world.tell(.instant(text)).first else {
            Issue.record("nothing comes")
            return
        }
        #expect(come.sender == .xmpp("231@sip.localhost"))
        let report = InstantMessage(
            id: SubmissionID(0), from: .xmpp("romeo@localhost/x"), to: come.sender, .report(.delivered, of: come.id))
        guard case .pass(let back) = world.tell(.instant(report)).first else {
            Issue.record("no report goes back")
            return
        }
        #expect(back.way?.target == .sip("231@pbx.lan"))
    }
}
