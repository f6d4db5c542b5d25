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

    // MARK: Sound before the answer

    private func progress(_ invite: SIPMessage, _ status: Int = 183, sdp: String? = SIPPhone.sdp()) -> SIPMessage {
        SIPPhone("a", port: 5060).answer(invite, status, sdp: sdp)
    }

    @Test func soundBeforeTheAnswerIsHeldBackUnlessItIsWanted() throws {
        var house = house()
        let invite = try call(&house)
        house.receive(progress(invite), from: first)
        #expect(house.effects.contains(.ring(jingle)) && !house.effects.contains(.accept(jingle)))
        house.receive(progress(invite, 503, sdp: nil), from: first)
        #expect(house.flows.last?.remote == second, "nobody was alerted")
    }

    @Test func soundBeforeTheAnswerIsHeardWhereItIsWanted() throws {
        var house = house { $0.earlyMedia = .take }
        let invite = try call(&house)
        house.receive(progress(invite), from: first)
        #expect(house.effects.filter { $0 == .accept(jingle) }.count == 1)
        house.receive(progress(invite), from: first)
        house.receive(progress(invite, 180, sdp: nil), from: first)
        house.handle(.legAnswered(jingle))
        #expect(house.effects.contains { if case .connect(jingle, _) = $0 { true } else { false } })
        house.receive(progress(invite, 200), from: first)
        #expect(house.sent.last?.method == .ack && house.effects.filter { $0 == .accept(jingle) }.count == 1)
        #expect(ended(house) == nil)
        house.handle(.legEnded(jingle, .hangup))
        #expect(house.sent.last?.method == .bye)
    }

    @Test func aRefusalAfterSoundEndsTheCallWithItsReason() throws {
        var house = house { $0.earlyMedia = .take }
        let invite = try call(&house)
        house.receive(progress(invite), from: first)
        house.handle(.legAnswered(jingle))
        house.receive(progress(invite, 404, sdp: nil), from: first)
        #expect(ended(house) == .notFound)
        house = self.house { $0.earlyMedia = .take }
        house.receive(progress(try call(&house)), from: first)
        house.handle(.legAnswered(jingle))
        house.handle(.legEnded(jingle, .hangup))
        #expect(house.sent.last?.method == .cancel)
    }

    @Test func soundThatCannotBeTakenIsNoReasonToEndTheCall() throws {
        var house = house { $0.earlyMedia = .take }
        let invite = try call(&house)
        for body in ["v=0", SIPPhone.sdp(codec: "97 nonsense/8000")] {
            house.receive(progress(invite, sdp: body), from: first)
        }
        #expect(!house.effects.contains(.accept(jingle)) && ended(house) == nil)
        house.receive(progress(invite, 200), from: first)
        #expect(house.effects.contains(.accept(jingle)))
    }

    @Test(arguments: [(181, true), (182, true), (183, true), (180, true), (199, false), (100, false)])
    func whatRingsAndWhatDoesNot(status: Int, rings: Bool) throws {
        var house = house()
        house.receive(progress(try call(&house), status, sdp: nil), from: first)
        #expect(house.effects.contains(.ring(jingle)) == rings)
    }

    @Test func anAnswerWithoutADescriptionIsEnded() throws {
        var house = house()
        let sent = house.receive(progress(try call(&house), 200, sdp: nil), from: first)
        #expect(sent.methods == [.ack, .bye] && ended(house) == .incompatible)
    }

    // MARK: Loops and identities

    @Test func aCallThatComesBackIsALoop() throws {
        var house = house()
        var invite = try call(&house)
        invite.vias.insert(Via(transport: "UDP", host: "192.0.2.1", port: 5060), at: 0)
        invite.vias[0].parameters["branch"] = "z9hG4bKproxy"
        invite.start = .request(.invite, SIPURI(user: "demo", host: "127.0.0.1"))
        #expect(house.receive(invite, from: first).first?.status == 100 || house.sent.contains { $0.status == 482 })
        #expect(house.sent.contains { $0.status == 482 })
        #expect(house.demo?.participants.isEmpty == true)
    }

    @Test func aCallThatAPBXCallsAnewIsALoopUnlessSomebodyIsThere() throws {
        var house = house(callerID: "+49301")
        _ = try call(&house)
        func back(_ number: String, from caller: String) -> SIPPhone {
            var phone = SIPPhone("pbx", port: 5060, calls: "sip:\(number)@127.0.0.1")
            phone.identity = SIPURI(user: caller, host: "192.0.2.1")
            phone.callID = "pbx-\(number)-\(caller)"
            phone.branchPrefix = "\(number)-\(caller)"
            return phone
        }
        var phone = back("004930", from: "49301")
        #expect(house.receive(phone.request(.invite, sdp: SIPPhone.sdp()), from: first).contains { $0.status == 482 })
        phone = back("004930", from: "49302")
        #expect(house.receive(phone.request(.invite, sdp: SIPPhone.sdp()), from: first).contains { $0.status == 200 })
        phone = back("demo", from: "49301")
        #expect(house.receive(phone.request(.invite, sdp: SIPPhone.sdp()), from: first).contains { $0.status == 200 })
    }

    @Test func aCallThatIsOverIsForgotten() throws {
        var house = house(callerID: "+49301")
        let invite = try call(&house)
        house.receive(progress(invite, 486, sdp: nil), from: first)
        var phone = SIPPhone("pbx", port: 5060, calls: "sip:004930@127.0.0.1")
        phone.identity = SIPURI(user: "49301", host: "192.0.2.1")
        #expect(house.receive(phone.request(.invite, sdp: SIPPhone.sdp()), from: first).contains { $0.status == 200 })
    }

    @Test(arguments: [true, false])
    func whoATrunkSaysCallsIsBelievedWhereItIsTrusted(isTrusted: Bool) throws {
        var house = house { $0.isTrusted = isTrusted }
        _ = try call(&house)
        var phone = SIPPhone("pbx", port: 5060)
        var invite = phone.request(.invite, sdp: SIPPhone.sdp())
        invite.set("P-Asserted-Identity", "\"Boss\" <sip:boss@pbx.example>")
        house.receive(invite, from: first)
        let caller = house.commands.lazy.compactMap {
            if case .legOffered(let leg, let call) = $0, leg != jingle { call } else { IncomingCall?.none }
        }.first
        #expect(caller?.isAuthenticated == isTrusted)
        #expect(caller?.caller.user == (isTrusted ? "boss" : "pbx"))
    }
}
