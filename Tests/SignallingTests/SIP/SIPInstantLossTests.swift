import Conference
import Primitives
import SIP
import Testing

@testable import Signalling

/// Texts in a call that do not get there, or only in part: who wrote them hears so, once of each.
@Suite struct SIPInstantLossTests {
    private let alice = PeerAddress(.xmpp, user: "alice", host: "localhost", resource: "phone")
    private var house = SIPHouse()
    private var phone = SIPPhone("Hundred", port: 5080, calls: "sip:alice@localhost")
    private var jingle = LegID(0)

    init() throws { try call() }

    /// The phone calls Alice, who answers.
    private mutating func call(accept: String? = nil) throws {
        house = SIPHouse()
        phone = SIPPhone("Hundred", port: 5080, calls: "sip:alice@localhost")
        phone.identity = SIPURI(user: "100", host: "127.0.0.1", port: 5080)
        phone.accept = accept
        house.receive(phone.request(.invite, sdp: SIPPhone.sdp()), from: phone.address)
        jingle = try #require(house.effects.compactMap { if case .dial(let leg, _) = $0 { leg } else { nil } }.last)
        let ok = try #require(house.handle(.legAnswered(jingle)).first(200))
        house.receive(phone.ack(ok), from: phone.address)
    }

    @discardableResult
    private mutating func write(_ body: String) -> SIPMessage? {
        var text = InstantText(body, clientID: body.prefix(8).description)
        text.wanted = [.delivered, .failed, .displayed]
        return house.handle(
            .instant(
                InstantMessage(
                    id: SubmissionID(1), from: alice, to: PeerAddress(.xmpp, user: "100", host: "sip.localhost"),
                    .text(text)))
        ).first(.message)
    }

    private var lost: [String] {
        house.effects.compactMap {
            if case .undelivered(let text) = $0, text.failure == .recipientUnavailable { text.clientID } else { nil }
        }
    }

    private var receipts: [String] {
        house.effects.compactMap {
            if case .pass(let delivery) = $0, case .report(.delivered, let id) = delivery.content { id } else { nil }
        }
    }

    @Test(arguments: [true, false]) mutating func whatWaitsWhenTheCallEndsComesBack(phoneEnds: Bool) throws {
        let first = try #require(write("one"))
        #expect(write("two") == nil)
        #expect(write("three") == nil)
        if phoneEnds {
            #expect(house.receive(phone.request(.bye), from: phone.address).statuses == [200])
        } else {
            #expect(house.handle(.legEnded(jingle, .hangup)).methods == [.bye])
        }
        #expect(lost == ["two", "three"] && receipts.isEmpty)
        // The one on its way may have been read.
        house.receive(phone.answer(first), from: phone.address)
        #expect(lost == ["two", "three"] && receipts == ["one"])
        house.run(for: .seconds(60))
        #expect(lost.count == 2 && house.adapter.purposes.isEmpty)
    }

    @Test mutating func theLastTextFailsWithTheCallIfThePhoneSaysNothingMore() throws {
        write("one")
        house.receive(phone.request(.bye), from: phone.address)
        #expect(lost.isEmpty)
        house.run(for: .seconds(40))
        #expect(lost == ["one"])
    }

    @Test mutating func theLastTextIsRefusedByAPhoneWithoutTheCall() throws {
        let told = try #require(write("one"))
        house.receive(phone.request(.bye), from: phone.address)
        house.receive(phone.answer(told, 481), from: phone.address)
        #expect(lost == ["one"])
    }

    // MARK: Pieces

    /// Three pieces over UDP. -> the first
    private mutating func cut() throws -> SIPMessage {
        write(String(repeating: "0123456789", count: 200))
        return try #require(house.unreachable(phone.address, by: .tcp).first(.message))
    }

    @Test(arguments: [408, 480, 486]) mutating func aTextOfWhichAPieceIsLostIsLost(status: Int) throws {
        let first = try cut()
        #expect(write("next one") == nil)
        let second = try #require(house.receive(phone.answer(first), from: phone.address).first(.message))
        let next = try #require(house.receive(phone.answer(second, status), from: phone.address).first(.message))
        #expect(next.body == Array("next one".utf8))
        house.receive(phone.answer(next), from: phone.address)
        let failures = house.effects.compactMap { if case .undelivered(let text) = $0 { text.clientID } else { nil } }
        #expect(failures == ["01234567"] && receipts == ["next one"])
    }

    @Test mutating func piecesThatWaitAreOneText() throws {
        _ = try cut()
        house.receive(phone.request(.bye), from: phone.address)
        #expect(lost == ["01234567"])
        house.run(for: .seconds(60))
        #expect(lost.count == 1 && receipts.isEmpty)
    }

    @Test mutating func aPieceThatIsMerelyPassedOnMakesNoReceipt() throws {
        var piece = try cut()
        for status in [202, 200, 200] {
            let next = house.receive(phone.answer(piece, status), from: phone.address).first(.message)
            piece = next ?? piece
        }
        #expect(lost.isEmpty && receipts.isEmpty)
    }

    @Test mutating func theLastPieceSpeaksForAllOfThem() throws {
        try call(accept: "application/sdp, message/cpim")
        var next: SIPMessage? = try cut()
        var pieces: [CPIMMessage] = []
        while let piece = next {
            pieces.append(try #require(CPIMMessage(parsing: piece.body)))
            next = house.receive(phone.answer(piece), from: phone.address).first(.message)
        }
        let id = house.effects.lazy.compactMap { if case .pass(let delivery) = $0 { delivery.id } else { nil } }.first
        #expect(pieces.count > 2 && Set(pieces.map(\.messageID)).count == pieces.count)
        #expect(pieces.last?.messageID == id && pieces.last?.dispositions.count == 3)
        #expect(pieces.dropLast().allSatisfy { $0.dispositions.isEmpty })
    }
}
