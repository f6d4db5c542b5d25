import Conference
import Jingle
import Primitives
import Testing
import XMPP

@testable import Signalling

@Suite struct TalkTextTests {
    typealias B = XMPPBench
    var b = XMPPBench()

    private let receipt = XMLElement("request", Namespace.receipts)

    @Test mutating func aTextToTheTalkAddressReachesAllOthersOnceWithTheName() throws {
        b.join(B.bob, "Bob")
        _ = b.sipCall("Carol")
        _ = b.jingleCall(B.alice)
        _ = b.jingleCall("dora@localhost/x", sid: "sid2")
        let stanzas = b.message(B.alice, B.talk, "chat", "hello", children: [receipt])
        #expect(
            stanzas.map(\.brief).sorted()
                == [
                    "message chat demo@rooms.localhost/alice > bob@localhost/desk".replacing("chat", with: "groupchat"),
                    "message chat demo@talk.localhost > alice@localhost/phone",
                    "message chat demo@talk.localhost/focus > dora@localhost/x",
                ].sorted())
        let text = try #require(stanzas.first { $0["to"] == "dora@localhost/x" })
        #expect(text.body == "alice: hello")
        #expect(text.child("stanza-id", Namespace.stanzaIDs)?["by"] == B.talk)
        let answer = try #require(stanzas.first { $0["to"] == B.alice })
        #expect(answer.child("received", Namespace.receipts)?["id"] == "m1")
        #expect(answer.body == nil)
        #expect(b.sipTexts == ["alice to Carol: hello"])
    }

    @Test mutating func aPrivateTextReachesOneMarkedAsPrivate() {
        b.join(B.bob, "Bob")
        _ = b.jingleCall(B.alice)
        let stanzas = b.message(B.bob, B.muc + "/alice", "chat", "psst")
        #expect(stanzas.map(\.brief) == ["message chat demo@talk.localhost/focus > alice@localhost/phone"])
        #expect(stanzas.first?.body == "Bob (private): psst")
        let back = b.message(B.alice, B.focus, "chat", "/msg Bob hm?")
        #expect(back.map(\.brief) == ["message chat demo@rooms.localhost/alice > bob@localhost/desk"])
        #expect(back.first?.body == "hm?")
        #expect(b.message(B.alice, B.focus, "chat", "/msg Nobody hm?").map(\.condition) == [.itemNotFound])
    }

    @Test mutating func commandsAreAnsweredToTheSenderAlone() {
        b.join(B.bob, "Bob")
        _ = b.jingleCall(B.alice)
        let stanzas = b.message(B.alice, B.talk, "chat", "/help")
        #expect(stanzas.map(\.brief) == ["message chat demo@talk.localhost > alice@localhost/phone"])
        #expect(stanzas.first?.body?.contains("/msg") == true)
        #expect(
            b.message(B.bob, B.muc, "groupchat", "/help").map(\.brief) == [
                "message groupchat demo@rooms.localhost > bob@localhost/desk"
            ])
    }

    @Test mutating func whatCannotBeDeliveredComesBack() {
        #expect(b.message(B.alice, B.talk, "chat", "hello").map(\.condition) == [.notAcceptable])
        _ = b.jingleCall(B.alice)
        let long = String(repeating: "x", count: 64 * 1024 + 1)
        #expect(b.message(B.alice, B.talk, "chat", long).map(\.condition) == [.policyViolation])
        #expect(
            b.message(B.alice, "100@sip.localhost", "groupchat", "hello").map(\.condition) == [.badRequest])
        #expect(b.message(B.alice, "talk.localhost", "chat", "hello").map(\.condition) == [.serviceUnavailable])
        #expect(b.message(B.alice, B.talk, "chat", nil).isEmpty)
        #expect(b.message(B.alice, B.talk, "error", "hello").isEmpty)
        #expect(b.message(B.alice, B.talk, "headline", "hello").isEmpty)
    }
}
