import Conference
import MediaDescription
import Primitives
import SIP
import Testing

@testable import Signalling

/// Changes of a call that are refused, come too early or are never answered.
@Suite struct SIPRefusedChangeTests {
    private let jingle = LegID(LegIDs.Origin.jingle.rawValue << 56 | 1)
    private let desk = SIPPhone("desk", port: 5080)
    private var house = SIPHouse()

    /// An XMPP user calls a number; gives the INVITE.
    private mutating func dial() throws -> SIPMessage {
        let sent = house.handle(
            .legOffered(
                jingle,
                IncomingCall(
                    caller: PeerAddress(.xmpp, user: "romeo", host: "localhost", resource: "x"), displayName: nil,
                    callee: PeerAddress(.xmpp, user: "100", host: "sip.localhost"), takesText: true)))
        return try #require(sent.first(.invite))
    }

    private func fromDesk(_ method: SIPMethod, _ invite: SIPMessage, sequence: UInt32, sdp: String? = nil) -> SIPMessage
    {
        var from = invite.to
        from.tag = "tag-desk"
        var request = SIPMessage(
            method, invite.contacts.first?.uri ?? invite.from.uri, from: from, to: invite.from, callID: invite.callID,
            sequence: sequence)
        request.vias = [Via(transport: "UDP", host: "127.0.0.1", port: 5080)]
        request.vias[0].parameters["branch"] = "z9hG4bKdesk\(method.rawValue)\(sequence)"
        request.contacts = [NameAddress(SIPURI(user: "desk", host: "127.0.0.1", port: 5080))]
        if let sdp { request.setBody(Array(sdp.utf8), type: "application/sdp") }
        return request
    }

    // MARK: Refreshes

    private mutating func refreshed() throws -> SIPMessage {
        let invite = try dial()
        var ok = desk.answer(invite, sdp: SIPPhone.sdp())
        ok.set("Allow", "INVITE, ACK, BYE, UPDATE")
        ok.set("Session-Expires", "1800;refresher=uac")
        house.receive(ok, from: desk.address)
        return try #require(house.run(for: .seconds(901)).first(.update))
    }

    @Test(arguments: [491, 500, 503])
    mutating func aRefreshThatIsRefusedIsTriedAgainSoonAndSlower(status: Int) throws {
        var update = try refreshed()
        var waits: [Int] = []
        for _ in 0..<4 {
            #expect(!house.receive(desk.answer(update, status), from: desk.address).contains { $0.isRequest })
            var seconds = 0
            while let next = [house.run(for: .seconds(1)).first(.update)].first, next == nil, seconds < 100 {
                seconds += 1
            }
            waits.append(seconds + 1)
            update = try #require(house.sent.last { $0.method == .update })
        }
        #expect(waits == [5, 10, 20, 40])
        var ok = desk.answer(update)
        ok.set("Session-Expires", "1800;refresher=uac")
        house.receive(ok, from: desk.address)
        #expect(house.run(for: .seconds(890)).isEmpty)
        #expect(house.run(for: .seconds(20)).methods.contains(.update))
    }

    @Test mutating func retryAfterIsWaitedForButNotBeyondTheEnd() throws {
        let update = try refreshed()
        var refusal = desk.answer(update, 500)
        refusal.set("Retry-After", "120")
        house.receive(refusal, from: desk.address)
        #expect(house.run(for: .seconds(118)).isEmpty)
        let again = try #require(house.run(for: .seconds(3)).first(.update))
        refusal = desk.answer(again, 503)
        refusal.set("Retry-After", "4000000000")
        house.receive(refusal, from: desk.address)
        // 32 seconds before the 1,800 are over.
        #expect(house.run(for: .seconds(745)).isEmpty)
        #expect(house.run(for: .seconds(4)).first(.update) != nil)
    }

    // MARK: Re-INVITEs

    @Test mutating func aReinviteBeforeTheAnswerIs491() throws {
        let invite = try dial()
        house.receive(desk.answer(invite, 183), from: desk.address)
        let sent = house.receive(fromDesk(.invite, invite, sequence: 1, sdp: SIPPhone.sdp()), from: desk.address)
        #expect(sent.statuses.last == 491)
        #expect(house.receive(desk.answer(invite, sdp: SIPPhone.sdp()), from: desk.address).methods == [.ack])
        #expect(house.adapter.legCount == 1)
    }

    @Test mutating func aReinviteThatIsNeverAnsweredIsCancelledAndTheCallGoesOn() throws {
        let invite = try dial()
        house.receive(desk.answer(invite, sdp: SIPPhone.sdp()), from: desk.address)
        house.handle(.legAnswered(jingle))
        let hold = try #require(house.handle(.legDirection(jingle, .sendonly)).first(.invite))
        house.receive(desk.answer(hold, 100), from: desk.address)
        #expect(house.run(for: .seconds(31)).isEmpty)
        let cancel = try #require(house.run(for: .seconds(2)).first(.cancel))
        #expect(cancel.cseq.number == hold.cseq.number)
        house.receive(desk.answer(cancel), from: desk.address)
        #expect(house.receive(desk.answer(hold, 487), from: desk.address).methods == [.ack])
        #expect(house.adapter.legCount == 1)
        #expect(house.handle(.legDirection(jingle, .sendrecv)).first(.invite) != nil)
    }

    @Test mutating func whoDoesNotAnswerTheCancelEitherIsGone() throws {
        let invite = try dial()
        house.receive(desk.answer(invite, sdp: SIPPhone.sdp()), from: desk.address)
        house.handle(.legAnswered(jingle))
        let hold = try #require(house.handle(.legDirection(jingle, .sendonly)).first(.invite))
        house.receive(desk.answer(hold, 100), from: desk.address)
        let sent = house.run(for: .seconds(70))
        #expect(sent.first(.cancel) != nil && sent.first(.bye) != nil)
        #expect(house.ends.last == .connectivity)
    }

    // MARK: Early answers

    @Test mutating func eachBranchOfAForkHasItsOwnEarlyAnswer() throws {
        let invite = try dial()
        var other = SIPPhone("other", port: 5080)
        other.tag = "b"
        var first = other.answer(invite, 183, sdp: SIPPhone.sdp(port: 4100))
        first.set("Require", "100rel")
        first.set("RSeq", "1")
        house.receive(first, from: desk.address)
        house.receive(desk.answer(invite, 183, sdp: SIPPhone.sdp(port: 4200)), from: desk.address)
        house.receive(other.answer(invite), from: desk.address)
        #expect(try rtpPort() == 4100)
    }

    @Test mutating func whoAnsweredReliablyMayChangeItBeforeTheCallIsUp() throws {
        let invite = try dial()
        var early = desk.answer(invite, 183, sdp: SIPPhone.sdp(port: 4100))
        early.set("Require", "100rel")
        early.set("RSeq", "1")
        #expect(house.receive(early, from: desk.address).methods == [.prack])
        var versions: [UInt64] = []
        for (round, port) in [4300, 4310].enumerated() {
            let update = fromDesk(
                .update, invite, sequence: UInt32(round + 1), sdp: SIPPhone.sdp(port: port, version: round + 2))
            let ok = try #require(house.receive(update, from: desk.address).first(200))
            versions.append(try #require(try SDP.parse(ok.body).origin?.version))
        }
        #expect(versions == [2, 3])
        let bad = fromDesk(.update, invite, sequence: 3, sdp: SIPPhone.sdp(codec: "18 G729/8000"))
        #expect(house.receive(bad, from: desk.address).first(488) != nil)
        #expect(house.media.agreed.isEmpty)
        // What the 200 repeats is old by now.
        house.receive(desk.answer(invite, sdp: SIPPhone.sdp(port: 4100)), from: desk.address)
        #expect(try rtpPort() == 4310)
        #expect(house.media.agreed.values.first?.count == 1 && house.adapter.legCount == 1)
    }

    @Test mutating func aChangeOfAnotherBranchOrBeforeAReliableAnswerDoesNotCount() throws {
        let invite = try dial()
        house.receive(desk.answer(invite, 183, sdp: SIPPhone.sdp(port: 4100)), from: desk.address)
        let soon = fromDesk(.update, invite, sequence: 1, sdp: SIPPhone.sdp(port: 4300))
        #expect(house.receive(soon, from: desk.address).first(491) != nil)
        var early = desk.answer(invite, 183, sdp: SIPPhone.sdp(port: 4100))
        early.set("Require", "100rel")
        early.set("RSeq", "1")
        house.receive(early, from: desk.address)
        let later = fromDesk(.update, invite, sequence: 2, sdp: SIPPhone.sdp(port: 4300))
        #expect(house.receive(later, from: desk.address).first(200) != nil)
        var other = SIPPhone("other", port: 5080)
        other.tag = "b"
        house.receive(other.answer(invite, sdp: SIPPhone.sdp(port: 4500)), from: desk.address)
        #expect(try rtpPort() == 4500)
    }

    private func rtpPort() throws -> UInt16? {
        let agreed = try #require(house.media.agreed.values.first?.last)
        if case .plain(let rtp, _) = agreed.transport { return rtp.port }
        return nil
    }
}
