import Conference
import MediaDescription
import Primitives
import SIP
import Testing

@testable import Signalling

/// Session timers, UPDATE, reliable provisional responses and hold, on the virtual clock.
@Suite struct SIPSessionTimerTests {
    private let jingle = LegID(LegIDs.Origin.jingle.rawValue << 56 | 1)
    private let desk = SocketAddress(.loopback4, 5080)

    private func join(_ house: inout SIPHouse, _ phone: inout SIPPhone, _ headers: [(String, String)]) -> SIPMessage? {
        var invite = phone.request(.invite, sdp: SIPPhone.sdp())
        for (name, value) in headers { invite.set(name, value) }
        guard let ok = house.receive(invite, from: phone.address).first(200) else { return nil }
        house.receive(phone.ack(ok), from: phone.address)
        return ok
    }

    /// An XMPP user calls a number; gives the INVITE.
    private func dial(_ house: inout SIPHouse) -> SIPMessage? {
        house.handle(
            .legOffered(
                jingle,
                IncomingCall(
                    caller: PeerAddress(.xmpp, user: "romeo", host: "localhost", resource: "x"), displayName: nil,
                    callee: PeerAddress(.xmpp, user: "100", host: "sip.localhost"), takesText: true))
        ).first(.invite)
    }

    // MARK: Session timers

    @Test func aPhoneThatVanishesIsHungUpWhenItsRefreshIsMissed() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        let ok = try #require(join(&house, &alice, [("Supported", "timer"), ("Session-Expires", "120")]))
        #expect(ok.header("Session-Expires") == "120;refresher=uac")
        #expect(ok.require == ["timer"])
        #expect(house.run(for: .seconds(87)).methods == [])
        let sent = house.run(for: .seconds(2))
        #expect(sent.first?.method == .bye)
        #expect(house.demo?.participants.isEmpty == true)
        #expect(house.ends == [.connectivity])
    }

    @Test func aRefreshByUpdateOrInviteKeepsTheCall() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        _ = join(&house, &alice, [("Supported", "timer"), ("Session-Expires", "120")])
        house.run(for: .seconds(60))
        var update = alice.request(.update)
        update.set("Supported", "timer")
        update.set("Session-Expires", "120;refresher=uac")
        let answer = try #require(house.receive(update, from: alice.address).first(200))
        #expect(answer.header("Session-Expires") == "120;refresher=uac")
        #expect(answer.contacts.first?.parameters.contains("isfocus") == true)
        house.run(for: .seconds(60))
        var invite = alice.request(.invite, sdp: SIPPhone.sdp(version: 2))
        invite.set("Supported", "timer")
        invite.set("Session-Expires", "120;refresher=uac")
        let second = try #require(house.receive(invite, from: alice.address).first(200))
        #expect(second.header("Session-Expires") == "120;refresher=uac")
        house.receive(alice.ack(second), from: alice.address)
        house.run(for: .seconds(60))
        #expect(house.demo?.participants.count == 1)
        #expect(house.run(for: .seconds(60)).methods.contains(.bye))
    }

    @Test func aPhoneWithoutTimersIsRefreshedByReinviteAndByUpdateIfItTakesIt() throws {
        for takesUpdate in [false, true] {
            var house = SIPHouse()
            var alice = SIPPhone("Alice", port: 5061)
            if takesUpdate { alice.allow += ", UPDATE" }
            house.join(&alice)
            let sent = house.run(for: .seconds(901))
            let refresh = try #require(sent.first)
            #expect(refresh.method == (takesUpdate ? .update : .invite))
            #expect(refresh.header("Session-Expires") == "1800;refresher=uac")
            #expect(refresh.contacts.first?.parameters.contains("isfocus") == true)
            let sdp = takesUpdate ? nil : SIPPhone.sdp(version: 2)
            house.receive(alice.answer(refresh, sdp: sdp), from: alice.address)
            #expect(house.run(for: .seconds(890)).filter(\.isRequest).isEmpty)
            #expect(house.demo?.participants.count == 1)
            // The next one is not answered any more.
            house.run(for: .seconds(60))
            #expect(house.demo?.participants.isEmpty == true)
        }
    }

    @Test func whoDoesNotKnowUpdateAfterAllIsRefreshedByReinvite() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        alice.allow += ", UPDATE"
        house.join(&alice)
        let update = try #require(house.run(for: .seconds(901)).first(.update))
        #expect(house.receive(alice.answer(update, 501), from: alice.address).first(.invite) != nil)
    }

    @Test func tooShortAnIntervalIs422() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        var invite = alice.request(.invite, sdp: SIPPhone.sdp())
        invite.set("Supported", "timer")
        invite.set("Session-Expires", "10")
        let refusal = try #require(house.receive(invite, from: alice.address).last)
        #expect(refusal.status == 422)
        #expect(refusal.header("Min-SE") == "90")
        #expect(house.adapter.legCount == 0)
    }

    @Test func aCallOfOursIsRepeatedWithTheIntervalThatIsWanted() throws {
        var house = SIPHouse()
        let invite = try #require(dial(&house))
        #expect(invite.header("Session-Expires") == "1800")
        let phone = SIPPhone("desk", port: 5080)
        var refusal = phone.answer(invite, 422)
        refusal.set("Min-SE", "3600")
        let again = try #require(house.receive(refusal, from: desk).first(.invite))
        #expect(again.header("Session-Expires") == "3600")
        #expect(again.header("Min-SE") == "3600")
        #expect(again.cseq.number == invite.cseq.number + 1)
        var answer = phone.answer(again, sdp: SIPPhone.sdp())
        answer.set("Session-Expires", "3600;refresher=uas")
        #expect(house.receive(answer, from: desk).first(.ack) != nil)
        #expect(house.adapter.legCount == 1)
    }

    // MARK: 100rel

    @Test func ringingIsAcknowledgedWhereTheCallerWantsIt() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061, calls: "sip:bob@localhost")
        var invite = alice.request(.invite, sdp: SIPPhone.sdp())
        invite.set("Require", "100rel")
        house.receive(invite, from: alice.address)
        let callee = try #require(
            house.effects.lazy.compactMap { if case .dial(let leg, _) = $0 { leg } else { nil } }.first)
        let ringing = try #require(house.handle(.legRinging(callee)).first(180))
        let sequence = try #require(ringing.reliableSequence)
        #expect(house.run(for: .seconds(2)).statuses == [180, 180])
        alice.remoteTag = ringing.to.tag
        alice.remoteTarget = ringing.contacts.first?.uri
        var prack = alice.request(.prack)
        prack.set("RAck", "\(sequence &+ 1) 1 INVITE")
        #expect(house.receive(prack, from: alice.address).statuses == [481])
        prack = alice.request(.prack)
        prack.set("RAck", "\(sequence) 1 INVITE")
        #expect(house.receive(prack, from: alice.address).statuses == [200])
        #expect(house.run(for: .seconds(10)).statuses == [])
        #expect(house.handle(.legAnswered(callee)).first(200) != nil)
    }

    @Test func ringingMayBeAcknowledgedAfterTheAnswer() throws {
        for isAcknowledged in [true, false] {
            var house = SIPHouse()
            var alice = SIPPhone("Alice", port: 5061, calls: "sip:bob@localhost")
            var invite = alice.request(.invite, sdp: SIPPhone.sdp())
            invite.set("Supported", "100rel, timer")
            invite.set("Session-Expires", "600;refresher=uas")
            house.receive(invite, from: alice.address)
            let callee = try #require(
                house.effects.lazy.compactMap { if case .dial(let leg, _) = $0 { leg } else { nil } }.first)
            let ringing = try #require(house.handle(.legRinging(callee)).first(180))
            let sequence = try #require(ringing.reliableSequence)
            let ok = try #require(house.handle(.legAnswered(callee)).first(200))
            house.receive(alice.ack(ok), from: alice.address)
            if isAcknowledged {
                for (late, status) in [(sequence &+ 1, 481), (sequence, 200), (sequence, 481)] {
                    var prack = alice.request(.prack)
                    prack.set("RAck", "\(late) 1 INVITE")
                    #expect(house.receive(prack, from: alice.address).statuses == [status])
                }
            }
            // The 180 is not repeated, and the session is refreshed in its time.
            #expect(house.run(for: .seconds(250)).isEmpty)
            #expect(house.run(for: .seconds(60)).first(.invite) != nil)
            #expect(house.adapter.legCount == 1)
        }
    }

    @Test func whoOffersNothingIsNotRungReliably() throws {
        for (header, expected) in [("Supported", [180]), ("Require", [Int]())] {
            var house = SIPHouse()
            var alice = SIPPhone("Alice", port: 5061, calls: "sip:bob@localhost")
            var invite = alice.request(.invite)
            invite.set(header, "100rel")
            house.receive(invite, from: alice.address)
            let callee = try #require(
                house.effects.lazy.compactMap { if case .dial(let leg, _) = $0 { leg } else { nil } }.first)
            let sent = house.handle(.legRinging(callee))
            #expect(sent.statuses == expected)
            #expect(sent.allSatisfy { $0.reliableSequence == nil })
        }
    }

    @Test func aCallerWhoNeverAcknowledgesIsRefused() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061, calls: "sip:bob@localhost")
        var invite = alice.request(.invite, sdp: SIPPhone.sdp())
        invite.set("Supported", "100rel")
        house.receive(invite, from: alice.address)
        let callee = try #require(
            house.effects.lazy.compactMap { if case .dial(let leg, _) = $0 { leg } else { nil } }.first)
        _ = house.handle(.legRinging(callee))
        #expect(house.run(for: .seconds(33)).statuses.last == 500)
        #expect(house.ends.count == 1)
    }

    @Test func aReliableRingingIsAcknowledgedOnce() throws {
        var house = SIPHouse()
        let invite = try #require(dial(&house))
        let phone = SIPPhone("desk", port: 5080)
        var ringing = phone.answer(invite, 180)
        ringing.set("Require", "100rel")
        ringing.set("RSeq", "5")
        let prack = try #require(house.receive(ringing, from: desk).first(.prack))
        #expect(prack.header("RAck") == "5 \(invite.cseq.number) INVITE")
        #expect(prack.to.tag == "tag-desk")
        house.receive(phone.answer(prack), from: desk)
        #expect(house.receive(ringing, from: desk) == [])
        ringing.set("RSeq", "7")
        #expect(house.receive(ringing, from: desk) == [])
        ringing.set("RSeq", "6")
        #expect(house.receive(ringing, from: desk).methods == [.prack])
        let ack = try #require(house.receive(phone.answer(invite, sdp: SIPPhone.sdp()), from: desk).first(.ack))
        #expect(ack.cseq.number == invite.cseq.number)
        let bye = try #require(house.handle(.legEnded(jingle, .hangup)).first(.bye))
        #expect(bye.cseq.number > prack.cseq.number)
        #expect(house.adapter.dialogs.isEmpty)
    }

    @Test func earlyDialogsGoWithTheCall() throws {
        var house = SIPHouse()
        let invite = try #require(dial(&house))
        let phone = SIPPhone("desk", port: 5080)
        house.receive(phone.answer(invite, 180), from: desk)
        #expect(house.adapter.dialogs.count == 1)
        house.receive(phone.answer(invite, 486), from: desk)
        #expect(house.adapter.dialogs.isEmpty)
    }

    // MARK: UPDATE and hold

    @Test(arguments: ["sendonly", "inactive"])
    func whoHoldsHearsNothingAndItsMusicIsNotMixed(direction: String) throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        let held = house.receive(
            alice.request(.update, sdp: SIPPhone.sdp(direction, version: 2)), from: alice.address
        ).first(200)
        #expect(
            try SDP.parse(held?.body ?? []).contents.first?.direction
                == (direction == "sendonly" ? .recvonly : .inactive))
        #expect(house.demo?.participants.first?.endpoints.first?.status == .onHold)
        #expect(house.media.agreed.values.first?.last?.direction == .inactive)
        house.receive(alice.request(.update, sdp: SIPPhone.sdp(version: 3)), from: alice.address)
        #expect(house.demo?.participants.first?.endpoints.first?.status == .connected)
        #expect(house.media.agreed.values.first?.last?.direction == .sendrecv)
    }

    @Test func theNullAddressIsHoldToo() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        let sdp = SIPPhone.sdp(version: 2).split(separator: "\r\n").map { $0.hasPrefix("c=") ? "c=IN IP4 0.0.0.0" : $0 }
        house.receive(
            alice.request(.update, sdp: sdp.joined(separator: "\r\n") + "\r\n"), from: alice.address)
        #expect(house.demo?.participants.first?.endpoints.first?.status == .onHold)
        #expect(house.media.agreed.values.first?.last?.direction == .inactive)
    }

    @Test func anUpdateThatMeetsAChangeIs491AndAnUnacceptableOne488() {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        #expect(
            house.receive(
                alice.request(.update, sdp: SIPPhone.sdp(codec: "18 G729/8000", version: 2)), from: alice.address
            ).statuses == [488])
        house.receive(alice.request(.invite, sdp: SIPPhone.sdp(version: 3)), from: alice.address)
        #expect(
            house.receive(alice.request(.update, sdp: SIPPhone.sdp(version: 4)), from: alice.address).statuses == [491])
    }
}
