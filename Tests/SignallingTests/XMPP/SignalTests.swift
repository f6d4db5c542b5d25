import Conference
import Primitives
import Testing
import XMPP

@testable import Signalling

/// Receipts, markers and chat states, to and from clients.
@Suite struct SignalTests {
    typealias B = XMPPBench
    var b = XMPPBench()

    private let composing = ChatState.composing.element

    @Test mutating func whoReadsAPrivateTextGivesTheReceipt() throws {
        b.join(B.bob, "Bob")
        b.join(B.alice, "Alice")
        let sent = b.message(
            B.alice, B.muc + "/Bob", "chat", "psst", children: [Receipt.request, ChatMarker.markable])
        #expect(sent.map(\.brief) == ["message chat demo@rooms.localhost/Alice > bob@localhost/desk"])
        let told = try #require(sent.first)
        #expect(told.child("request", Namespace.receipts) != nil)
        #expect(told.child("markable", Namespace.chatMarkers) != nil)
        let id = try #require(told.id)
        let receipt = b.message(B.bob, B.muc + "/Alice", "chat", nil, children: [Receipt.received(id)])
        #expect(receipt.map(\.brief) == ["message chat demo@rooms.localhost/Bob > alice@localhost/phone"])
        #expect(receipt.first?.child("received", Namespace.receipts)?["id"] == "m1")
        #expect(receipt.first?.child("no-store", Namespace.hints) != nil)
        let marker = b.message(B.bob, B.muc + "/Alice", "chat", nil, children: [ChatMarker.displayed(id)])
        #expect(marker.first?.child("displayed", Namespace.chatMarkers)?["id"] == "m1")
        #expect(b.message(B.bob, B.muc + "/Alice", "chat", nil, children: [Receipt.received(id)]).isEmpty)
    }

    @Test mutating func aReceiptFromAPhoneIsPassedOn() throws {
        b.join(B.bob, "Bob")
        let (leg, _) = b.sipCall("Carol")
        let sent = b.message(B.bob, B.muc + "/Carol", "chat", "psst", children: [Receipt.request])
        #expect(sent.isEmpty)
        let message = try #require(b.lastMessage)
        let carol = PeerAddress(.sip, user: "carol", host: "127.0.0.1:5070")
        for (status, name) in [(MessageStatus.delivered, "message chat"), (.failed, "message error")] {
            let told = b.say(
                .report(
                    MessageReport(
                        room: message.room, messageID: message.id, status: status, reporter: carol, leg: leg, via: .sip)
                ))
            #expect(told.map(\.brief) == ["\(name) demo@rooms.localhost/Carol > bob@localhost/desk"])
        }
    }

    @Test mutating func typingIsToldInTheMUCAndToCallers() {
        b.join(B.bob, "Bob")
        b.join(B.alice, "Alice")
        _ = b.jingleCall("dora@localhost/x", sid: "s2")
        let told = b.message(B.bob, B.muc, "groupchat", nil, children: [composing])
        #expect(
            told.map(\.brief).sorted() == [
                "message chat demo@talk.localhost/focus > dora@localhost/x",
                "message groupchat demo@rooms.localhost/Bob > alice@localhost/phone",
            ])
        for stanza in told {
            #expect(stanza.child("composing", Namespace.chatStates) != nil)
            #expect(stanza.body == nil)
        }
        b.pass(.seconds(2))
        let stopped = b.message(B.bob, B.muc, "groupchat", nil, children: [ChatState.paused.element])
        #expect(stopped.count == 2)
        #expect(stopped.allSatisfy { $0.child("active", Namespace.chatStates) != nil })
        #expect(b.message(B.bob, B.muc, "groupchat", nil, children: [ChatState.gone.element]).isEmpty)
    }

    @Test mutating func typingToOneIsToldToOne() {
        b.join(B.bob, "Bob")
        b.join(B.alice, "Alice")
        b.join("cem@localhost/x", "Cem")
        let told = b.message(B.bob, B.muc + "/Alice", "chat", nil, children: [composing])
        #expect(told.map(\.brief) == ["message chat demo@rooms.localhost/Bob > alice@localhost/phone"])
        #expect(told.first?.child("x", Namespace.mucUser) != nil)
    }
}
