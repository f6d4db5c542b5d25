import Conference
import MediaDescription
import Primitives
import SIP
import Testing

@testable import Signalling

@Suite struct SIPReinviteTests {
    private func reinvite(_ house: inout SIPHouse, _ phone: inout SIPPhone, _ sdp: String?) -> SIPMessage? {
        let answers = house.receive(phone.request(.invite, sdp: sdp), from: phone.address)
        guard let answer = answers.first(where: { ($0.status ?? 0) >= 200 }) else { return nil }
        if answer.status == 200, sdp != nil { house.receive(phone.ack(answer), from: phone.address) }
        return answer
    }

    @Test func holdAndResumeReachTheDomain() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        let held = try #require(reinvite(&house, &alice, SIPPhone.sdp("sendonly", version: 2)))
        #expect(held.status == 200)
        #expect(held.contacts.first?.parameters.contains("isfocus") == true)
        #expect(try SDP.parse(held.body).contents.first?.direction == .recvonly)
        #expect(try SDP.parse(held.body).origin?.version == 2)
        #expect(house.demo?.participants.first?.endpoints.first?.direction == .sendonly)
        _ = reinvite(&house, &alice, SIPPhone.sdp("sendrecv", version: 3))
        #expect(house.demo?.participants.first?.endpoints.first?.direction == .sendrecv)
        #expect(house.media.agreed.values.first?.map(\.direction) == [.sendrecv, .inactive, .sendrecv])
    }

    @Test(arguments: ["inactive", "sendonly", "recvonly"])
    func aHeldPeerIsLeftAloneUntilItResumes(direction: String) throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        _ = reinvite(&house, &alice, SIPPhone.sdp(direction, version: 2))
        let sent = house.run(for: .seconds(10))
        #expect(!sent.contains { $0.method == .invite })
        let resumed = try #require(reinvite(&house, &alice, SIPPhone.sdp("sendrecv", version: 3)))
        #expect(resumed.status == 200)
    }

    @Test func anUnacceptableChangeIs488AndTheCallGoesOn() {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        #expect(reinvite(&house, &alice, SIPPhone.sdp(codec: "18 G729/8000"))?.status == 488)
        #expect(house.demo?.participants.count == 1)
        #expect(house.media.agreed.values.first?.count == 1)
        #expect(reinvite(&house, &alice, SIPPhone.sdp(port: 4002, version: 3))?.status == 200)
    }

    @Test func aReinviteWithoutOfferGetsOursAgain() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        let ok = try #require(reinvite(&house, &alice, nil))
        let offer = try SDP.parse(ok.body)
        #expect(offer.origin?.version == 2)
        house.receive(alice.ack(ok, sdp: SIPPhone.sdp(port: 4010, version: 2)), from: alice.address)
        #expect(house.media.agreed.values.first?.count == 2)
        #expect(house.demo?.participants.count == 1)
    }

    @Test(arguments: ["inactive", "sendonly", "recvonly"])
    func whoHoldsByTheAnswerInItsAcknowledgementIsLeftAloneToo(direction: String) throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        let ok = try #require(reinvite(&house, &alice, nil))
        house.receive(alice.ack(ok, sdp: SIPPhone.sdp(direction, port: 4010, version: 2)), from: alice.address)
        let sent = house.run(for: .seconds(10))
        #expect(!sent.contains { $0.method == .invite })
        #expect(house.demo?.participants.first?.endpoints.first?.direction.rawValue == direction)
        #expect(reinvite(&house, &alice, SIPPhone.sdp("sendrecv", version: 3))?.status == 200)
    }

    @Test func changesThatMeetAre491() {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        house.receive(alice.request(.invite, sdp: SIPPhone.sdp(version: 2)), from: alice.address)
        let second = house.receive(alice.request(.invite, sdp: SIPPhone.sdp(version: 3)), from: alice.address)
        #expect(second.statuses == [100, 491])
    }

    @Test func requestsOutOfOrderAre500() {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        var late = alice.request(.bye)
        late.cseq.number = 1
        #expect(house.receive(late, from: alice.address).statuses == [500])
        #expect(house.demo?.participants.count == 1)
    }

    /// Brings up a call that is bridged to somebody. -> the leg of who was called
    private func bridge(_ phone: inout SIPPhone, _ house: inout SIPHouse) throws -> LegID {
        house.receive(phone.request(.invite, sdp: SIPPhone.sdp()), from: phone.address)
        let callee = try #require(
            house.effects.lazy.compactMap { if case .dial(let leg, _) = $0 { leg } else { nil } }.last)
        let ok = try #require(house.handle(.legAnswered(callee)).first(200))
        house.receive(phone.ack(ok), from: phone.address)
        return callee
    }

    @Test func holdFromABridgedPeerIsPassedOnAndRetriedAfterGlare() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061, calls: "sip:bob@localhost")
        let callee = try bridge(&alice, &house)

        let hold = try #require(house.handle(.legDirection(callee, .sendonly)).first(.invite))
        #expect(try SDP.parse(hold.body).contents.first?.direction == .sendonly)
        let glare = house.receive(alice.answer(hold, 491), from: alice.address)
        #expect(glare.methods == [.ack])
        let again = try #require(house.run(for: .seconds(5)).first(.invite))
        #expect(again.cseq.number > hold.cseq.number)
        let done = house.receive(
            alice.answer(again, sdp: SIPPhone.sdp("recvonly", version: 2)), from: alice.address)
        #expect(done.methods == [.ack])
        // A repeated 200 is acknowledged again.
        let repeated = house.receive(
            alice.answer(again, sdp: SIPPhone.sdp("recvonly", version: 2)), from: alice.address)
        #expect(repeated.methods == [.ack])
        #expect(house.media.agreed.values.first?.last?.direction == .sendonly)
        #expect(house.adapter.legCount == 1)
    }

    @Test func theAcknowledgementGoesToWhereTheAnswerSaysThePeerIs() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061, calls: "sip:bob@localhost")
        let callee = try bridge(&alice, &house)
        let hold = try #require(house.handle(.legDirection(callee, .sendonly)).first(.invite))
        var answer = alice.answer(hold, sdp: SIPPhone.sdp("recvonly", version: 2))
        let moved = SIPURI(user: "alice", host: "127.0.0.1", port: 5099)
        answer.contacts = [NameAddress(moved)]
        #expect(house.receive(answer, from: alice.address).first(.ack)?.requestURI == moved)
    }

    @Test func aLateRepeatedAnswerToAnEarlierOfferIsAcknowledgedAndTheCallGoesOn() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061, calls: "sip:bob@localhost")
        let callee = try bridge(&alice, &house)

        let hold = try #require(house.handle(.legDirection(callee, .sendonly)).first(.invite))
        let held = alice.answer(hold, sdp: SIPPhone.sdp("recvonly", version: 2))
        house.receive(held, from: alice.address)
        let resume = try #require(house.handle(.legDirection(callee, .sendrecv)).first(.invite))
        let late = house.receive(held, from: alice.address)
        #expect(late.methods == [.ack])
        #expect(late.first?.cseq.number == hold.cseq.number)
        house.receive(alice.answer(resume, sdp: SIPPhone.sdp(version: 3)), from: alice.address)
        #expect(house.media.agreed.values.first?.last?.direction == .sendrecv)
        #expect(house.adapter.legCount == 1)
    }
}
