import Conference
import Primitives
import SIP
import Testing

@testable import Signalling

/// What a phone is told of whom it talks to after a transfer.
@Suite struct SIPConnectedTests {
    private let jingle = LegID(LegIDs.Origin.jingle.rawValue << 56 | 1)
    private let desk = SocketAddress(.v4(0xc000_0201), 5060)

    private func dialled(_ house: SIPHouse) throws -> LegID {
        try #require(house.effects.lazy.compactMap { if case .dial(let leg, _) = $0 { leg } else { nil } }.last)
    }

    /// Ann calls Bob, an XMPP user, who transfers her to somebody who answers. -> what she is sent then
    private func transferred(
        _ house: inout SIPHouse, _ ann: inout SIPPhone, to user: String = "carol", supporting tags: String? = nil
    ) throws -> [SIPMessage] {
        var invite = ann.request(.invite, sdp: SIPPhone.sdp())
        invite.set("Supported", tags)
        house.receive(invite, from: ann.address)
        let bob = try dialled(house)
        let ok = try #require(house.handle(.legAnswered(bob)).first(200))
        house.receive(ann.ack(ok), from: ann.address)
        house.handle(.transfer(Transfer(id: nil, leg: bob, target: PeerAddress(.xmpp, user: user, host: "localhost"))))
        return house.handle(.legAnswered(try dialled(house)))
    }

    private func ann() -> SIPPhone {
        var phone = SIPPhone("ann", port: 6001, calls: "sip:bob@localhost")
        phone.allow += ", UPDATE"
        return phone
    }

    @Test func whoTakesAnotherFromGetsIt() throws {
        var (house, ann) = (SIPHouse(), ann())
        let update = try #require(try transferred(&house, &ann, supporting: "timer, from-change").first(.update))
        #expect(update.from.uri.description == "sip:carol@localhost" && update.from.tag == ann.remoteTag)
        #expect(update.header("P-Asserted-Identity") == nil && update.callID == ann.callID)
        house.receive(ann.answer(update), from: ann.address)
        // It is so for all that follows, and the phone is known by its tags whatever it writes.
        var bye = ann.request(.bye)
        bye.to = NameAddress(SIPURI(user: "carol", host: "localhost"))
        bye.to.tag = ann.remoteTag
        #expect(house.receive(bye, from: ann.address).statuses == [200])
    }

    @Test func aStrangerIsToldNothingElse() throws {
        var (house, ann) = (SIPHouse(), ann())
        let sent = try transferred(&house, &ann)
        #expect(sent.methods.isEmpty)
    }

    @Test(arguments: [true, false])
    func whoIsTrustedGetsAnAssertedIdentity(allowsUpdate: Bool) throws {
        var house = SIPHouse(trusting: [IPNetwork("127.0.0.0/8")].compactMap(\.self))
        var ann = ann()
        if !allowsUpdate { ann.allow = "INVITE, ACK, CANCEL, BYE" }
        let sent = try transferred(&house, &ann)
        let told = try #require(sent.first(allowsUpdate ? .update : .invite))
        #expect(told.header("P-Asserted-Identity") == "<sip:carol@localhost>")
        #expect(told.from.uri.description == "sip:bob@localhost")
        #expect(sent.methods.count == 1)
        guard !allowsUpdate else { return }
        house.receive(ann.answer(told, sdp: SIPPhone.sdp(version: 2)), from: ann.address)
        #expect(house.conference.bridges.count == 1)
    }

    // MARK: Trunks

    /// Alice calls a number by a trunk, which answers, and transfers it. -> the INVITE, and what the trunk is sent then
    private func byTrunk(to user: String, _ tags: String? = nil) throws -> (invite: SIPMessage, sent: [SIPMessage]) {
        var trunk = SIPTrunk()
        trunk.identities = [.from, .asserted]
        var house = SIPHouse { configuration in configuration.trunks = ["a": trunk] }
        var configuration = house.conference.configuration
        var a = Trunk(host: "192.0.2.1")
        a.callerIDs = CallerIDs(
            usual: "+49300", table: ["carol@localhost": "+49302", "guest@localhost": "anonymous"])
        configuration.trunks = ["a": a]
        configuration.routes = [GatewayRoute(pattern: "*", host: a.host, trunks: ["a"])]
        configuration.calling.rules = [CallingRule(.everyone, nil)]
        house.conference = Conference(configuration: configuration, entropy: .seeded(1))
        house.handle(
            .legOffered(
                jingle,
                IncomingCall(
                    caller: PeerAddress(.xmpp, user: "alice", host: "localhost", resource: "x"), displayName: "Alice",
                    callee: PeerAddress(.xmpp, user: "+4930", host: "sip.localhost"), takesText: true)))
        let invite = try #require(house.sent.last)
        var phone = SIPPhone("desk", port: 5060)
        phone.allow += ", UPDATE"
        var ok = phone.answer(invite, sdp: SIPPhone.sdp())
        ok.set("Supported", tags)
        house.receive(ok, from: desk)
        house.handle(.legAnswered(jingle))
        house.handle(
            .transfer(Transfer(id: nil, leg: jingle, target: PeerAddress(.xmpp, user: user, host: "localhost"))))
        return (invite, house.handle(.legAnswered(try dialled(house))))
    }

    @Test func aTrunkIsShownTheNumberThatACallWouldShow() throws {
        let (invite, sent) = try byTrunk(to: "carol", "from-change")
        #expect(invite.header("P-Asserted-Identity") == "<sip:+49300@192.0.2.1>")
        let update = try #require(sent.first(.update))
        #expect(update.header("P-Asserted-Identity") == "<sip:+49302@192.0.2.1>")
        #expect(update.from.uri.description == "sip:+49302@192.0.2.1" && update.from.tag == invite.from.tag)
    }

    @Test(arguments: [nil, "from-change"])
    func whoIsAnonymousThereStaysSo(tags: String?) throws {
        let (_, sent) = try byTrunk(to: "guest", tags)
        for request in sent {
            #expect(!String(decoding: request.bytes, as: UTF8.self).contains("guest"))
            if request.method == .update {
                #expect(request.header("Privacy") == "id" && request.from.uri.user == "anonymous")
            }
        }
        #expect(sent.methods == (tags == nil ? [] : [.update]))
    }

    @Test func whoHasNoNumberOfHisOwnHasTheUsualOne() throws {
        let (_, sent) = try byTrunk(to: "dave")
        for request in sent { #expect(!String(decoding: request.bytes, as: UTF8.self).contains("dave")) }
        #expect(sent.first(.update)?.header("P-Asserted-Identity") == "<sip:+49300@192.0.2.1>")
    }
}
