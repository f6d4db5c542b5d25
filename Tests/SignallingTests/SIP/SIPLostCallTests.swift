import Conference
import MediaDescription
import Primitives
import Testing

@testable import SIP
@testable import Signalling

/// Calls that lose their connection, their dialog, or the room for a request, and what is left of them.
@Suite struct SIPLostCallTests {
    private let jingle = LegID(LegIDs.Origin.jingle.rawValue << 56 | 1)
    private let page = SocketAddress(.loopback4, 50_000)
    private let desk = SIPPhone("desk", port: 5080)

    /// An XMPP user calls a number; gives the INVITE.
    private func call(_ house: inout SIPHouse, _ number: String = "100") throws -> SIPMessage {
        try #require(
            house.handle(
                .legOffered(
                    jingle,
                    IncomingCall(
                        caller: PeerAddress(.xmpp, user: "romeo", host: "localhost", resource: "orchard"),
                        displayName: nil, callee: PeerAddress(.xmpp, user: number, host: "sip.localhost"),
                        takesText: true))
            ).first(.invite))
    }

    private func ended(_ house: SIPHouse) -> EndReason? {
        for case .end(jingle, let reason) in house.effects { return reason }
        return nil
    }

    /// A request of who was called, in the dialog that its tag makes.
    private func request(_ method: SIPMethod, _ invite: SIPMessage, from phone: SIPPhone, tag: String?) -> SIPMessage {
        var from = invite.to
        from.tag = tag
        var request = SIPMessage(
            method, invite.contacts.first?.uri ?? invite.from.uri, from: from, to: invite.from, callID: invite.callID,
            sequence: 1)
        request.vias = [Via(transport: "UDP", host: "127.0.0.1", port: phone.address.port)]
        request.vias[0].parameters["branch"] = "z9hG4bKfrom\(phone.address.port)\(method.rawValue)"
        return request
    }

    @Test func aPageThatClosesWhileItsCallRingsIsEndedOnce() throws {
        var house = SIPHouse()
        let flow = SIPFlow(.ws, local: SIPHouse.address, remote: page, connection: 7)
        var ada = SIPPhone("Ada", port: 50_000, calls: "sip:romeo@localhost")
        var invite = ada.request(.invite, sdp: SIPPhone.sdp())
        invite.vias[0].transport = "WS"
        invite.contacts = [NameAddress(try #require(SIPURI("sip:ada@x7.invalid;transport=ws")))]
        house.receive(invite.bytes, on: flow)
        let callee = try #require(
            house.effects.lazy.compactMap { if case .dial(let leg, _) = $0 { leg } else { nil } }.last)
        house.run(for: .seconds(5))
        house.disconnect(7)
        house.run(for: .seconds(20))
        house.handle(.legAnswered(callee))
        house.run(for: .seconds(100))
        let gone = house.notices.count { $0.text.contains("connection is gone") }
        let ends = house.commands.count { if case .legEnded(let leg, _) = $0 { leg != callee } else { false } }
        #expect(gone == 1 && ends == 1 && house.adapter.legCount == 0)
    }

    @Test func whoSaysBYEWhileItRingsEndsTheCallForAllItsPhones() throws {
        var house = SIPHouse(accounts: SIPAccountTests.accounts)
        var phones: [UInt16: SIPPhone] = [:]
        for port: UInt16 in [4001, 4002] {
            var phone = SIPPhone("Alice", port: port, calls: "sip:demo@talk.localhost")
            phone.identity = SIPURI("sip:alice@talk.localhost")
            phone.account = "alice"
            phone.password = SIPAccountTests.passwords["alice"] ?? ""
            phone.callID = "registration-\(port)"
            phone.branchPrefix = "p\(port)"
            phone.tag = "tag-\(port)"
            house.register(&phone)
            phones[port] = phone
        }
        _ = try call(&house, "alice")
        let invites = house.sent.filter { $0.method == .invite }
        #expect(invites.count == 2)
        for invite in invites {
            let phone = try #require(invite.requestURI?.port.flatMap { phones[$0] })
            house.receive(phone.answer(invite, 180), from: phone.address)
        }
        let first = try #require(invites.first)
        let phone = try #require(first.requestURI?.port.flatMap { phones[$0] })
        let said = house.receive(request(.bye, first, from: phone, tag: phone.tag), from: phone.address)
        #expect(said.first(200) != nil && said.count { $0.method == .cancel } == 2)
        #expect(ended(house) == .hangup && house.adapter.legCount == 0)
        house.run(for: .seconds(100))
        #expect(house.adapter.transactions.count == 0)
    }

    @Test func aTrunkThatSaysBYEWhileItRingsGetsACancel() throws {
        var house = SIPHouse()
        let invite = try call(&house)
        house.receive(desk.answer(invite, 180), from: desk.address)
        let said = house.receive(request(.bye, invite, from: desk, tag: "tag-desk"), from: desk.address)
        #expect(said.first(200) != nil && said.first(.cancel) != nil && ended(house) == .hangup)
        house.run(for: .seconds(100))
        #expect(house.adapter.transactions.count == 0 && house.adapter.legCount == 0)
        #expect(house.ends.count == 1)
    }

    @Test func aReinviteThatIsUnderWayWhenTheCallEndsLeavesNothing() throws {
        for isAnswered in [true, false] {
            var house = SIPHouse()
            var alice = SIPPhone("Alice", port: 5061)
            house.join(&alice)
            let leg = try #require(house.adapter.liveLegs.first)
            _ = house.adapter.setDirection(leg, .sendonly, at: house.now)
            let offer = try #require(house.handle(.legRinging(jingle)).first(.invite))
            if isAnswered { house.receive(alice.answer(offer, 100), from: alice.address) }
            house.receive(alice.request(.bye), from: alice.address)
            if !isAnswered { house.receive(alice.answer(offer, 100), from: alice.address) }
            house.run(for: .seconds(100))
            #expect(house.adapter.transactions.count == 0 && house.adapter.legCount == 0)
        }
    }

    @Test func anAnswerWithoutTagIsTaken() throws {
        var house = SIPHouse()
        let invite = try call(&house)
        var answer = desk.answer(invite, sdp: SIPPhone.sdp())
        answer.to.tag = nil
        #expect(house.receive(answer, from: desk.address).methods == [.ack])
        #expect(house.effects.contains(.accept(jingle)) && ended(house) == nil)
        // Again, as its ACK was lost.
        #expect(house.receive(answer, from: desk.address).methods == [.ack])
        let bye = try #require(house.handle(.legEnded(jingle, .hangup)).first(.bye))
        #expect(bye.to.tag == nil && bye.callID == invite.callID)

        house = SIPHouse()
        let other = try call(&house)
        answer = desk.answer(other, sdp: SIPPhone.sdp())
        answer.to.tag = nil
        house.receive(answer, from: desk.address)
        #expect(house.receive(request(.bye, other, from: desk, tag: nil), from: desk.address).statuses == [200])
        #expect(ended(house) == .hangup && house.adapter.legCount == 0)
    }

    @Test func anAnswerWithoutTagThatComesTooLateIsEnded() throws {
        var house = SIPHouse()
        let invite = try call(&house)
        house.receive(desk.answer(invite, 100), from: desk.address)
        #expect(house.handle(.legEnded(jingle, .cancelled)).methods == [.cancel])
        var answer = desk.answer(invite, sdp: SIPPhone.sdp())
        answer.to.tag = nil
        #expect(house.receive(answer, from: desk.address).methods == [.ack, .bye])
    }

    @Test func aChangeForWhichThereIsNoRoomIsMadeLater() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        let leg = try #require(house.adapter.liveLegs.first)
        let transactions = house.adapter.transactions
        house.adapter.transactions = TransactionLayer(limit: 0, entropy: .seeded(9))
        _ = house.adapter.setDirection(leg, .sendonly, at: house.now)
        house.adapter.transactions = transactions
        #expect(house.run(for: .seconds(4)).first(.invite) == nil)
        let offer = try #require(house.run(for: .seconds(2)).first(.invite))
        #expect(String(decoding: offer.body, as: UTF8.self).contains("a=sendonly"))
    }
}
