import Conference
import MediaDescription
import Primitives
import SIP
import Testing

@testable import Signalling

@Suite struct SIPOutgoingCallTests {
    private let jingle = LegID(LegIDs.Origin.jingle.rawValue << 56 | 1)
    private let phone = SocketAddress(.loopback4, 5080)

    /// An XMPP user calls a number; gives the INVITE.
    private func call(_ house: inout SIPHouse, _ number: String = "100") -> SIPMessage? {
        house.handle(
            .legOffered(
                jingle,
                IncomingCall(
                    caller: PeerAddress(.xmpp, user: "romeo", host: "localhost", resource: "orchard"),
                    displayName: "Romeo", callee: PeerAddress(.xmpp, user: number, host: "sip.localhost"),
                    takesText: true))
        ).first(.invite)
    }

    private func desk() -> SIPPhone { SIPPhone("desk", port: 5080) }

    private func ended(_ house: SIPHouse) -> EndReason? {
        for case .end(jingle, let reason) in house.effects { return reason }
        return nil
    }

    @Test func aNumberIsRungAnsweredAndHungUp() throws {
        var house = SIPHouse()
        let invite = try #require(call(&house))
        #expect(invite.requestURI?.description == "sip:100@127.0.0.1:5080")
        #expect(house.flows.last?.remote == phone)
        #expect(invite.from.displayName == "Romeo")
        #expect(invite.from.uri.description == "sip:romeo@localhost")
        #expect(invite.contacts.first?.uri.hostPort == "127.0.0.1:5060")
        #expect(invite.contacts.first?.parameters.contains("isfocus") == false)
        #expect((try SDP.parse(invite.body).contents.first?.codecs.count ?? 0) > 3)

        house.receive(desk().answer(invite, 180), from: phone)
        let rung = house.effects.contains { if case .ring(jingle) = $0 { true } else { false } }
        #expect(rung)
        let ack = try #require(
            house.receive(desk().answer(invite, sdp: SIPPhone.sdp()), from: phone).first(.ack))
        #expect(ack.requestURI?.port == 5080)
        #expect(ack.cseq.number == invite.cseq.number)
        let accepted = house.effects.contains { if case .accept(jingle) = $0 { true } else { false } }
        #expect(accepted)
        #expect(house.media.agreed.values.first?.first?.sendCodec.name == "PCMU")

        // The 200 again: another ACK, nothing else.
        #expect(house.receive(desk().answer(invite, sdp: SIPPhone.sdp()), from: phone).methods == [.ack])

        let bye = try #require(house.handle(.legEnded(jingle, .hangup)).first(.bye))
        #expect(bye.to.tag == "tag-desk")
        #expect(house.receive(desk().answer(bye), from: phone) == [])
        #expect(house.adapter.legCount == 0)
    }

    @Test(arguments: [
        (486, EndReason.busy), (600, .busy), (603, .declined), (403, .forbidden), (404, .notFound), (480, .noAnswer),
        (408, .noAnswer), (488, .incompatible),
        (503, .failed("The other side cannot place calls for the moment (503 Service Unavailable)")),
        (500, .failed("The other side has a fault (500 Server Internal Error)")),
        (407, .forbidden), (302, .failed("The call is redirected, which is not followed (302 Moved Temporarily)")),
    ])
    func aRefusalIsAcknowledgedAndPassedOn(status: Int, reason: EndReason) throws {
        var house = SIPHouse()
        let invite = try #require(call(&house))
        #expect(house.receive(desk().answer(invite, status), from: phone).methods == [.ack])
        #expect(ended(house) == reason)
        #expect(house.adapter.legCount == 0)
        #expect(house.media.closed.count == 1)
    }

    @Test func whoGivesUpCancels() throws {
        var house = SIPHouse()
        let invite = try #require(call(&house))
        house.receive(desk().answer(invite, 180), from: phone)
        let cancel = try #require(house.handle(.legEnded(jingle, .cancelled)).first(.cancel))
        #expect(cancel.vias.first?.branch == invite.vias.first?.branch)
        house.receive(desk().answer(cancel), from: phone)
        #expect(house.receive(desk().answer(invite, 487), from: phone).methods == [.ack])
        #expect(house.adapter.legCount == 0)
        #expect(house.ends == [.cancelled])
    }

    @Test func anAnswerThatCrossesTheCancelIsAcknowledgedAndEnded() throws {
        var house = SIPHouse()
        let invite = try #require(call(&house))
        house.receive(desk().answer(invite, 180), from: phone)
        house.handle(.legEnded(jingle, .cancelled))
        let messages = house.receive(desk().answer(invite, sdp: SIPPhone.sdp()), from: phone)
        #expect(messages.methods == [.ack, .bye])
        #expect(house.adapter.legCount == 0)
    }

    @Test func aSecondAnswerOfAForkIsAcknowledgedAndEnded() throws {
        var house = SIPHouse()
        let invite = try #require(call(&house))
        house.receive(desk().answer(invite, sdp: SIPPhone.sdp()), from: phone)
        let other = SIPPhone("other", port: 5090)
        let messages = house.receive(other.answer(invite, sdp: SIPPhone.sdp()), from: phone)
        #expect(messages.methods == [.ack, .bye])
        #expect(messages.last?.to.tag == "tag-other")
        #expect(messages.last?.requestURI?.port == 5090)
        #expect(house.adapter.legCount == 1)
    }

    @Test func nobodyAnswersForTwoMinutes() throws {
        var house = SIPHouse()
        let invite = try #require(call(&house))
        house.receive(desk().answer(invite, 180), from: phone)
        #expect(house.run(for: .seconds(119)).methods == [])
        #expect(house.run(for: .seconds(2)).methods.first == .cancel)
        #expect(ended(house) == .noAnswer)
        house.run(for: .seconds(60))
        #expect(house.adapter.legCount == 0)
    }

    @Test func silenceEndsAfter64T1() throws {
        var house = SIPHouse()
        _ = try #require(call(&house))
        house.run(for: .seconds(33))
        #expect(ended(house) == .noAnswer)
        #expect(house.adapter.legCount == 0)
    }

    @Test func aPortThatIsClosedEndsAtOnce() throws {
        var house = SIPHouse()
        _ = try #require(call(&house))
        house.unreachable(phone)
        #expect(ended(house) == .unavailable)
    }

    @Test func aNameIsLookedUpFirst() throws {
        var house = SIPHouse()
        #expect(call(&house, "200") == nil)
        let lookup = try #require(house.lookups.first)
        #expect(lookup.search.question == .naptr("pbx.example.org"))
        house.resolve(lookup, [.v4(0xc000_0201)])
        #expect(house.sent.last?.requestURI?.description == "sip:200@pbx.example.org")
        #expect(house.flows.last?.remote.description == "192.0.2.1:5060")
    }

    @Test func aNameWithoutAddressEndsTheCall() throws {
        var house = SIPHouse()
        _ = call(&house, "200")
        house.resolve(try #require(house.lookups.first), [])
        #expect(ended(house) == .notFound)
        #expect(house.adapter.legCount == 0)
    }

    @Test func anAnswerThatFitsNotEndsTheCall() throws {
        var house = SIPHouse()
        let invite = try #require(call(&house))
        let messages = house.receive(
            desk().answer(invite, sdp: SIPPhone.sdp(codec: "18 G729/8000")), from: phone)
        #expect(messages.methods == [.ack, .bye])
        #expect(ended(house) == .incompatible)
    }

    @Test func anAnswerInEarlyMediaServesA200WithoutOne() throws {
        var house = SIPHouse()
        let invite = try #require(call(&house))
        house.receive(desk().answer(invite, 183, sdp: SIPPhone.sdp()), from: phone)
        house.receive(desk().answer(invite), from: phone)
        #expect(house.media.agreed.values.first?.count == 1)
        #expect(house.adapter.legCount == 1)
    }
}
