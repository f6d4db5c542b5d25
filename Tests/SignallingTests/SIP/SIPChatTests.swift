import Conference
import Primitives
import SIP
import Testing

@testable import Signalling

/// CPIM, dispositions and typing between phones, on the real domain.
@Suite struct SIPChatTests {
    private let cpim = "application/sdp, text/plain, message/cpim, application/im-iscomposing+xml"

    /// Alice and Bob, of whom each reads what his `Accept` says.
    private func room(alice: String? = nil, bob: String? = nil) -> (SIPHouse, SIPPhone, SIPPhone) {
        var house = SIPHouse()
        var first = SIPPhone("Alice", port: 5061)
        first.accept = alice
        var second = SIPPhone("Bob", port: 5062)
        second.accept = bob
        house.join(&first)
        house.join(&second)
        return (house, first, second)
    }

    private func wrapped(
        _ text: String, to: String = "<sip:demo@127.0.0.1;gr=Bob>", headers: String = "", type: String = "text/plain"
    ) -> String {
        "From: Alice <sip:alice@127.0.0.1>\r\nTo: \(to)\r\nDateTime: 2026-01-02T03:04:05Z\r\n"
            + "NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: a1\r\n\(headers)\r\nContent-Type: \(type)\r\n\r\n\(text)"
    }

    private func read(_ message: SIPMessage?) throws -> CPIMMessage {
        #expect(message?.mediaType == "message/cpim")
        return try #require(CPIMMessage(parsing: message?.body ?? []))
    }

    private func disposition(_ id: String, _ status: MessageStatus) -> String {
        "From: Bob <sip:bob@127.0.0.1>\r\nTo: <sip:demo@127.0.0.1;gr=Alice>\r\n\r\nContent-Type: message/imdn+xml\r\n\r\n"
            + IMDN(messageID: id, dateTime: "2026-01-02T03:04:06Z", status: status).xml
    }

    @Test func whatStandsOnTheOutsideComesThrough() throws {
        var (house, alice, _) = room(bob: cpim)
        let headers = "Subject: weather\r\nNS: my <urn:my>\r\nmy.Hint: x\r\n"
        let messages = house.receive(
            alice.message(wrapped("hi", headers: headers), type: "message/cpim"), from: alice.address)
        #expect(messages.statuses == [202])
        let told = try read(messages.first(.message))
        #expect(told.from == .init(name: "Alice", uri: "sip:demo@127.0.0.1:5060;gr=Alice"))
        #expect(told.to == [.init(name: "Bob", uri: "sip:demo@127.0.0.1:5060;gr=Bob")])
        #expect(told.dateTime == "2026-01-02T03:04:05Z")
        #expect(told.subjects == ["weather"])
        #expect(told.extensions == [.init(namespace: "urn:my", name: "Hint", value: "x")])
        #expect(told.dispositions.isEmpty)
        #expect(told.content == Array("hi".utf8))
    }

    @Test func aReaderOfCPIMSaysItselfWhatBecameOfAText() throws {
        var (house, alice, bob) = room(alice: cpim, bob: cpim)
        let headers = "imdn.Disposition-Notification: positive-delivery, display\r\n"
        let told = try #require(
            house.receive(alice.message(wrapped("hi", headers: headers), type: "message/cpim"), from: alice.address)
                .first(.message))
        let message = try read(told)
        #expect(message.dispositions == ["positive-delivery", "display"])
        let id = try #require(message.messageID)
        #expect(house.receive(bob.answer(told), from: bob.address).isEmpty)
        for status in [MessageStatus.delivered, .displayed] {
            let sent = house.receive(
                bob.message(disposition(id, status), type: "message/cpim"), from: bob.address)
            #expect(sent.statuses == [200])
            let report = try #require(sent.first(.message))
            #expect(report.to.tag == "tag-Alice")
            let notification = try read(report)
            #expect(notification.contentType == "message/imdn+xml")
            #expect(notification.contentDisposition == "notification")
            #expect(notification.from?.name == "Bob")
            let imdn = try #require(IMDN(parsing: notification.content))
            #expect(imdn.messageID == "a1")
            #expect(imdn.status == status)
            house.receive(alice.answer(report), from: alice.address)
        }
    }

    @Test func forWhoReadsPlainTextOnlyWeSayThatItWasDelivered() throws {
        var (house, alice, bob) = room(alice: cpim)
        let headers = "imdn.Disposition-Notification: positive-delivery, negative-delivery\r\n"
        let text = wrapped("hi", headers: headers)
        let told = try #require(
            house.receive(alice.message(text, type: "message/cpim"), from: alice.address).first(.message))
        #expect(told.mediaType == "text/plain")
        let report = try #require(house.receive(bob.answer(told), from: bob.address).first(.message))
        let delivered = IMDN(parsing: try read(report).content)
        #expect(delivered?.status == .delivered)
        house.receive(alice.answer(report), from: alice.address)

        let second = try #require(
            house.receive(alice.message(text, type: "message/cpim"), from: alice.address).first(.message))
        let failure = try #require(house.receive(bob.answer(second, 480), from: bob.address).first(.message))
        let failed = IMDN(parsing: try read(failure).content)
        #expect(failed?.status == .failed)
    }

    @Test func ofATextToEveryoneTheRoomSaysThatItWasDelivered() throws {
        var (house, alice, _) = room(alice: cpim)
        let headers = "imdn.Disposition-Notification: positive-delivery\r\n"
        let messages = house.receive(
            alice.message(wrapped("hi", to: "<sip:demo@127.0.0.1>", headers: headers), type: "message/cpim"),
            from: alice.address)
        #expect(messages.statuses == [202])
        let report = try #require(messages.first { $0.method == .message && $0.to.tag == "tag-Alice" })
        let notification = try read(report)
        #expect(notification.from == .init(name: "demo", uri: "sip:demo@127.0.0.1:5060"))
        #expect(IMDN(parsing: notification.content)?.messageID == "a1")
    }

    /// RFC 5438 section 7.2.1.2: they are said by whoever is between the two, and nobody is told.
    @Test(arguments: [
        "<processing-notification><status><processed/></status></processing-notification>",
        "<processing-notification><status><stored/></status></processing-notification>",
        "<display-notification><status><forbidden/></status></display-notification>",
    ]) func aNotificationOfWhichNobodyIsToldIsTaken(kind: String) throws {
        var (house, alice, _) = room()
        let xml =
            "<imdn xmlns='urn:ietf:params:xml:ns:imdn'><message-id>m</message-id><datetime>x</datetime>\(kind)</imdn>"
        #expect(IMDN(parsing: Array(xml.utf8)) != nil)
        let count = house.commands.count
        #expect(house.receive(alice.message(xml, type: IMDN.mediaType), from: alice.address).statuses == [200])
        #expect(house.commands.count == count)
        let bare = xml.replacing(kind, with: "")
        #expect(house.receive(alice.message(bare, type: IMDN.mediaType), from: alice.address).statuses == [400])
    }

    /// XML 1.0 sections 2.5 and 2.6: they may stand anywhere, and say nothing.
    @Test func documentsMayHaveCommentsAndProcessingInstructionsAndNoDocumentType() {
        let document =
            "<?xml version='1.0'?><!-- a --><?b c?><isComposing xmlns='\(IsComposing.namespace)'><!-- d -->"
            + "<state>act<!-- e -->ive</state><?f?></isComposing><!-- g -->"
        #expect(IsComposing(parsing: Array(document.utf8)) == IsComposing(isActive: true))
        let imdn = IMDN(messageID: "x", dateTime: "", status: .displayed)
        #expect(IMDN(parsing: Array(imdn.xml.replacing("<datetime", with: "<!-- n --><datetime").utf8)) == imdn)
        let list =
            "<resource-lists xmlns='urn:ietf:params:xml:ns:resource-lists'><!-- h --><list><entry uri='sip:a@b'/></list>"
            + "</resource-lists>"
        #expect(ResourceList.targets(in: Array(list.utf8))?.count == 1)
        for type in ["<!DOCTYPE isComposing>", "<!DOCTYPE a [<!ENTITY b 'c'>]>"] {
            let typed = document.replacing("<!-- a -->", with: type)
            #expect(IsComposing(parsing: Array(typed.utf8)) == nil)
        }
    }

    @Test func whoRefusesCPIMGetsPlainTextFromThenOn() throws {
        var (house, alice, bob) = room(bob: cpim)
        let told = try #require(house.receive(alice.message("hi"), from: alice.address).first(.message))
        #expect(told.mediaType == "message/cpim")
        var refusal = bob.answer(told, 415)
        refusal.set("Accept", "text/plain")
        let again = try #require(house.receive(refusal, from: bob.address).first(.message))
        #expect(again.mediaType == "text/plain")
        #expect(again.to.tag == "tag-Bob")
        #expect(again.body == Array("Alice: hi".utf8))
        house.receive(bob.answer(again), from: bob.address)
        #expect(house.receive(alice.message("so"), from: alice.address).first(.message)?.mediaType == "text/plain")
    }

    @Test(arguments: [
        ("From: <sip:a@b>\r\nTo: <sip:demo@127.0.0.1>\r\n", "message/cpim", 400),
        ("From: <sip:a@b>\r\n\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\ncut", "message/cpim", 400),
        ("From: <sip:a@b>\r\nRequire: Magic\r\n\r\nContent-Type: text/plain\r\n\r\nhi", "message/cpim", 400),
        ("From: <sip:a@b>\r\n\r\nContent-Type: image/png\r\n\r\nhi", "message/cpim", 415),
        ("<isComposing/>", "application/im-iscomposing+xml", 400), ("<imdn", "message/imdn+xml", 400),
        ("", "text/plain", 400), ("   ", "text/plain", 400), (String(repeating: "x", count: 65_537), "text/plain", 513),
        (String(repeating: "x", count: 90_000), "message/cpim", 513),
    ])
    func whatIsWrongIsSaid(body: String, type: String, status: Int) {
        var (house, alice, _) = room()
        let answers = house.receive(alice.message(body, type: type), from: alice.address)
        #expect(answers.statuses == [status])
        #expect(answers.methods.isEmpty)
        #expect(status != 415 || answers.first?.accept?.contains("text/plain") == true)
    }

    @Test func aFloodIsRefusedToItsSenderAlone() {
        var (house, alice, bob) = room()
        var refused: [SIPMessage] = []
        for _ in 0..<60 {
            refused += house.receive(alice.message("spam"), from: alice.address).filter { $0.status == 480 }
        }
        #expect(refused.count == 10)
        #expect(refused.first?.header("Retry-After") == "1")
        #expect(house.receive(bob.message("hi"), from: bob.address).statuses == [202])
    }

    @Test func typingIsToldToWhoReadsIt() throws {
        var (house, alice, bob) = room(bob: cpim)
        let active = alice.message(IsComposing(isActive: true, refresh: 60).xml, type: IsComposing.mediaType)
        let messages = house.receive(active, from: alice.address)
        #expect(messages.statuses == [200])
        let told = try #require(messages.first(.message))
        let notice = try read(told)
        #expect(notice.contentType == IsComposing.mediaType)
        #expect(notice.from?.name == "Alice")
        #expect(IsComposing(parsing: notice.content)?.isActive == true)
        house.receive(bob.answer(told), from: bob.address)
        let idle = house.run(for: .seconds(61)).first(.message)
        let stopped = IsComposing(parsing: try read(idle).content)
        #expect(stopped?.isActive == false)
        // Alice did not say that she reads it.
        #expect(
            house.receive(
                bob.message(IsComposing(isActive: true).xml, type: IsComposing.mediaType), from: bob.address
            ).methods.isEmpty)
    }

    @Test func whatOnePhoneWritesTheOtherOfTheSameParticipantShows() throws {
        var (house, alice, bob) = room()
        var second = SIPPhone("Alice", port: 5071)
        second.callID = "second"
        house.join(&second)
        let messages = house.receive(alice.message("/msg Bob secret"), from: alice.address)
        let told = messages.filter { $0.method == .message }
        #expect(told.map(\.callID).sorted() == [bob.callID, "second"].sorted())
        let copy = try #require(told.first { $0.callID == "second" })
        #expect(copy.body == Array("Alice (private to Bob): secret".utf8))
        for message in told {
            house.receive((message.callID == "second" ? second : bob).answer(message), from: bob.address)
        }
        let open = house.receive(alice.message("for all"), from: alice.address).filter { $0.method == .message }
        #expect(open.map(\.callID).sorted() == [bob.callID, "second"].sorted())
    }

    @Test func hostileDocumentsNeverTrap() {
        var random = SplitMix64(7)
        let samples = [
            Array(IMDN(messageID: "x", dateTime: "", status: .displayed).xml.utf8),
            Array(IsComposing(isActive: true, refresh: 5).xml.utf8), Array(wrapped("hi").utf8),
        ]
        for sample in samples {
            for length in 0...sample.count {
                _ = IMDN(parsing: Array(sample[..<length]))
                _ = IsComposing(parsing: Array(sample[..<length]))
                _ = CPIMMessage(parsing: Array(sample[..<length]))
            }
            for _ in 0..<500 {
                var bytes = sample
                for _ in 0..<4 {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
                }
                _ = IMDN(parsing: bytes)
                _ = IsComposing(parsing: bytes)
                _ = CPIMMessage(parsing: bytes)
            }
        }
        #expect(IMDN(parsing: samples[0]) == IMDN(messageID: "x", dateTime: "", status: .displayed))
        #expect(IsComposing(parsing: samples[1]) == IsComposing(isActive: true, refresh: 5))
    }
}
