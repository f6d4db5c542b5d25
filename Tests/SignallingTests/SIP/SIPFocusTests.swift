import Conference
import MediaDescription
import Primitives
import SIP
import Testing

@testable import Signalling

/// Factory, lists, Replaces, Join, privacy.
@Suite struct SIPFocusTests {
    private static let factory = "sip:conference-factory@127.0.0.1"

    private func house(_ change: (inout SIPAdapterConfiguration) -> Void = { _ in }) -> SIPHouse {
        SIPHouse(factory: RoomName("conference-factory"), change)
    }

    private func multipart(_ sdp: String, _ list: String) -> [UInt8] {
        Array(
            ("--b\r\nContent-Type: application/sdp\r\n\r\n\(sdp)\r\n--b\r\n"
                + "Content-Type: application/resource-lists+xml\r\nContent-Disposition: recipient-list\r\n\r\n\(list)\r\n--b--\r\n")
                .utf8)
    }

    private func list(_ uris: [String]) -> String {
        "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list>"
            + uris.map { "<entry uri=\"\($0)\"/>" }.joined() + "</list></resource-lists>"
    }

    // MARK: Factory

    @Test func theFactoryMakesARoomWhoseModeratorTheCallerIs() throws {
        var house = house()
        var alice = SIPPhone("Alice", port: 5061, calls: Self.factory)
        let joined = house.join(&alice)
        let ok = try #require(joined)
        let contact = try #require(ok.contacts.first)
        #expect(contact.parameters.contains("isfocus"))
        let name = try #require(contact.uri.user.flatMap { RoomName($0) })
        #expect(name.text != "conference-factory")
        #expect(name.text.split(separator: "-").map(\.count) == [6, 6, 6, 6])
        #expect(house.conference.room(name)?.participants.map(\.role) == [.moderator])

        var bob = SIPPhone("Bob", port: 5062, calls: contact.uri.description)
        house.join(&bob)
        #expect(house.conference.room(name)?.participants.map(\.role) == [.moderator, .speaker])
        var expel = alice.request(.refer)
        expel.set("Refer-To", "<sip:bob@127.0.0.1;method=BYE>")
        let sent = house.receive(expel, from: alice.address)
        #expect(sent.first(202) != nil)
        #expect(sent.first(.bye)?.header("Reason")?.contains("Removed") == true)
        #expect(house.conference.room(name)?.participants.map(\.name) == ["Alice"])
    }

    @Test func eachCallOfTheFactoryGetsARoomOfItsOwn() throws {
        var house = house()
        var names: Set<String> = []
        for number in 0..<20 {
            var phone = SIPPhone("P\(number)", port: 6000 + UInt16(number), calls: Self.factory)
            let joined = house.join(&phone)
            names.insert(try #require(joined?.contacts.first?.uri.user))
        }
        #expect(names.count == 20)
    }

    @Test func theFactoryRedirectsWhereItIsToldTo() throws {
        var house = house { $0.redirectsFactory = true }
        var alice = SIPPhone("Alice", port: 5061, calls: Self.factory)
        let answer = try #require(
            house.receive(alice.request(.invite, sdp: SIPPhone.sdp()), from: alice.address).first(302))
        let contact = try #require(answer.contacts.first)
        #expect(contact.parameters.contains("isfocus"))
        let name = try #require(contact.uri.user.flatMap { RoomName($0) })
        #expect(house.conference.room(name) != nil)
        var again = SIPPhone("Alice", port: 5071, calls: contact.uri.description)
        again.callID = "again"
        house.join(&again)
        #expect(house.conference.room(name)?.participants.map(\.role) == [.moderator])
        house.run(for: .seconds(61))
        #expect(house.conference.room(name) != nil)
    }

    @Test func aRoomThatNobodyComesToIsForgotten() throws {
        var house = house { $0.redirectsFactory = true }
        var alice = SIPPhone("Alice", port: 5061, calls: Self.factory)
        house.receive(alice.request(.invite, sdp: SIPPhone.sdp()), from: alice.address)
        #expect(house.conference.rooms.count == 2)
        house.run(for: .seconds(61))
        #expect(house.conference.rooms.count == 1)
        #expect(house.conference.nextWake == nil)
    }

    @Test func aListIsCalledOnceTheMakerIsIn() throws {
        var house = house()
        var alice = SIPPhone("Alice", port: 5061, calls: Self.factory)
        var invite = alice.request(.invite)
        invite.set("Require", "recipient-list-invite")
        invite.setBody(
            multipart(
                SIPPhone.sdp(), list(["sip:100@talk.localhost", "sip:101@talk.localhost", "sip:900@talk.localhost"])),
            type: "multipart/mixed;boundary=b")
        let ok = try #require(house.receive(invite, from: alice.address).first(200))
        #expect(ok.header("Supported")?.contains("recipient-list-invite") == true)
        let sent = house.receive(alice.ack(ok), from: alice.address)
        #expect(sent.methods.filter { $0 == .invite }.count == 2)
        #expect(sent.compactMap { $0.requestURI?.user }.filter { $0.hasPrefix("1") } == ["100", "101"])
    }

    @Test func aListThatIsBrokenOrTooLongIsRefused() {
        var house = house()
        for (body, status) in [(list((0..<51).map { "sip:\($0)@h" }), 413), ("<resource-lists>", 400)] {
            var alice = SIPPhone("Alice", port: 5061, calls: Self.factory)
            alice.callID = "call-\(status)"
            var invite = alice.request(.invite)
            invite.vias[0].parameters["branch"] = "z9hG4bK\(status)"
            invite.setBody(multipart(SIPPhone.sdp(), body), type: "multipart/mixed;boundary=b")
            #expect(house.receive(invite, from: alice.address).statuses.last == status)
        }
        #expect(house.conference.rooms.count == 1)
    }

    @Test func theFactorysNameIsNoRoom() {
        var house = house()
        house.handle(
            .legOffered(
                LegID(LegIDs.Origin.jingle.rawValue << 56 | 1),
                IncomingCall(
                    caller: PeerAddress(.xmpp, user: "r", host: "localhost"), displayName: nil,
                    callee: PeerAddress(.xmpp, user: "conference-factory", host: "talk.localhost"), takesText: true)))
        #expect(house.conference.rooms.count == 1)
    }

    // MARK: Replaces

    private func replacing(_ header: String, _ phone: inout SIPPhone, _ value: String) -> SIPMessage {
        var invite = phone.request(.invite, sdp: SIPPhone.sdp())
        invite.set(header, value)
        return invite
    }

    @Test func aThirdPhoneOfTheSamePersonTakesTheCallOver() throws {
        var house = house()
        var alice = SIPPhone("Alice", port: 5061)
        let joined = house.join(&alice)
        let first = try #require(joined)
        let before = try #require(house.demo?.participants.first)
        var mobile = SIPPhone("Alice", port: 5071)
        mobile.callID = "mobile"
        let value = "\(alice.callID);to-tag=\(first.to.tag ?? "");from-tag=tag-Alice"
        let sent = house.receive(replacing("Replaces", &mobile, value), from: mobile.address)
        let ok = try #require(sent.first(200))
        let taken = house.receive(mobile.ack(ok), from: mobile.address)
        let bye = try #require(taken.first(.bye))
        #expect(bye.callID == alice.callID)
        let after = try #require(house.demo?.participants.first)
        #expect(house.demo?.participants.count == 1)
        #expect(after.id == before.id)
        #expect(after.endpoints.map(\.id) == before.endpoints.map(\.id))
        #expect(after.endpoints.first?.leg != before.endpoints.first?.leg)
        #expect(house.adapter.legCount == 1)
        let media = house.effects.filter {
            if case .connect = $0 { true } else if case .disconnect = $0 { true } else { false }
        }
        #expect(media.count == 3)
        let changes = house.effects.compactMap { if case .roomChanged(_, let changes) = $0 { changes } else { nil } }
            .flatMap(\.self)
        #expect(!changes.contains { if case .endpointLeft = $0 { true } else { false } })
    }

    @Test func onlyTheSamePersonOrWhoWasReferredByItMayTakeOver() throws {
        var house = house()
        var alice = SIPPhone("Alice", port: 5061)
        let joined = house.join(&alice)
        let first = try #require(joined)
        let value = "\(alice.callID);to-tag=\(first.to.tag ?? "");from-tag=tag-Alice"
        var eve = SIPPhone("Eve", port: 5071)
        #expect(house.receive(replacing("Replaces", &eve, value), from: eve.address).statuses.last == 403)
        var bob = SIPPhone("Bob", port: 5072)
        var invite = replacing("Replaces", &bob, value)
        invite.set("Referred-By", "<sip:alice@127.0.0.1>")
        let ok = try #require(house.receive(invite, from: bob.address).first(200))
        let sent = house.receive(bob.ack(ok), from: bob.address)
        #expect(sent.first(.bye)?.callID == alice.callID)
        #expect(house.demo?.participants.map(\.name) == ["Bob"])
    }

    @Test func whatIsNotThereOrOverOrTwiceIsRefused() throws {
        var house = house()
        var alice = SIPPhone("Alice", port: 5061)
        let joined = house.join(&alice)
        let first = try #require(joined)
        let value = "\(alice.callID);to-tag=\(first.to.tag ?? "");from-tag=tag-Alice"
        func status(_ house: inout SIPHouse, _ name: String, _ change: (inout SIPMessage) -> Void) -> Int? {
            var phone = SIPPhone("Alice", port: 5080)
            phone.callID = name
            var invite = phone.request(.invite, sdp: SIPPhone.sdp())
            invite.vias[0].parameters["branch"] = "z9hG4bK\(name)"
            change(&invite)
            return house.receive(invite, from: phone.address).statuses.last
        }
        let twice = [SIPHeader("Replaces", value), SIPHeader("Replaces", value)]
        let refusals = [
            status(&house, "a") { $0.set("Replaces", "nothing;to-tag=x;from-tag=y") },
            status(&house, "b") { $0.set("Replaces", value + ";early-only") },
            status(&house, "c") { $0.set("Replaces", "bad") },
            status(&house, "d") { $0.headers += [SIPHeader("Replaces", value), SIPHeader("Join", value)] },
            status(&house, "e") { $0.headers += twice },
        ]
        #expect(refusals == [481, 486, 400, 400, 400])
        var message = alice.message("hello")
        message.set("Replaces", value)
        #expect(house.receive(message, from: alice.address).statuses == [400])
        house.receive(alice.request(.bye), from: alice.address)
        let over = status(&house, "f") { $0.set("Replaces", value) }
        #expect(over == 603)
        #expect(house.demo?.participants.isEmpty == true)
    }

    @Test func aPhoneThatRingsForARoomIsPickedUpByAnother() throws {
        var house = house()
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        var refer = alice.request(.refer)
        refer.set("Refer-To", "<sip:100@talk.localhost>")
        let invite = try #require(house.receive(refer, from: alice.address).first(.invite))
        let desk = SIPPhone("desk", port: 5080)
        house.receive(desk.answer(invite, 180), from: desk.address)
        var other = SIPPhone("100", port: 5080)
        var pickup = replacing(
            "Replaces", &other,
            "\(invite.callID);to-tag=\(invite.from.tag ?? "");from-tag=tag-desk;early-only")
        pickup.from.uri.port = 5080
        let ok = try #require(house.receive(pickup, from: other.address).first(200))
        let sent = house.receive(other.ack(ok), from: other.address)
        #expect(sent.first(.cancel) != nil)
        #expect(house.demo?.participants.map { $0.endpoints.map(\.status) } == [[.connected], [.connected]])
        #expect(house.demo?.participants.last?.endpoints.first?.joiningMethod == .dialedOut)
        house.run(for: .seconds(120))
        #expect(house.demo?.participants.count == 2)
    }

    @Test func aFullRoomSaysWhenToTryAgain() throws {
        var house = SIPHouse(maximumParticipants: 1)
        var alice = SIPPhone("Alice", port: 5061)
        var bob = SIPPhone("Bob", port: 5062)
        house.join(&alice)
        let refusal = try #require(
            house.receive(bob.request(.invite, sdp: SIPPhone.sdp()), from: bob.address).last)
        #expect(refusal.status == 486)
        #expect(refusal.header("Retry-After") == "60")
        var refer = alice.request(.refer)
        refer.set("Refer-To", "<sip:100@talk.localhost>")
        let second = try #require(house.receive(refer, from: alice.address).last)
        #expect(second.status == 486)
        #expect(second.header("Retry-After") == "60")
    }

    @Test func aJoinLeadsIntoTheRoomOfTheCall() throws {
        var house = house()
        var alice = SIPPhone("Alice", port: 5061)
        let joined = house.join(&alice)
        let first = try #require(joined)
        var bob = SIPPhone("Bob", port: 5062, calls: "sip:elsewhere@127.0.0.1")
        let value = "\(alice.callID);to-tag=\(first.to.tag ?? "");from-tag=tag-Alice"
        let ok = try #require(house.receive(replacing("Join", &bob, value), from: bob.address).first(200))
        house.receive(bob.ack(ok), from: bob.address)
        #expect(house.demo?.participants.map(\.name) == ["Alice", "Bob"])
        #expect(ok.contacts.first?.uri.user == "demo")
        var carol = SIPPhone("Carol", port: 5063)
        let ignored = house.receive(replacing("Join", &carol, "x;to-tag=y;from-tag=z"), from: carol.address)
        #expect(ignored.first(200) != nil)
    }

    // MARK: Privacy

    @Test(arguments: ["id", "user;id", "header", "critical; user"])
    func whoWantsToBeNobodyIs(privacy: String) {
        var house = house()
        var alice = SIPPhone("Alice", port: 5061)
        var invite = alice.request(.invite, sdp: SIPPhone.sdp())
        invite.set("Privacy", privacy)
        if let ok = house.receive(invite, from: alice.address).first(200) {
            house.receive(alice.ack(ok), from: alice.address)
        }
        #expect(house.demo?.participants.map(\.name) == ["Anonymous"])
        #expect(house.demo?.participants.first?.address.identifiesPerson == false)
    }

    @Test(arguments: [true, false])
    func anAssertedIdentityIsBelievedFromWhomIsTrusted(isTrusted: Bool) {
        var house = house { $0.trustedPeers = isTrusted ? [IPNetwork("127.0.0.0/8")].compactMap(\.self) : [] }
        var alice = SIPPhone("Alice", port: 5061)
        var invite = alice.request(.invite, sdp: SIPPhone.sdp())
        invite.set("P-Asserted-Identity", "\"Carol\" <sip:carol@example.org>, <tel:+4930>")
        if let ok = house.receive(invite, from: alice.address).first(200) {
            house.receive(alice.ack(ok), from: alice.address)
        }
        #expect(house.demo?.participants.map(\.name) == [isTrusted ? "Carol" : "Alice"])
        #expect(house.demo?.participants.first?.address.user == (isTrusted ? "carol" : "alice"))
    }
}
