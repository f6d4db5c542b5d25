import Conference
import Primitives
import SIP
import Testing

@testable import Signalling

@Suite struct SIPTextTests {
    private func room() -> (SIPHouse, SIPPhone, SIPPhone) {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        var bob = SIPPhone("Bob", port: 5062)
        house.join(&alice)
        house.join(&bob)
        return (house, alice, bob)
    }

    private func body(_ message: SIPMessage?) -> String? { message.map { String(decoding: $0.body, as: UTF8.self) } }

    /// Where the last text went.
    private func route(_ house: SIPHouse) -> SIPFlow? {
        zip(house.sent, house.flows).reversed().first { $0.0.method == .message && $0.0.status == nil }?.1
    }

    /// The same text outside a dialog.
    private func outside(_ phone: SIPPhone, _ text: String, to uri: String, type: String = "text/plain") -> SIPMessage {
        var page = phone
        page.remoteTag = nil
        page.remoteTarget = nil
        page.callID = "page-\(text)"
        page.dialled = SIPURI(uri) ?? page.dialled
        var message = page.message(text, type: type)
        message.vias[0].parameters["branch"] = "z9hG4bKpage-\(text.utf8.count)-\(uri.utf8.count)"
        return message
    }

    @Test func whatOneSaysInTheCallTheOtherReadsWithTheName() throws {
        var (house, alice, bob) = room()
        let messages = house.receive(alice.message("hello"), from: alice.address)
        #expect(messages.statuses == [202])
        let told = try #require(messages.first(.message))
        #expect(body(told) == "Alice: hello")
        #expect(told.header("Content-Type") == "text/plain;charset=utf-8")
        #expect(told.to.tag == "tag-Bob")
        #expect(told.from.displayName == "Alice")
        #expect(house.receive(bob.answer(told), from: bob.address) == [])
        #expect(!house.notices.contains { $0.text.contains("hello") })
    }

    @Test func aRetransmittedTextIsSaidOnce() {
        var (house, alice, _) = room()
        let message = alice.message("hello")
        #expect(house.receive(message, from: alice.address).methods == [.message])
        let again = house.receive(message, from: alice.address)
        #expect(again.statuses == [202])
        #expect(again.methods == [])
    }

    @Test func textOutsideTheDialogIsTakenFromWhoIsIn() throws {
        var (house, alice, _) = room()
        let messages = house.receive(outside(alice, "hi", to: "sip:demo@127.0.0.1"), from: alice.address)
        #expect(messages.statuses == [202])
        #expect(body(messages.first(.message)) == "Alice: hi")
        let stranger = SIPPhone("Eve", port: 5069)
        #expect(
            house.receive(outside(stranger, "psst", to: "sip:demo@127.0.0.1"), from: stranger.address).statuses == [403]
        )
        #expect(
            house.receive(outside(alice, "so", to: "sip:nowhere@127.0.0.1"), from: alice.address).statuses == [404])
    }

    @Test func privateTextGoesToOne() throws {
        var (house, alice, bob) = room()
        var carol = SIPPhone("Carol", port: 5063)
        house.join(&carol)
        for gr in ["sip:demo@127.0.0.1;gr=Bob"] {
            let messages = house.receive(outside(alice, "secret", to: gr), from: alice.address)
            #expect(messages.statuses == [202])
            let told = messages.filter { $0.method == .message }
            #expect(told.count == 1)
            #expect(told.first?.to.tag == "tag-Bob")
            #expect(body(told.first) == "Alice (private): secret")
            house.receive(bob.answer(told[0]), from: bob.address)
        }
        let nobody = house.receive(outside(alice, "secret!", to: "sip:demo@127.0.0.1;gr=Zoe"), from: alice.address)
        #expect(nobody.statuses == [404])
        #expect(nobody.last?.reasonPhrase?.contains("Zoe") == true)
        #expect(nobody.methods == [])
    }

    @Test(arguments: [
        ("<sip:demo@127.0.0.1;gr=Bob>", true), ("\"Bob\" <sip:demo@127.0.0.1>", true),
        ("<sip:bob@127.0.0.1>", false), ("<sip:demo@talk.localhost>", false),
    ])
    func aCPIMToChoosesWhoReads(to: String, isPrivate: Bool) throws {
        var (house, alice, bob) = room()
        // A bare address names one person too; in this house rooms take every address, so it is one by its room name.
        let text =
            "From: <sip:alice@127.0.0.1>\r\nTo: \(to)\r\nNS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: 77\r\n\r\n"
            + "Content-Type: text/plain; charset=utf-8\r\n\r\nhello"
        let messages = house.receive(alice.message(text, type: "message/cpim"), from: alice.address)
        #expect(messages.statuses == [202])
        let told = try #require(messages.first(.message))
        #expect(told.to.tag == "tag-Bob")
        if isPrivate { #expect(body(told) == "Alice (private): hello") }
        house.receive(bob.answer(told), from: bob.address)
    }

    @Test func whoTakesCPIMGetsIt() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        var bob = SIPPhone("Bob", port: 5062)
        bob.accept = "application/sdp, message/cpim"
        house.join(&alice)
        house.join(&bob)
        let told = try #require(house.receive(alice.message("hello"), from: alice.address).first(.message))
        let cpim = try #require(CPIMMessage(parsing: told.body))
        #expect(cpim.from?.name == "Alice")
        #expect(cpim.from?.uri == "sip:demo@127.0.0.1:5060;gr=Alice")
        #expect(cpim.content == Array("hello".utf8))
        #expect(cpim.messageID != nil)
    }

    @Test func otherContentIs415() {
        var (house, alice, _) = room()
        let answer = house.receive(alice.message("<x/>", type: "text/html"), from: alice.address)
        #expect(answer.statuses == [415])
        let types = ["text/plain", "message/cpim", "application/im-iscomposing+xml", "message/imdn+xml"]
        #expect(answer.first?.accept == types)
        let latin = house.receive(alice.message("x", type: "text/plain;charset=iso-8859-1"), from: alice.address)
        #expect(latin.statuses == [415])
        let wrapped = house.receive(
            alice.message(
                "From: <sip:a@b>\r\n\r\nContent-Type: text/plain;charset=iso-8859-1\r\n\r\nx", type: "message/cpim"),
            from: alice.address)
        #expect(wrapped.statuses == [415])
        let huge = house.receive(alice.message(String(repeating: "x", count: 65_000)), from: alice.address)
        #expect(huge.statuses.first == 202)
    }

    @Test func whoDidNotAllowMESSAGEGetsNone() {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        var bob = SIPPhone("Bob", port: 5062)
        bob.allow = "INVITE, ACK, BYE, CANCEL"
        house.join(&alice)
        house.join(&bob)
        #expect(house.receive(alice.message("hello"), from: alice.address).methods == [])
    }

    @Test func textsGoOneByOneAndInOrder() throws {
        var (house, alice, bob) = room()
        var told = try #require(house.receive(alice.message("1"), from: alice.address).first(.message))
        #expect(house.receive(alice.message("2"), from: alice.address).methods == [])
        #expect(house.receive(alice.message("3"), from: alice.address).methods == [])
        var bodies = [body(told)]
        for _ in 0..<2 {
            told = try #require(house.receive(bob.answer(told), from: bob.address).first(.message))
            bodies.append(body(told))
        }
        #expect(bodies == ["Alice: 1", "Alice: 2", "Alice: 3"])
    }

    @Test func aPhoneThatRefusesTextInTheDialogGetsItOutsideFromThenOn() throws {
        var (house, alice, bob) = room()
        let inside = try #require(house.receive(alice.message("1"), from: alice.address).first(.message))
        let outside = try #require(house.receive(bob.answer(inside, 481), from: bob.address).first(.message))
        #expect(outside.to.tag == nil)
        #expect(outside.callID != inside.callID)
        #expect(outside.requestURI?.port == 5062)
        #expect(outside.from.uri.gr == nil)
        #expect(body(outside) == "Alice: 1")
        #expect(house.receive(bob.answer(outside), from: bob.address) == [])
        let next = try #require(house.receive(alice.message("2"), from: alice.address).first(.message))
        #expect(next.to.tag == nil)
        // What cannot be delivered does not hold up what follows.
        house.receive(bob.answer(next, 480), from: bob.address)
        #expect(house.receive(alice.message("3"), from: alice.address).methods == [.message])
        #expect(house.demo?.participants.count == 2)
    }

    @Test func aCommandIsAnsweredToItsSenderAlone() throws {
        var (house, alice, _) = room()
        let messages = house.receive(alice.message("/help"), from: alice.address)
        #expect(messages.statuses == [200])
        let told = messages.filter { $0.method == .message }
        #expect(told.count == 1)
        #expect(told.first?.to.tag == "tag-Alice")
    }

    @Test func aLongTextIsCutSoThatEachPieceFitsADatagram() throws {
        var (house, alice, bob) = room()
        let long = String(repeating: "ä", count: 1000)
        let whole = house.receive(alice.message(long), from: alice.address).first(.message)
        #expect(body(whole) == "Alice: " + long)
        #expect(route(house)?.transport == .tcp)
        var told = house.unreachable(bob.address, by: .tcp).first(.message)
        var read = ""
        while let message = told {
            #expect(message.bytes.count < 1300)
            read += (body(message) ?? "").dropFirst("Alice: ".count)
            told = house.receive(bob.answer(message), from: bob.address).first(.message)
        }
        #expect(read == long)
    }

    @Test func aLongTextIsCutInsideCPIMToo() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        var bob = SIPPhone("Bob", port: 5062)
        bob.accept = "application/sdp, message/cpim"
        house.join(&alice)
        house.join(&bob)
        let long = String(repeating: "ä", count: 1000)
        house.receive(alice.message(long), from: alice.address)
        var told = house.unreachable(bob.address, by: .tcp).first(.message)
        var read = ""
        var identifiers: [String] = []
        while let message = told {
            #expect(message.bytes.count < 1300)
            let piece = try #require(CPIMMessage(parsing: message.body))
            read += String(decoding: piece.content, as: UTF8.self)
            identifiers += piece.messageID.map { [$0] } ?? []
            told = house.receive(bob.answer(message), from: bob.address).first(.message)
        }
        #expect(read == long)
        #expect(identifiers.count > 1 && Set(identifiers).count == identifiers.count)
    }

    @Test func aLongTextGoesByTCPInOneAndAShortOneDoesNot() throws {
        var (house, alice, bob) = room()
        let long = String(repeating: "ä", count: 20_000)
        for (text, transport) in [(long, SIPTransport.tcp), ("short", .udp), (long, .tcp)] {
            let message = try #require(house.receive(alice.message(text), from: alice.address).first(.message))
            #expect(body(message) == "Alice: " + text)
            #expect(route(house)?.transport == transport && route(house)?.remote == bob.address)
            let flow = SIPFlow(transport, local: SIPHouse.address, remote: bob.address, connection: 3)
            #expect(house.receive(bob.answer(message).bytes, on: flow).first(.message) == nil)
        }
    }

    /// By TCP it came to nothing: the next ones do not try it again.
    @Test(arguments: [413, 503, 513, nil]) func whatIsNotTakenByTCPComesInPieces(status: Int?) throws {
        var (house, alice, bob) = room()
        let long = String(repeating: "word ", count: 300)
        let flow = SIPFlow(.tcp, local: SIPHouse.address, remote: bob.address, connection: 3)
        let whole = try #require(house.receive(alice.message(long), from: alice.address).first(.message))
        var told =
            if let status {
                house.receive(bob.answer(whole, status).bytes, on: flow).first(.message)
            } else {
                house.run(for: .seconds(33)).first(.message)
            }
        for _ in 0..<2 {
            var read = ""
            while let message = told {
                #expect(message.bytes.count < 1300 && route(house)?.transport == .udp)
                read += (body(message) ?? "").dropFirst("Alice: ".count)
                told = house.receive(bob.answer(message), from: bob.address).first(.message)
            }
            #expect(read == long)
            told = house.receive(alice.message(long), from: alice.address).first(.message)
        }
    }
}
