import Conference
import Primitives
import SIP
import Testing

@testable import Signalling

/// Who is shown under a number, or not at all, where a call goes by a trunk is so in texts, wherever it stands.
@Suite struct SIPInstantWriterTests {
    private let alice = PeerAddress(.xmpp, user: "alice", host: "localhost", resource: "phone")
    private let number = PeerAddress(.xmpp, user: "+4930", host: "sip.localhost")
    private let gateway = SocketAddress(.v4(0xc000_0201), 5060)
    private let jingle = LegID(LegIDs.Origin.jingle.rawValue << 56 | 1)

    private func house(_ callerID: String?) -> SIPHouse {
        var house = SIPHouse { $0.trunks = ["a": SIPTrunk()] }
        var configuration = house.conference.configuration
        var a = Trunk(host: "192.0.2.1")
        a.callerIDs = CallerIDs(table: callerID.map { ["alice@localhost": $0] } ?? [:])
        configuration.trunks = ["a": a]
        configuration.routes = [GatewayRoute(pattern: "*", host: a.host, trunks: ["a"])]
        configuration.calling.rules = [CallingRule(.everyone, nil)]
        house.conference = Conference(configuration: configuration, entropy: .seeded(1))
        return house
    }

    private func say(_ content: InstantMessage.Content) -> Command {
        var message = InstantMessage(id: SubmissionID(1), from: alice, to: number, content)
        message.displayName = "Alice"
        return .instant(message)
    }

    /// The phone has taken a call of Alice's by the trunk, and reads CPIM.
    private func inCall(_ house: inout SIPHouse) throws -> SIPPhone {
        house.handle(
            .legOffered(
                jingle, IncomingCall(caller: alice, displayName: nil, callee: number, takesText: true)))
        let invite = try #require(house.sent.first(.invite))
        var phone = SIPPhone("desk", port: 5060, calls: "sip:x@127.0.0.1")
        var ok = phone.answer(invite, sdp: SIPPhone.sdp())
        ok.set("Accept", "application/sdp, message/cpim, application/im-iscomposing+xml")
        house.receive(ok, from: gateway)
        house.handle(.legAnswered(jingle))
        phone.callID = invite.callID
        phone.dialled = invite.from.uri
        phone.identity = invite.to.uri
        phone.remoteTag = invite.from.tag
        return phone
    }

    private func text(_ message: SIPMessage) -> String { String(decoding: message.bytes, as: UTF8.self) }

    private func expectNobody(in message: SIPMessage, _ shown: String) throws {
        #expect(!text(message).lowercased().contains("alice") && !text(message).contains("localhost"))
        guard message.mediaType == "message/cpim" else { return }
        let wrapped = try #require(CPIMMessage(parsing: message.body))
        #expect(wrapped.from?.uri == shown && wrapped.from?.name == nil)
    }

    @Test(arguments: [
        ("anonymous", "sip:anonymous@anonymous.invalid"), ("+4930123", "sip:+4930123@192.0.2.1"),
    ])
    func inACallATextShowsWhatTheCallShows(callerID: String, shown: String) throws {
        var house = house(callerID)
        var phone = try inCall(&house)
        let typing = try #require(
            house.handle(say(.composing(isActive: true, lasts: .seconds(90)))).first(.message))
        try expectNobody(in: typing, shown)
        house.receive(phone.answer(typing), from: gateway)
        let told = try #require(house.handle(say(.text(InstantText("hello")))).first(.message))
        #expect(told.mediaType == "message/cpim")
        try expectNobody(in: told, shown)
        let plain = try #require(house.receive(phone.answer(told, 415), from: gateway).first(.message))
        try expectNobody(in: plain, shown)
        house.receive(phone.answer(plain), from: gateway)

        // So do the receipts of its client.
        let wrapped =
            "From: <sip:+4930@192.0.2.1>\r\nTo: <\(shown)>\r\nNS: imdn <urn:ietf:params:imdn>\r\n"
            + "imdn.Message-ID: m1\r\nimdn.Disposition-Notification: display\r\n\r\nContent-Type: text/plain\r\n\r\nhi"
        house.receive(phone.message(wrapped, type: "message/cpim"), from: gateway)
        let id = try #require(
            house.effects.compactMap {
                if case .pass(let delivery) = $0, delivery.target.network == .xmpp { delivery.id } else { nil }
            }.last)
        let report = try #require(house.handle(say(.report(.displayed, of: id))).first(.message))
        #expect(text(report).contains("<displayed"))
        try expectNobody(in: report, shown)
    }

    @Test(arguments: [
        ("anonymous", "sip:anonymous@anonymous.invalid"), ("+4930123", "sip:+4930123@192.0.2.1"),
    ])
    func outsideOfACallToo(callerID: String, shown: String) throws {
        var house = house(callerID)
        house.adapter.readers.learn(PeerAddress(.sip, user: "+4930", host: "192.0.2.1")) { $0.cpim = true }
        let told = try #require(house.handle(say(.text(InstantText("hello")))).first(.message))
        #expect(told.mediaType == "message/cpim")
        try expectNobody(in: told, shown)
        #expect(told.from.uri.description == shown)
    }

    @Test func whoIsHiddenByNothingIsShown() throws {
        var house = house(nil)
        _ = try inCall(&house)
        let told = try #require(house.handle(say(.text(InstantText("hello")))).first(.message))
        let wrapped = try #require(CPIMMessage(parsing: told.body))
        #expect(wrapped.from == .init(name: "Alice", uri: "sip:alice@localhost"))
        #expect(told.from.displayName == "Alice")
    }
}
