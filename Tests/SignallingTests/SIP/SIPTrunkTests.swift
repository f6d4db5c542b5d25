import Conference
import MediaSecurity
import Primitives
import SIP
import Testing

@testable import Signalling

/// Calls by trunks, as they look on the wire.
@Suite struct SIPTrunkTests {
    private let jingle = LegID(LegIDs.Origin.jingle.rawValue << 56 | 1)
    private let first = SocketAddress(.v4(0xc000_0201), 5060)
    private let second = SocketAddress(.v4(0xc000_0202), 5070)

    private func house(
        callerID: String? = nil, _ change: (inout SIPTrunk) -> Void = { _ in }
    ) -> SIPHouse {
        var trunk = SIPTrunk()
        change(&trunk)
        var house = SIPHouse { configuration in
            configuration.trunks = ["a": trunk, "b": trunk]
            configuration.hashing = .openSSL
        }
        var configuration = house.conference.configuration
        var a = Trunk(host: "192.0.2.1")
        a.callerIDs = CallerIDs(usual: callerID)
        configuration.trunks = ["a": a, "b": Trunk(host: "192.0.2.2:5070")]
        configuration.routes = [GatewayRoute(pattern: "*", host: a.host, trunks: ["a", "b"])]
        configuration.calling.rules = [CallingRule(.everyone, nil)]
        house.conference = Conference(configuration: configuration, entropy: .seeded(1))
        return house
    }

    private func call(_ house: inout SIPHouse) throws -> SIPMessage {
        house.handle(
            .legOffered(
                jingle,
                IncomingCall(
                    caller: PeerAddress(.xmpp, user: "romeo", host: "localhost", resource: "orchard"),
                    displayName: "Romeo", callee: PeerAddress(.xmpp, user: "+4930", host: "sip.localhost"),
                    takesText: true)))
        return try #require(house.sent.last)
    }

    private func ended(_ house: SIPHouse) -> EndReason? {
        for case .end(jingle, let reason) in house.effects { return reason }
        return nil
    }

    @Test func aTrunkThatSaysNothingIsLeftAfterFourSecondsAndItsLateAnswerIsEnded() throws {
        var house = house()
        let invite = try call(&house)
        #expect(house.flows.last?.remote == first && invite.requestURI?.description == "sip:+4930@192.0.2.1")
        house.run(for: .milliseconds(3900))
        #expect(house.flows.allSatisfy { $0.remote == first })
        house.run(for: .milliseconds(200))
        let again = try #require(house.sent.last)
        #expect(again.method == .invite && house.flows.last?.remote == second && again.callID != invite.callID)
        #expect(again.requestURI?.description == "sip:+4930@192.0.2.2:5070")

        let late = house.receive(SIPPhone("late", port: 5060).answer(invite, sdp: SIPPhone.sdp()), from: first)
        #expect(late.methods == [.ack, .bye])
        house.receive(SIPPhone("b", port: 5070).answer(again, 180), from: second)
        house.receive(SIPPhone("b", port: 5070).answer(again, sdp: SIPPhone.sdp()), from: second)
        #expect(ended(house) == nil && house.effects.contains(.ring(jingle)) && house.effects.contains(.accept(jingle)))
        house.run(for: .seconds(70))
        #expect(house.adapter.legCount == 1)
    }

    @Test func aLateProvisionalAnswerGetsACancel() throws {
        var house = house()
        let invite = try call(&house)
        house.run(for: .seconds(5))
        let sent = house.receive(SIPPhone("late", port: 5060).answer(invite, 180), from: first)
        #expect(sent.methods == [.cancel])
        #expect(!house.effects.contains(.ring(jingle)))
    }

    @Test func theLastTrunkIsWaitedFor() throws {
        var house = house()
        _ = try call(&house)
        house.run(for: .seconds(30))
        #expect(ended(house) == nil)
        house.run(for: .seconds(10))
        #expect(ended(house) == .noAnswer)
        house.run(for: .seconds(40))
        #expect(house.adapter.legCount == 0)
    }

    @Test(arguments: [302, 408, 482, 483, 500, 502, 503, 504])
    func aRefusalThatIsTheTrunksSendsTheCallToTheNext(status: Int) throws {
        var house = house()
        let invite = try call(&house)
        let sent = house.receive(SIPPhone("a", port: 5060).answer(invite, status), from: first)
        #expect(sent.methods == [.ack, .invite] && house.flows.last?.remote == second)
        #expect(ended(house) == nil)
    }

    @Test(arguments: [403, 404, 410, 480, 484, 486, 488, 600, 603, 604])
    func aRefusalThatIsTheCalleesIsFinal(status: Int) throws {
        var house = house()
        let invite = try call(&house)
        house.receive(SIPPhone("a", port: 5060).answer(invite, status), from: first)
        #expect(house.flows.allSatisfy { $0.remote == first })
        #expect(ended(house) != nil && house.adapter.legCount == 0)
    }

    @Test func whereItRingsTheCallStays() throws {
        var house = house()
        let invite = try call(&house)
        house.receive(SIPPhone("a", port: 5060).answer(invite, 180), from: first)
        house.receive(SIPPhone("a", port: 5060).answer(invite, 503), from: first)
        #expect(house.flows.allSatisfy { $0.remote == first } && ended(house) != nil)
    }

    @Test func whoCannotBeReachedAndWhoHasNoAddressAreLeftAtOnce() throws {
        var house = house()
        _ = try call(&house)
        house.unreachable(first)
        #expect(house.flows.last?.remote == second && ended(house) == nil)
        house.unreachable(second)
        #expect(ended(house) == .unavailable)
    }

    @Test func retryAfterIsRemembered() throws {
        var house = house()
        let invite = try call(&house)
        var refusal = SIPPhone("a", port: 5060).answer(invite, 503)
        refusal.set("Retry-After", "120 (in the afternoon)")
        house.receive(refusal, from: first)
        let fault = house.commands.lazy.compactMap {
            if case .legUnplaced(_, _, let fault) = $0 { fault } else { TrunkFault?.none }
        }.first
        #expect(fault == .overloaded(seconds: 120))
    }

    @Test func theTrunksOwnPasswordAnswersItsChallenge() throws {
        var house = house { $0.user = DigestUser(name: "confab", password: Redacted("secret")) }
        let invite = try call(&house)
        var challenge = SIPPhone("a", port: 5060).answer(invite, 407)
        challenge.set("Proxy-Authenticate", "Digest realm=\"t\", nonce=\"1\", algorithm=MD5, qop=\"auth\"")
        let again = try #require(house.receive(challenge, from: first).last)
        #expect(again.header("Proxy-Authorization")?.contains("username=\"confab\"") == true)
        #expect(house.flows.last?.remote == first)
        var refusal = SIPPhone("a", port: 5060).answer(again, 407)
        refusal.set("Proxy-Authenticate", "Digest realm=\"t\", nonce=\"2\", algorithm=MD5, qop=\"auth\"")
        house.receive(refusal, from: first)
        #expect(house.flows.last?.remote == second, "a trunk that refuses our password is no use")
    }

    @Test func theCallersNumberStandsWhereTheTrunkWantsIt() throws {
        var house = house(callerID: "+49301")
        var invite = try call(&house)
        #expect(invite.from.uri.description == "sip:+49301@192.0.2.1" && invite.from.displayName == "Romeo")
        #expect(invite.header("P-Asserted-Identity") == nil && invite.from.tag != nil)

        house = self.house(callerID: "+49301") {
            $0.identities = [.asserted, .preferred]
            $0.user = DigestUser(name: "confab", password: Redacted("secret"))
        }
        invite = try call(&house)
        #expect(invite.from.uri.description == "sip:confab@192.0.2.1")
        #expect(invite.header("P-Asserted-Identity") == "<sip:+49301@192.0.2.1>")
        #expect(invite.header("P-Preferred-Identity") == "<sip:+49301@192.0.2.1>")

        house = self.house(callerID: "anonymous") { $0.identities = [.from, .asserted] }
        invite = try call(&house)
        #expect(invite.from.uri.description == "sip:anonymous@anonymous.invalid")
        #expect(invite.header("Privacy") == "id" && invite.header("P-Asserted-Identity") == nil)

        house = self.house()
        invite = try call(&house)
        #expect(invite.from.uri.description == "sip:romeo@localhost")
    }

    @Test func aTrunkIsCalledByItsOwnTransportAndRingsForItsOwnTime() throws {
        var house = house {
            $0.transport = .tcp
            $0.ringTime = .seconds(20)
        }
        let invite = try call(&house)
        #expect(house.flows.last?.transport == .tcp && invite.requestURI?.transport == "tcp")
        let flow = SIPFlow(.tcp, local: SIPHouse.address, remote: first, connection: 3)
        house.receive(SIPPhone("a", port: 5060).answer(invite, 180).bytes, on: flow)
        house.run(for: .seconds(19))
        #expect(ended(house) == nil)
        house.run(for: .seconds(2))
        #expect(ended(house) == .noAnswer && house.sent.last?.method == .cancel)
    }
}
