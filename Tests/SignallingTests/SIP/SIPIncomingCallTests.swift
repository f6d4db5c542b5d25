import Conference
import MediaDescription
import Primitives
import SIP
import Testing

@testable import Signalling

@Suite struct SIPIncomingCallTests {
    @Test func aPhoneCallsARoomAndIsInItWithItsACK() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        let answers = house.receive(alice.request(.invite, sdp: SIPPhone.sdp()), from: alice.address)
        #expect(answers.statuses.first == 100)
        let ok = try #require(answers.first(200))
        #expect(ok.contacts.first?.description == "<sip:demo@127.0.0.1:5060>;isfocus")
        #expect(ok.allow?.contains(.message) == true)
        #expect(ok.header("Allow-Events") == "conference")
        #expect(ok.mediaType == "application/sdp")
        let answer = try SDP.parse(ok.body)
        #expect(answer.contents.first?.codecs.first?.name == "PCMU")
        #expect(house.demo?.participants.contains { $0.endpoints.contains { $0.status == .connected } } == false)

        house.receive(alice.ack(ok), from: alice.address)
        let participant = try #require(house.demo?.participants.first)
        #expect(participant.name == "Alice")
        #expect(participant.address == PeerAddress(.sip, user: "alice", host: "127.0.0.1"))
        #expect(participant.endpoints.first?.status == .connected)
        #expect(participant.endpoints.first?.takesText == true)
        let leg = try #require(participant.endpoints.first?.leg)
        #expect(house.media.agreed[leg]?.first?.sendCodec.name == "PCMU")
        #expect(house.run(for: .seconds(40)).statuses == [])

        let bye = house.receive(alice.request(.bye), from: alice.address)
        #expect(bye.statuses == [200])
        #expect(house.demo?.participants == [])
        #expect(house.media.closed == [leg])
        #expect(house.ends == [.hangup])
        #expect(house.adapter.legCount == 0)
    }

    @Test func aCallWithoutOfferGetsOursAndAnswersInTheACK() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        let ok = try #require(house.receive(alice.request(.invite), from: alice.address).first(200))
        let offer = try SDP.parse(ok.body)
        #expect((offer.contents.first?.codecs.count ?? 0) > 3)
        house.receive(alice.ack(ok, sdp: SIPPhone.sdp(codec: "8 PCMA/8000")), from: alice.address)
        let leg = try #require(house.demo?.participants.first?.endpoints.first?.leg)
        #expect(house.media.agreed[leg]?.map(\.sendCodec.name) == ["PCMA"])
    }

    @Test func anAnswerInTheACKThatFitsNotEndsTheCall() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        let ok = try #require(house.receive(alice.request(.invite), from: alice.address).first(200))
        let bye = house.receive(alice.ack(ok), from: alice.address)
        #expect(bye.methods == [.bye])
        #expect(bye.first?.header("Reason")?.contains("488") == true)
        #expect(house.ends == [.incompatible])
        #expect(house.demo?.participants == [])
    }

    @Test func anAnswerWithoutACKIsRepeatedAndEndsWithBYE() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        house.receive(alice.request(.invite, sdp: SIPPhone.sdp()), from: alice.address)
        let messages = house.run(for: .seconds(40))
        #expect(messages.count { $0.status == 200 } == 10)
        #expect(messages.first(.bye) != nil)
        #expect(house.adapter.legCount == 0)
        #expect(house.ends == [.connectivity])
    }

    @Test func noCodecInCommonIs488WithAWord() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        let answers = house.receive(
            alice.request(.invite, sdp: SIPPhone.sdp(codec: "18 G729/8000")), from: alice.address)
        #expect(answers.statuses == [100, 488])
        #expect(answers.last?.header("Warning")?.hasPrefix("305") == true)
        #expect(house.commands.isEmpty)
        #expect(house.media.opened.isEmpty)
    }

    @Test func otherBodiesAre415AndBrokenOnes400() {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        var invite = alice.request(.invite)
        invite.setBody([1], type: "application/pidf+xml")
        let refused = house.receive(invite, from: alice.address)
        #expect(refused.statuses == [100, 415])
        #expect(refused.last?.header("Accept") == "application/sdp, multipart/mixed")
        alice.callID = "another"
        #expect(house.receive(alice.request(.invite, sdp: "v=0"), from: alice.address).statuses == [100, 400])
    }

    @Test func aBodyThatMayBeIgnoredIs() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        var invite = alice.request(.invite)
        invite.setBody([1], type: "application/pidf+xml")
        invite.set("Content-Disposition", "render;handling=optional")
        let ok = try #require(house.receive(invite, from: alice.address).first(200))
        #expect(try SDP.parse(ok.body).contents.count == 1)
    }

    @Test(arguments: [("optional", 200), ("required", 415)])
    func theOfferMayBeOnePartOfSeveral(handling: String, status: Int) {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        var invite = alice.request(.invite)
        let body =
            "--b1\r\nContent-Type: application/pidf+xml\r\nContent-Disposition: render;handling=\(handling)\r\n\r\n"
            + "<presence/>\r\n--b1\r\nContent-Type: application/sdp\r\n\r\n\(SIPPhone.sdp())\r\n--b1--\r\n"
        invite.setBody(Array(body.utf8), type: "multipart/mixed;boundary=\"b1\"")
        #expect(house.receive(invite, from: alice.address).statuses == [100, status])
        #expect(house.media.agreed.values.first?.last?.sendCodec.name == (status == 200 ? "PCMU" : nil))
    }

    @Test func noPortLeftIs500() {
        var house = SIPHouse()
        house.media.hasPorts = false
        var alice = SIPPhone("Alice", port: 5061)
        let answers = house.receive(alice.request(.invite, sdp: SIPPhone.sdp()), from: alice.address)
        #expect(answers.statuses == [100, 500])
        #expect(house.demo?.participants == [])
        #expect(house.adapter.legCount == 0)
    }

    @Test func aRoomThatIsNotMadeIs404() {
        var house = SIPHouse(createsRooms: false)
        var alice = SIPPhone("Alice", port: 5061, calls: "sip:nowhere@127.0.0.1")
        #expect(house.receive(alice.request(.invite, sdp: SIPPhone.sdp()), from: alice.address).statuses == [100, 404])
        #expect(house.adapter.legCount == 0)
    }

    @Test func anICEOfferIsAnsweredWithICEAndItsCandidatesArePassed() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        let print = Array(repeating: "AB", count: 32).joined(separator: ":")
        let offer =
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
            + "c=IN IP4 0.0.0.0\r\na=rtpmap:111 opus/48000/2\r\na=rtcp-mux\r\na=ice-ufrag:abcd\r\n"
            + "a=ice-pwd:abcdabcdabcdabcdabcdabcd\r\na=fingerprint:sha-256 \(print)\r\na=setup:actpass\r\n"
            + "a=candidate:1 1 udp 2130706431 127.0.0.1 4444 typ host\r\na=mid:0\r\n"
        let ok = try #require(house.receive(alice.request(.invite, sdp: offer), from: alice.address).first(200))
        #expect(String(decoding: ok.body, as: UTF8.self).contains("a=ice-ufrag:ours"))
        let leg = try #require(house.adapter.liveLegs.first)
        #expect(house.media.candidates[leg]?.map(\.address.port) == [4444])
        // The null address of an ICE offer is no hold.
        house.receive(alice.ack(ok), from: alice.address)
        #expect(house.demo?.participants.first?.endpoints.first?.direction == .sendrecv)
    }

    @Test func cancelWhileItRingsGets487AndEndsTheOtherLeg() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061, calls: "sip:bob@localhost")
        let invite = alice.request(.invite, sdp: SIPPhone.sdp())
        #expect(house.receive(invite, from: alice.address).statuses == [100])
        guard
            case .dial(let callee, let call) = house.effects.last(where: { if case .dial = $0 { true } else { false } })
        else {
            Issue.record("nobody was dialled")
            return
        }
        #expect(call.target == PeerAddress(.xmpp, user: "bob", host: "localhost"))
        let ringing = try #require(house.handle(.legRinging(callee)).first(180))
        #expect(ringing.contacts.first?.parameters.contains("isfocus") == false)
        #expect(ringing.allow?.contains(.message) == true)
        let answers = house.receive(alice.request(.cancel), from: alice.address)
        #expect(answers.statuses == [200, 487])
        #expect(house.ends == [.cancelled])
        let ended = house.effects.contains { if case .end(callee, .cancelled) = $0 { true } else { false } }
        #expect(ended)
        #expect(house.adapter.legCount == 0)
    }

    @Test(arguments: [
        (EndReason.busy, 486), (.declined, 603), (.noAnswer, 480), (.unavailable, 480), (.notFound, 404),
        (.forbidden, 403), (.incompatible, 488), (.insecure, 488), (.failed("x"), 500), (.full, 486),
    ])
    func aCalleeThatRefusesIsToldByStatus(reason: EndReason, status: Int) {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061, calls: "sip:bob@localhost")
        house.receive(alice.request(.invite, sdp: SIPPhone.sdp()), from: alice.address)
        guard case .dial(let callee, _) = house.effects.last(where: { if case .dial = $0 { true } else { false } })
        else {
            Issue.record("nobody was dialled")
            return
        }
        #expect(house.handle(.legEnded(callee, reason)).statuses == [status])
        #expect(house.adapter.legCount == 0)
    }

    @Test func aBridgedCallIsUpAndEndsFromTheOtherSide() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061, calls: "sip:bob@localhost")
        house.receive(alice.request(.invite, sdp: SIPPhone.sdp()), from: alice.address)
        guard case .dial(let callee, _) = house.effects.last(where: { if case .dial = $0 { true } else { false } })
        else {
            Issue.record("nobody was dialled")
            return
        }
        let ok = try #require(house.handle(.legAnswered(callee)).first(200))
        house.receive(alice.ack(ok), from: alice.address)
        let connected = house.effects.count { if case .connect = $0 { true } else { false } }
        #expect(connected == 2)
        let bye = try #require(house.handle(.legEnded(callee, .hangup)).first(.bye))
        #expect(bye.requestURI?.port == 5061)
        #expect(bye.header("Reason") == nil)
        #expect(house.receive(alice.answer(bye), from: alice.address) == [])
        #expect(house.adapter.legCount == 0)
    }

    @Test func endBeforeTheACKWaitsForIt() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        let ok = try #require(
            house.receive(alice.request(.invite, sdp: SIPPhone.sdp()), from: alice.address).first(200))
        let leg = try #require(house.adapter.liveLegs.first)
        #expect(house.fail(leg, .connectivity).methods == [])
        let bye = house.receive(alice.ack(ok), from: alice.address)
        #expect(bye.methods == [.bye])
        #expect(bye.first?.header("Reason") == "SIP;cause=500;text=\"The connection was lost\"")
        #expect(house.adapter.legCount == 0)
        #expect(house.media.closed == [leg])
    }

    @Test func mediaThatFailsEndsTheCall() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        let leg = try #require(house.adapter.liveLegs.first)
        #expect(house.fail(leg, .connectivity).methods == [.bye])
        #expect(house.demo?.participants == [])
    }
}
