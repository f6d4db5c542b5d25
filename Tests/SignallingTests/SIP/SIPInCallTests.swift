import Conference
import MediaDescription
import Primitives
import SIP
import Testing

@testable import Signalling

@Suite struct SIPInCallTests {
    private var house = SIPHouse()
    private var phone = SIPPhone("ann", port: 6001, calls: "sip:bob@localhost")

    /// Ann calls Bob, who is an XMPP user and answers. -> Bob's leg
    @discardableResult
    private mutating func bridge() throws -> LegID {
        house.receive(phone.request(.invite, sdp: SIPPhone.sdp()), from: phone.address)
        let callee = try #require(dialled)
        let ok = try #require(house.handle(.legAnswered(callee)).first(200))
        house.receive(phone.ack(ok), from: phone.address)
        return callee
    }

    private var dialled: LegID? {
        house.effects.lazy.compactMap { if case .dial(let leg, _) = $0 { leg } else { nil } }.last
    }

    private mutating func refer(_ target: String, _ headers: [SIPHeader] = []) -> [SIPMessage] {
        var request = phone.request(.refer)
        request.set("Refer-To", target)
        request.headers += headers
        return house.receive(request, from: phone.address)
    }

    private func fragment(_ notify: SIPMessage?) -> String? {
        notify.map { String(decoding: $0.body, as: UTF8.self).split(separator: "\r\n").first.map(String.init) ?? "" }
    }

    private func key(_ character: Character) throws -> DTMFKey { try #require(DTMFKey(character)) }

    @Test mutating func keysAreToldByINFOOneAfterAnother() throws {
        let bob = try bridge()
        let first = house.handle(.legKey(bob, try key("5")))
        let info = try #require(first.first(.info))
        #expect(info.mediaType == "application/dtmf-relay")
        #expect(String(decoding: info.body, as: UTF8.self) == "Signal=5\r\nDuration=160\r\n")
        #expect(house.handle(.legKey(bob, try key("#"))).isEmpty)
        let second = house.receive(phone.answer(info), from: phone.address)
        #expect(second.first(.info).map { String(decoding: $0.body, as: UTF8.self) }?.hasPrefix("Signal=#") == true)
        // A phone that knows no INFO is told of the next ones all the same, and the call goes on.
        let refused = house.receive(phone.answer(try #require(second.first(.info)), 405), from: phone.address)
        #expect(refused.isEmpty)
        #expect(house.conference.bridges.count == 1)
    }

    /// What hears keys as RFC 4733 has it would hear them twice.
    @Test mutating func noINFOGoesToWhoTookTelephoneEvents() throws {
        let sdp = SIPPhone.sdp().replacing(
            "a=rtpmap:0 PCMU/8000", with: "a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000"
        ).replacing("RTP/AVP 0", with: "RTP/AVP 0 101")
        house.receive(phone.request(.invite, sdp: sdp), from: phone.address)
        let callee = try #require(dialled)
        let ok = try #require(house.handle(.legAnswered(callee)).first(200))
        house.receive(phone.ack(ok), from: phone.address)
        #expect(house.adapter.legs.values.values.first?.agreed?.sendEvents != nil)
        #expect(house.handle(.legKey(callee, try key("5"))).isEmpty)
    }

    @Test mutating func aFloodOfKeysIsBounded() throws {
        let bob = try bridge()
        for _ in 0..<100 { house.handle(.legKey(bob, try key("1"))) }
        #expect(house.adapter.legs.values.values.first?.keys.waiting.count == 32)
    }

    @Test mutating func aBlindTransferCallsAndTellsHowFarItIs() throws {
        try bridge()
        let sent = refer("<sip:100@talk.localhost>", [SIPHeader("Referred-By", "<sip:ann@127.0.0.1>")])
        #expect(sent.statuses == [202])
        #expect(sent.first(202)?.allow?.contains(.subscribe) == false, "there is no room to subscribe to")
        #expect(fragment(sent.first(.notify)) == "SIP/2.0 100 Trying")
        let invite = try #require(sent.first(.invite))
        #expect(invite.requestURI?.description == "sip:100@127.0.0.1:5080")
        #expect(invite.from.uri.description == "sip:bob@localhost")
        #expect(invite.header("Referred-By") == "<sip:ann@127.0.0.1>")
        house.receive(phone.answer(try #require(sent.first(.notify))), from: phone.address)
        let desk = SIPPhone("desk", port: 5080)
        let done = house.receive(desk.answer(invite, sdp: SIPPhone.sdp()), from: desk.address)
        #expect(fragment(done.first(.notify)) == "SIP/2.0 200 OK")
        #expect(done.first(.notify)?.header("Subscription-State")?.hasPrefix("terminated") == true)
        #expect(done.first(.bye) == nil)
        #expect(house.run(for: .seconds(6)).first(.bye)?.callID == phone.callID)
        #expect(house.conference.bridges.count == 1)
    }

    /// One NOTIFY at a time, so that none overtakes another.
    @Test mutating func theNextNotifyWaitsForTheAnswerToTheOneBefore() throws {
        try bridge()
        let sent = refer("<sip:100@talk.localhost>")
        let desk = SIPPhone("desk", port: 5080)
        let invite = try #require(sent.first(.invite))
        #expect(house.receive(desk.answer(invite, 180), from: desk.address).first(.notify) == nil)
        #expect(house.receive(desk.answer(invite, sdp: SIPPhone.sdp()), from: desk.address).first(.notify) == nil)
        let first = try #require(sent.first(.notify))
        let second = try #require(house.receive(phone.answer(first), from: phone.address).first(.notify))
        #expect(fragment(second) == "SIP/2.0 180 Ringing")
        let last = house.receive(phone.answer(second), from: phone.address).first(.notify)
        #expect(fragment(last) == "SIP/2.0 200 OK")
    }

    @Test mutating func aTransferThatIsRefusedTellsSo() throws {
        try bridge()
        let sent = refer("<sip:100@talk.localhost>")
        house.receive(phone.answer(try #require(sent.first(.notify))), from: phone.address)
        let desk = SIPPhone("desk", port: 5080)
        let busy = house.receive(desk.answer(try #require(sent.first(.invite)), 486), from: desk.address)
        #expect(fragment(busy.first(.notify)) == "SIP/2.0 486 Busy Here")
        #expect(busy.first(.bye) == nil && house.conference.bridges.count == 1)
    }

    @Test(arguments: [
        ("<sip:999@talk.localhost>", 403), ("<sip:100@talk.localhost;method=BYE>", 400), ("<mailto:x@y>", 416),
        ("", 400), ("<cid:list>", 400), ("<sip:room@rooms.localhost;method=SUBSCRIBE>", 400),
        ("<sip:bob@elsewhere.example>", 403),
    ])
    mutating func whatCannotBeIsRefusedAndTheCallGoesOn(target: String, status: Int) throws {
        try bridge()
        #expect(refer(target).statuses == [status])
        #expect(house.conference.bridges.count == 1)
    }

    @Test mutating func replacesOfAnotherCallOfThePhoneJoinsTheTwo() throws {
        let bob = try bridge()
        var first = phone
        phone = SIPPhone("ann", port: 6001, calls: "sip:carol@localhost")
        phone.callID = "second-call"
        phone.branchPrefix = "second"
        let carol = try bridge()
        let replaces = "second-call%3Bto-tag%3D\(phone.remoteTag ?? "")%3Bfrom-tag%3Dtag-ann"
        swap(&first, &phone)
        let sent = refer("<sip:carol@localhost?Replaces=\(replaces)>")
        #expect(sent.statuses == [202])
        #expect(sent.first(.bye)?.callID == "second-call")
        let bridge = try #require(house.conference.bridges.first)
        #expect(Set([bridge.caller, bridge.callee]) == [bob, carol])
    }

    /// Whoever learns of the tags of somebody else's call does not get at it.
    @Test mutating func replacesOfAnotherPhonesCallJoinsNothing() throws {
        try bridge()
        var first = phone
        phone = SIPPhone("eve", port: 6009, calls: "sip:carol@localhost")
        try bridge()
        let replaces = "\(phone.callID)%3Bto-tag%3D\(phone.remoteTag ?? "")%3Bfrom-tag%3Dtag-eve"
        swap(&first, &phone)
        let sent = refer("<sip:100@talk.localhost?Replaces=\(replaces)>")
        #expect(sent.first(.bye) == nil && house.conference.bridges.count == 2)
    }

    @Test mutating func whatIsAnsweredIsNotReplacedByWhoWantsItWhileItRings() throws {
        try bridge()
        var other = SIPPhone("emil", port: 6003, calls: "sip:bob@127.0.0.1")
        var invite = other.request(.invite, sdp: SIPPhone.sdp())
        invite.set(
            "Replaces", "\(phone.callID);to-tag=\(phone.remoteTag ?? "");from-tag=tag-ann;early-only")
        #expect(house.receive(invite, from: other.address).statuses.last == 486)
    }

    @Test func whoSentACallOnIsSaidAndRead() throws {
        var house = SIPHouse()
        var call = OutgoingCall(
            target: PeerAddress(.sip, user: "100", host: "127.0.0.1:5080"),
            caller: PeerAddress(.xmpp, user: "romeo", host: "localhost"), displayName: nil, isFocus: false)
        call.diversion = Diversion(from: PeerAddress(.sip, user: "4930", host: "localhost"), reason: "no-answer")
        _ = house.adapter.perform(
            .dial(LegID(5), call), conference: house.conference, at: house.now, wall: WallTime(milliseconds: 0))
        let packet = try #require(house.adapter.drain().packets.first)
        let invite = try SIPMessage(parsing: packet.bytes)
        #expect(invite.header("Diversion") == "<sip:4930@localhost>;reason=no-answer;counter=1")
        #expect(
            house.adapter.diversions(of: invite) == [PeerAddress(.sip, user: "4930", host: "localhost")])
    }

    @Test mutating func nothingIsLeftOfACall() throws {
        let bob = try bridge()
        let sent = refer("<sip:100@talk.localhost>")
        let desk = SIPPhone("desk", port: 5080)
        let invite = try #require(sent.first(.invite))
        house.receive(desk.answer(invite, sdp: SIPPhone.sdp()), from: desk.address)
        #expect(house.adapter.ownCalls.contains(invite))
        house.handle(.legEnded(bob, .hangup))
        house.run(for: .seconds(300))
        let adapter = house.adapter
        #expect(adapter.legCount == 0 && adapter.dialogs.isEmpty && adapter.refers.isEmpty)
        #expect(adapter.requests.isEmpty && adapter.purposes.isEmpty && adapter.offers.isEmpty)
        #expect(!adapter.ownCalls.contains(invite) && adapter.ownCalls.twin(of: invite) == nil)
    }

    @Test mutating func replacesOfACallElsewhereIsHandedOn() throws {
        try bridge()
        let sent = refer("<sip:100@talk.localhost?Replaces=x%40y%3Bto-tag%3Da%3Bfrom-tag%3Db>")
        #expect(sent.first(.invite)?.header("Replaces") == "x@y;to-tag=a;from-tag=b")
    }

    @Test mutating func anINVITEWithReplacesTakesThePlace() throws {
        let bob = try bridge()
        var other = SIPPhone("emil", port: 6003, calls: "sip:bob@127.0.0.1")
        var invite = other.request(.invite, sdp: SIPPhone.sdp())
        let tags = "to-tag=\(phone.remoteTag ?? "");from-tag=tag-ann"
        invite.set("Replaces", "\(phone.callID);\(tags)")
        invite.set("Referred-By", "<sip:ann@127.0.0.1>")
        let ok = try #require(house.receive(invite, from: other.address).first(200))
        #expect(ok.contacts.first?.parameters.contains("isfocus") == false)
        let sent = house.receive(other.ack(ok), from: other.address)
        #expect(sent.first(.bye)?.callID == phone.callID)
        #expect(house.conference.bridge(of: bob)?.callerAddress.user == "emil")
    }

    @Test mutating func aStrangerWithReplacesIsRefused() throws {
        try bridge()
        var other = SIPPhone("emil", port: 6003, calls: "sip:bob@127.0.0.1")
        var invite = other.request(.invite, sdp: SIPPhone.sdp())
        invite.set("Replaces", "\(phone.callID);to-tag=\(phone.remoteTag ?? "");from-tag=tag-ann")
        #expect(house.receive(invite, from: other.address).statuses.last == 403)
        other.callID = "another"
        invite = other.request(.invite, sdp: SIPPhone.sdp())
        invite.set("Replaces", "\(phone.callID);to-tag=x;from-tag=tag-ann")
        #expect(house.receive(invite, from: other.address).statuses.last == 481)
        #expect(house.conference.bridges.count == 1)
    }

    @Test mutating func aCallThatGrowsSaysThatItIsAFocusAndIsNoneAgain() throws {
        let bob = try bridge()
        var request = phone.message("/add 100")
        request.set("Contact", nil)
        let sent = house.receive(request, from: phone.address)
        #expect(sent.statuses == [200])
        let room = try #require(house.conference.room(of: bob))
        let refresh = try #require(sent.first { $0.method == .invite && $0.callID == phone.callID })
        #expect(refresh.contacts.first?.parameters.contains("isfocus") == true)
        #expect(refresh.contacts.first?.uri.user == room.text)
        #expect(refresh.header("Allow")?.contains("SUBSCRIBE") == true)
        house.receive(phone.answer(refresh, sdp: SIPPhone.sdp(version: 2)), from: phone.address)
        let invite = try #require(sent.first { $0.method == .invite && $0.callID != phone.callID })
        #expect(invite.contacts.first?.parameters.contains("isfocus") == true)

        let desk = SIPPhone("desk", port: 5080)
        house.receive(desk.answer(invite, 486), from: desk.address)
        let back = house.run(for: .seconds(7))
        #expect(house.conference.bridge(of: bob) != nil)
        let again = back.last { $0.method == .invite && $0.callID == phone.callID }
        #expect(again?.contacts.first?.parameters.contains("isfocus") == false)
    }

    @Test mutating func aRefreshOfABridgedCallIsAnsweredHere() throws {
        try bridge()
        var update = phone.request(.update)
        update.set("Supported", "timer")
        update.set("Session-Expires", "1800;refresher=uac")
        let before = house.effects.count
        let ok = house.receive(update, from: phone.address).first(200)
        #expect(ok?.header("Session-Expires")?.hasPrefix("1800") == true)
        #expect(
            house.receive(phone.request(.invite, sdp: SIPPhone.sdp(version: 2)), from: phone.address).statuses.last
                == 200)
        #expect(house.effects.count == before)
    }
}
