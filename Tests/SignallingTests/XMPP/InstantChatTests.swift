import Conference
import Primitives
import Testing
import XMPP

@testable import Signalling

/// Chat with numbers.
@Suite struct InstantChatTests {
    typealias B = XMPPBench
    var b = XMPPBench()
    private let number = "100@sip.localhost"
    private let phone = PeerAddress(.sip, user: "100", host: "127.0.0.1:5080")

    private func text(_ effect: InstantDelivery?) -> InstantText? {
        if case .text(let text) = effect?.content { text } else { nil }
    }

    private mutating func write(
        _ body: String?, to: String? = nil, type: String? = "chat", lang: String? = nil, children: [XMLElement] = []
    ) -> [XMLElement] {
        var message = XMLElement(
            "message", Namespace.client,
            ["from": B.alice, "to": to ?? number, "type": type, "id": "m1"]
        ) {
            body.map { XMLElement("body", Namespace.client, text: $0) }
            children
        }
        message["lang", Namespace.xml] = lang
        return b.receive(message)
    }

    private func say(_ content: InstantMessage.Content, to user: String = "alice") -> Command {
        var message = InstantMessage(
            id: SubmissionID(9), from: phone, to: PeerAddress(.sip, user: user, host: "localhost"), content)
        message.displayName = "Harry"
        return .instant(message)
    }

    @Test mutating func whatIsWrittenToANumberIsHandedOn() throws {
        let sent = write(
            "hello", lang: "cs",
            children: [
                XMLElement("subject", Namespace.client, text: "Tea"),
                XMLElement("thread", Namespace.client, text: "t1"),
                Receipt.request, ChatMarker.markable,
            ])
        #expect(sent.isEmpty)
        let delivery = try #require(b.passed.last)
        #expect(delivery.target == phone)
        #expect(delivery.sender == PeerAddress(.sip, user: "alice", host: "localhost"))
        let text = try #require(self.text(delivery))
        #expect(text.body == "hello")
        #expect(text.subject == "Tea")
        #expect(text.thread == "t1")
        #expect(text.language == "cs")
        #expect(text.wanted == [.delivered, .failed, .displayed])
    }

    @Test mutating func aReceiptComesOnlyOfADelivery() throws {
        _ = write("hello", children: [Receipt.request])
        let id = try #require(b.passed.last?.id)
        #expect(b.say(.instantOutcome(id, .passed, by: nil)).isEmpty)
        let receipt = b.say(.instantOutcome(id, .delivered, by: nil))
        #expect(receipt.map(\.brief) == ["message chat 100@sip.localhost/gw > alice@localhost/phone"])
        #expect(receipt.first?.child("received", Namespace.receipts)?["id"] == "m1")
        #expect(receipt.first?.child("no-store", Namespace.hints) != nil)
    }

    @Test mutating func errorsComeBackUnderTheMessagesID() throws {
        _ = write("hello")
        let id = try #require(b.passed.last?.id)
        let failed = b.say(.instantOutcome(id, .failed(.itemNotFound), by: nil))
        #expect(failed.map(\.brief) == ["message error 100@sip.localhost > alice@localhost/phone"])
        #expect(failed.first?.id == "m1")
        #expect(failed.first?.condition == .itemNotFound)
        #expect(failed.first?.stanzaError?.text != nil)
    }

    @Test mutating func aTextFromAPhoneIsChatFromItsNumber() throws {
        var text = InstantText("hi", clientID: "i1")
        text.wanted = [.delivered, .displayed]
        text.subject = "Tea"
        text.thread = "call-1"
        text.language = "de"
        let sent = b.say(say(.text(text)))
        #expect(sent.map(\.brief) == ["message chat 100@sip.localhost/gw > alice@localhost"])
        let message = try #require(sent.first)
        #expect(message.body == "hi")
        #expect(message.lang == "de")
        #expect(message.child("subject", Namespace.client)?.text == "Tea")
        #expect(message.child("thread", Namespace.client)?.text == "call-1")
        #expect(message.child("request", Namespace.receipts) != nil)
        #expect(message.child("markable", Namespace.chatMarkers) != nil)
        let id = try #require(message.id)
        _ = b.message(B.alice, number + "/gw", "chat", nil, children: [Receipt.received(id)])
        #expect(b.passed.last?.content == .report(.delivered, of: "i1"))
        _ = b.message(B.alice, number, "chat", nil, children: [ChatMarker.displayed(id)])
        #expect(b.passed.last?.content == .report(.displayed, of: "i1"))
        let count = b.passed.count
        _ = b.message(B.bob, number, "chat", nil, children: [Receipt.received(id)])
        #expect(b.passed.count == count)
    }

    @Test mutating func whatTheServerBouncesIsTold() throws {
        let sent = b.say(say(.text(InstantText("hi", clientID: nil)), to: "nobody"))
        let bounce = try #require(sent.first?.errorReply(StanzaError(.serviceUnavailable)))
        var stranger = bounce
        stranger["from"] = "eve@localhost"
        #expect(b.receive(stranger).isEmpty)
        #expect(b.outcomes.isEmpty)
        #expect(b.receive(bounce).isEmpty)
        #expect(b.outcomes.last == .refused(.undelivered(.serviceUnavailable)))
    }

    @Test mutating func typingGoesBothWays() {
        let told = b.say(say(.composing(isActive: true, lasts: .seconds(60))))
        #expect(told.map(\.brief) == ["message chat 100@sip.localhost/gw > alice@localhost"])
        #expect(told.first?.child("composing", Namespace.chatStates) != nil)
        #expect(told.first?.body == nil)
        for (state, isActive) in [(ChatState.composing, true), (.paused, false)] {
            b.pass(.seconds(2))
            _ = write(nil, children: [state.element])
            #expect(b.passed.last?.content == .composing(isActive: isActive, lasts: .seconds(300)))
        }
        let count = b.passed.count
        _ = write(nil, children: [ChatState.gone.element])
        _ = write(nil, children: [ChatState.composing.element, XMLElement("delay", Namespace.delay)])
        #expect(b.passed.count == count)
    }

    @Test mutating func whatSaysMoreThanItsBodyIsPutInWords() {
        _ = write("better", children: [XMLElement("replace", Namespace.correction, ["id": "m0"])])
        #expect(text(b.passed.last)?.body == "* better")
        _ = write(
            nil,
            children: [
                XMLElement("reactions", Namespace.reactions, ["id": "m0"]) {
                    XMLElement("reaction", Namespace.reactions, text: "👍")
                }
            ])
        #expect(text(b.passed.last)?.body == "(reacted with 👍)")
        _ = write(
            nil,
            children: [
                XMLElement("x", Namespace.outOfBand) {
                    XMLElement("url", Namespace.outOfBand, text: "https://a.example/b")
                }
            ])
        #expect(text(b.passed.last)?.body == "https://a.example/b")
    }

    @Test mutating func encryptedTextsAreRefusedWithAWordOnce() {
        let omemo = [XMLElement("encrypted", "urn:xmpp:omemo:2")]
        let first = write("I sent you an OMEMO encrypted message", children: omemo)
        #expect(
            first.map(\.brief).sorted() == [
                "message chat 100@sip.localhost/gw > alice@localhost/phone",
                "message error 100@sip.localhost > alice@localhost/phone",
            ])
        let second = write("I sent you an OMEMO encrypted message", children: omemo)
        #expect(second.map(\.condition) == [.notAcceptable])
        #expect(b.passed.isEmpty)
    }

    @Test mutating func whatIsNoChatIsRefusedOrLet() {
        #expect(write("x", type: "groupchat").map(\.condition) == [.badRequest])
        #expect(write("x", type: "headline").isEmpty)
        #expect(write(nil).isEmpty)
        #expect(write(String(repeating: "x", count: 70_000)).map(\.condition) == [.policyViolation])
        #expect(write("x", to: "sip.localhost").map(\.condition) == [.serviceUnavailable])
        #expect(b.passed.isEmpty)
        #expect(write("plain", type: nil).isEmpty)
        #expect(b.passed.count == 1)
    }

    @Test mutating func aTextWhoseAddressesAreNoJIDsComesBack() throws {
        _ = b.say(say(.text(InstantText("hello"))))
        for part in [\InstantDelivery.target.user, \InstantDelivery.sender.user] {
            var delivery = try #require(b.passed.last)
            delivery[keyPath: part] = "<a@b>"
            let commands = b.adapter.pass(delivery)
            guard case .instantOutcome(delivery.id, .failed(.jidMalformed), by: nil) = commands.first else {
                Issue.record("\(commands)")
                continue
            }
        }
    }

    @Test mutating func anErrorIsNeverAnswered() {
        #expect(b.message(B.alice, number, "error", "x", children: [StanzaError(.forbidden).element]).isEmpty)
        #expect(b.passed.isEmpty)
    }
}
