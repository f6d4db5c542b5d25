import Conference
import MediaSecurity
import Primitives
import SIP
import Testing

@testable import Signalling

/// Calls to accounts, which ring all their phones, and to trunks that want a password.
@Suite struct SIPForkTests {
    private let jingle = LegID(LegIDs.Origin.jingle.rawValue << 56 | 1)

    private func desk(_ port: UInt16, _ name: String = "Alice") -> SIPPhone {
        var phone = SIPPhone(name, port: port, calls: "sip:demo@talk.localhost")
        phone.identity = SIPURI("sip:\(name.lowercased())@talk.localhost")
        phone.account = name.lowercased()
        phone.password = SIPAccountTests.passwords[name.lowercased()] ?? ""
        phone.callID = "registration-\(port)"
        phone.branchPrefix = "p\(port)"
        phone.tag = "tag-\(port)"
        return phone
    }

    private func house() -> SIPHouse { SIPHouse(accounts: SIPAccountTests.accounts) }

    /// An XMPP user calls `alice` through the gateway; gives the INVITEs.
    private func call(_ house: inout SIPHouse, _ number: String = "alice") -> [SIPMessage] {
        house.handle(
            .legOffered(
                jingle,
                IncomingCall(
                    caller: PeerAddress(.xmpp, user: "romeo", host: "localhost", resource: "orchard"),
                    displayName: nil, callee: PeerAddress(.xmpp, user: number, host: "sip.localhost"),
                    takesText: true)))
    }

    private func ended(_ house: SIPHouse) -> EndReason? {
        for case .end(jingle, let reason) in house.effects { return reason }
        return nil
    }

    @Test func allPhonesRingTheFirstToAnswerHasItAndALateOneIsHungUpOn() throws {
        var house = house()
        var (desk, mobile) = (desk(4001), desk(4002))
        house.register(&desk)
        house.register(&mobile)
        let invites = call(&house)
        #expect(invites.map(\.requestURI?.port) == [4002, 4001] || invites.map(\.requestURI?.port) == [4001, 4002])
        #expect(Set(invites.map(\.callID)).count == 1 && invites.allSatisfy { $0.to.uri.host == "talk.localhost" })
        let toDesk = try #require(invites.first { $0.requestURI?.port == 4001 })
        let toMobile = try #require(invites.first { $0.requestURI?.port == 4002 })
        house.receive(desk.answer(toDesk, 180), from: desk.address)
        house.receive(mobile.answer(toMobile, 180), from: mobile.address)
        #expect(house.commands.count { if case .legRinging = $0 { true } else { false } } == 1)
        var late = mobile
        late.tag = "late"
        let picked = house.receive(desk.answer(toDesk, sdp: SIPPhone.sdp()), from: desk.address)
        #expect(picked.methods.sorted { $0.rawValue < $1.rawValue } == [.ack, .cancel])
        let cancel = try #require(picked.first(.cancel))
        #expect(cancel.requestURI?.port == 4002 && cancel.header("Reason")?.contains("cause=200") == true)
        // Its 200 crossed the CANCEL.
        let crossed = house.receive(late.answer(toMobile, sdp: SIPPhone.sdp()), from: mobile.address)
        #expect(crossed.methods == [.ack, .bye])
        // The 200 again is acknowledged again.
        #expect(house.receive(desk.answer(toDesk, sdp: SIPPhone.sdp()), from: desk.address).methods == [.ack])
        #expect(house.adapter.liveLegs.count == 1 && ended(house) == nil)
        house.handle(.legEnded(jingle, .hangup))
        #expect(house.sent.last?.method == .bye && house.adapter.legCount == 0)
    }

    @Test func whoDeclinesStopsAllAndWhoIsBusyOnlyItsOwn() throws {
        var house = house()
        var (desk, mobile) = (desk(4001), desk(4002))
        house.register(&desk)
        house.register(&mobile)
        var invites = call(&house)
        func to(_ port: UInt16) throws -> SIPMessage { try #require(invites.first { $0.requestURI?.port == port }) }
        house.receive(mobile.answer(try to(4002), 180), from: mobile.address)
        house.receive(desk.answer(try to(4001), 486), from: desk.address)
        #expect(ended(house) == nil)
        house.receive(mobile.answer(try to(4002), 480), from: mobile.address)
        #expect(ended(house) == .busy && house.adapter.legCount == 0)

        house = self.house()
        house.register(&desk)
        house.register(&mobile)
        invites = call(&house)
        house.receive(mobile.answer(try to(4002), 180), from: mobile.address)
        #expect(house.receive(desk.answer(try to(4001), 603), from: desk.address).methods.contains(.cancel))
        #expect(ended(house) == .declined && house.adapter.legCount == 0)
    }

    @Test func whoGivesUpStopsAllPhones() throws {
        var house = house()
        var (desk, mobile) = (desk(4001), desk(4002))
        house.register(&desk)
        house.register(&mobile)
        let invites = call(&house)
        for invite in invites {
            let phone = invite.requestURI?.port == 4001 ? desk : mobile
            house.receive(phone.answer(invite, 180), from: phone.address)
        }
        let before = house.sent.count
        house.handle(.legEnded(jingle, .cancelled))
        #expect(house.sent[before...].count { $0.method == .cancel } == 2 && house.adapter.legCount == 0)
    }

    @Test func whoIsNotThereCannotBeReached() throws {
        var house = house()
        #expect(call(&house).isEmpty && ended(house) == .unavailable)
        var dora = SIPPhone("Dora", port: 4010, calls: "sip:alice@talk.localhost")
        let answers = house.receive(dora.request(.invite, sdp: SIPPhone.sdp()), from: dora.address)
        #expect(answers.first(480) != nil)
    }

    @Test func aPhoneThatIsGoneLeavesTheOthersRinging() throws {
        var house = house()
        var (desk, mobile) = (desk(4001), desk(4002))
        house.register(&desk)
        house.register(&mobile)
        let invites = call(&house)
        house.unreachable(mobile.address)
        #expect(ended(house) == nil)
        let toDesk = try #require(invites.first { $0.requestURI?.port == 4001 })
        house.receive(desk.answer(toDesk, sdp: SIPPhone.sdp()), from: desk.address)
        #expect(house.commands.contains { if case .legAnswered = $0 { true } else { false } })
        var other = self.house()
        other.register(&desk)
        _ = call(&other)
        other.run(for: .seconds(40))
        #expect(ended(other) == .noAnswer && other.adapter.legCount == 0)
    }

    @Test func aStrangersPhoneRingsAnAccountAndTheyTalk() throws {
        var house = house()
        var desk = desk(4001)
        house.register(&desk)
        var dora = SIPPhone("Dora", port: 4010, calls: "sip:alice@127.0.0.1")
        let invite = try #require(
            house.receive(dora.request(.invite, sdp: SIPPhone.sdp()), from: dora.address).first(.invite))
        #expect(invite.from.uri.user == "dora" && invite.requestURI?.port == 4001)
        #expect(house.receive(desk.answer(invite, 180), from: desk.address).first(180) != nil)
        let ok = try #require(house.receive(desk.answer(invite, sdp: SIPPhone.sdp()), from: desk.address).first(200))
        house.receive(dora.ack(ok), from: dora.address)
        #expect(house.conference.bridges.first?.target == PeerAddress(.sip, user: "alice", host: "talk.localhost"))
        #expect(house.effects.count { if case .connect = $0 { true } else { false } } == 2)
    }

    @Test func whoseNATHasAnotherPortIsCalledWhereItCameFrom() throws {
        var house = house()
        var desk = desk(4001)
        let outside = SocketAddress(.v4(0xc633_6401), 61_000)
        var first = desk.registration()
        first.vias[0].parameters.flag("rport")
        let challenge = try #require(house.receive(first, from: outside).first(401))
        var second = desk.registration(answering: challenge)
        second.vias[0].parameters.flag("rport")
        house.receive(second, from: outside)
        #expect(call(&house).first?.requestURI?.port == 4001)
        #expect(house.flows.last?.remote == outside)
    }

    @Test func aPhoneThatWantsLongerSessionsIsCalledAgain() throws {
        var house = house()
        var desk = desk(4001)
        house.register(&desk)
        let invite = try #require(call(&house).first)
        var brief = desk.answer(invite, 422)
        brief.set("Min-SE", "3000")
        let again = try #require(house.receive(brief, from: desk.address).first(.invite))
        #expect(again.header("Min-SE") == "3000" && again.cseq.number == invite.cseq.number + 1)
        house.receive(desk.answer(again, sdp: SIPPhone.sdp()), from: desk.address)
        #expect(ended(house) == nil && house.adapter.liveLegs.count == 1)
    }

    @Test func phonesThatCannotTakeProtectedMediaRingAgainInTheClear() throws {
        var house = SIPHouse(accounts: SIPAccountTests.accounts) { $0.security.offer = .opportunistic }
        var (desk, mobile) = (desk(4001), desk(4002))
        house.register(&desk)
        house.register(&mobile)
        let invites = call(&house)
        house.receive(desk.answer(try #require(invites.first { $0.requestURI?.port == 4001 }), 488), from: desk.address)
        let to = try #require(invites.first { $0.requestURI?.port == 4002 })
        let again = house.receive(mobile.answer(to, 488), from: mobile.address).filter { $0.method == .invite }
        #expect(again.count == 2 && again.allSatisfy { $0.cseq.number == 2 })
        for invite in again {
            let phone = invite.requestURI?.port == 4001 ? desk : mobile
            house.receive(phone.answer(invite, 488), from: phone.address)
        }
        #expect(ended(house) == .incompatible && house.adapter.legCount == 0)
    }

    // MARK: Trunks

    private func trunkHouse() -> SIPHouse {
        SIPHouse {
            $0.hashing = .openSSL
            $0.credentials = ["127.0.0.1:5080": DigestUser(name: "confab", password: Redacted("secret"))]
        }
    }

    private func demand(_ invite: SIPMessage, _ nonce: String, isStale: Bool = false) -> SIPMessage {
        var response = SIPPhone("trunk", port: 5080).answer(invite, 407)
        for algorithm in DigestAlgorithm.allCases {
            response.headers.append(
                SIPHeader(
                    "Proxy-Authenticate",
                    DigestChallenge(realm: "trunk", nonce: nonce, algorithm: algorithm, isStale: isStale).description))
        }
        return response
    }

    @Test func aTrunkThatDemandsAPasswordGetsItAndInTheWholeCall() throws {
        var house = trunkHouse()
        let trunk = SocketAddress(.loopback4, 5080)
        let invite = try #require(call(&house, "100").first)
        #expect(invite.header("Proxy-Authorization") == nil)
        let answers = house.receive(demand(invite, "n1"), from: trunk)
        #expect(answers.methods == [.ack, .invite])
        let again = try #require(answers.first(.invite))
        #expect(again.cseq.number == invite.cseq.number + 1 && again.callID == invite.callID)
        #expect(again.from.tag == invite.from.tag)
        let given = try #require(again.header("Proxy-Authorization").flatMap { DigestCredentials(parsing: $0) })
        #expect(given.algorithm == .sha256 && given.username == "confab" && given.uri == "sip:100@127.0.0.1:5080")
        let more = try #require(house.receive(demand(again, "n2", isStale: true), from: trunk).first(.invite))
        let phone = SIPPhone("trunk", port: 5080)
        let ack = try #require(house.receive(phone.answer(more, sdp: SIPPhone.sdp()), from: trunk).first(.ack))
        #expect(ack.header("Proxy-Authorization") == more.header("Proxy-Authorization"))
        house.handle(.legEnded(jingle, .hangup))
        let bye = try #require(house.sent.last)
        let last = try #require(bye.header("Proxy-Authorization").flatMap { DigestCredentials(parsing: $0) })
        #expect(bye.method == .bye && last.nonce == "n2" && last.quality?.count == "00000002")
    }

    @Test func aTrunkThatDoesNotTakeThePasswordEndsTheCall() throws {
        var house = trunkHouse()
        let trunk = SocketAddress(.loopback4, 5080)
        let invite = try #require(call(&house, "100").first)
        let again = try #require(house.receive(demand(invite, "n1"), from: trunk).first(.invite))
        #expect(house.receive(demand(again, "n2"), from: trunk).methods == [.ack])
        #expect(ended(house) == .forbidden && house.adapter.legCount == 0)
        var poor = SIPHouse()
        let asked = try #require(call(&poor, "100").first)
        poor.receive(demand(asked, "n1"), from: trunk)
        #expect(ended(poor) == .forbidden)
    }
}
