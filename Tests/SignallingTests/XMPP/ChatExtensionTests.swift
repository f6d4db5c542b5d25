import Conference
import Primitives
import Testing
import XMPP

@testable import Signalling

/// What messages carry beside their bodies: unharmed to who is in the MUC, in words to phones.
@Suite struct ChatExtensionTests {
    typealias B = XMPPBench
    var b = XMPPBench()

    init() {
        b.join(B.alice, "Alice")
        b.join(B.bob, "Bob")
        _ = b.sipCall("Carol")
    }

    private let eme = XMLElement("encryption", "urn:xmpp:eme:0", ["namespace": "urn:xmpp:omemo:2", "name": "OMEMO"])
    private let encrypted = XMLElement("encrypted", "urn:xmpp:omemo:2") { XMLElement("header", "urn:xmpp:omemo:2") }

    private func replace(_ id: String) -> XMLElement { XMLElement("replace", Namespace.correction, ["id": id]) }

    private func reactions(_ id: String, _ signs: String...) -> XMLElement {
        XMLElement("reactions", Namespace.reactions, ["id": id]) {
            signs.map { XMLElement("reaction", Namespace.reactions, text: $0) }
        }
    }

    /// The room's id of what Alice says.
    private mutating func said(_ text: String, id: String = "m1") -> String {
        let stanza = b.message(B.alice, B.muc, "groupchat", text, id: id).first
        return stanza?.child("stanza-id", Namespace.stanzaIDs)?["id"] ?? ""
    }

    // MARK: Carried

    @Test mutating func allThatIsCarriedReachesTheOthersAsItWas() throws {
        let carried = [
            replace("m0"), XMLElement("active", Namespace.chatStates), ChatMarker.markable,
            XMLElement("origin-id", Namespace.stanzaIDs, ["id": "o1"]),
            XMLElement("x", "urn:example:new", ["a": "1 & '2'"]) { XMLElement("y", "urn:example:other", text: "<&>") },
            XMLElement("thread", Namespace.client, text: "t"),
        ]
        let stanzas = b.message(B.alice, B.muc, "groupchat", "hello", id: "m1", children: carried)
        #expect(stanzas.compactMap { $0["to"] }.sorted() == [B.alice, B.bob].sorted())
        for stanza in stanzas {
            #expect(stanza.id == "m1" && stanza.body == "hello")
            for element in carried { #expect(stanza.elements.contains(element), "\(element)") }
        }
        // And who comes later.
        let later = b.join("carl@localhost/x", "Carl").first { $0.type == "groupchat" && $0.body == "hello" }
        for element in carried { #expect(later?.elements.contains(element) == true) }
        #expect(later?.child("delay", Namespace.delay) != nil)
    }

    @Test mutating func whatOnlyTheRoomMaySayIsNotCarried() throws {
        let forged = [
            XMLElement("delay", Namespace.delay, ["stamp": "2001-01-01T00:00:00Z"]),
            XMLElement("stanza-id", Namespace.stanzaIDs, ["id": "forged", "by": B.muc]),
            XMLElement("x", Namespace.mucUser) { XMLElement("status", Namespace.mucUser, ["code": "332"]) },
            XMLElement("occupant-id", "urn:xmpp:occupant-id:0", ["id": "forged"]),
            XMLElement("result", "urn:xmpp:mam:2", ["id": "x"]), XMLElement("sent", "urn:xmpp:carbons:2"),
            XMLElement("event", "http://jabber.org/protocol/pubsub#event"),
            XMLElement("nick", Namespace.nick, text: "Bob"),
            XMLElement("error", Namespace.client), XMLElement("request", Namespace.receipts),
            XMLElement("retracted", "urn:xmpp:message-retract:1"), XMLElement("body", Namespace.client, text: "other"),
            XMLElement("moderated", "urn:xmpp:message-moderate:1"),
        ]
        let stanza = try #require(b.message(B.alice, B.muc, "groupchat", "hello", children: forged).last)
        for element in forged { #expect(!stanza.elements.contains(element), "\(element)") }
        #expect(stanza.children(named: "stanza-id", Namespace.stanzaIDs).count == 1)
        let retract = XMLElement("retract", "urn:xmpp:message-retract:1", ["id": "x"]) {
            XMLElement("moderated", "urn:xmpp:message-moderate:1", ["by": B.muc + "/Bob"])
        }
        #expect(
            CarriedPayload.elements(of: XMLElement("message", Namespace.client) { retract }, isGroupchat: true)
                == [XMLElement("retract", "urn:xmpp:message-retract:1", ["id": "x"])])
    }

    @Test mutating func whatIsTooMuchIsRefused() {
        let big = XMLElement("x", "urn:example:new", text: String(repeating: "x", count: CarriedPayload.limit))
        let many = (0..<100).map { XMLElement("x", "urn:example:\($0)") }
        for children in [[big], many] {
            let stanzas = b.message(B.alice, B.muc, "groupchat", "hello", children: children)
            #expect(stanzas.map(\.condition) == [.policyViolation])
        }
        #expect(b.sipTexts.isEmpty)
    }

    @Test mutating func whoIsNotInIsRefusedWhateverItCarries() {
        let stanzas = b.message("eve@localhost/x", B.muc, "groupchat", nil, children: [reactions("x", "👍")])
        #expect(stanzas.map(\.condition) == [.notAcceptable])
    }

    @Test mutating func privateMessagesKeepTheirIdsAndWhatTheyCarry() throws {
        let first = b.message(
            B.alice, B.muc + "/Bob", "chat", "frist", id: "p1", children: [Receipt.request, ChatMarker.markable])
        #expect(first.first { $0["to"] == B.bob }?.id == "p1")
        let second = b.message(B.alice, B.muc + "/Bob", "chat", "first", id: "p2", children: [replace("p1")])
        let got = try #require(second.first { $0["to"] == B.bob })
        #expect(got.child("replace", Namespace.correction)?["id"] == "p1" && got.id == "p2")
        // What became of the first is told by the id its sender knows.
        let read = b.message(
            B.bob, B.muc + "/Alice", "chat", nil, id: "p3", children: [Receipt.received("p1")])
        #expect(read.map(\.brief) == ["message chat demo@rooms.localhost/Bob > alice@localhost/phone"])
        #expect(read.first?.child("received", Namespace.receipts)?["id"] == "p1")
        let reacted = b.message(B.bob, B.muc + "/Alice", "chat", nil, id: "p4", children: [reactions("p1", "👍")])
        #expect(reacted.first { $0["to"] == B.alice }?.child("reactions", Namespace.reactions)?["id"] == "p1")
        #expect(b.sipTexts.isEmpty)
    }

    @Test mutating func markersAreSaidToEveryoneInTheMUCAndKeptByNobody() throws {
        let id = said("hello")
        let stanzas = b.message(B.bob, B.muc, "groupchat", nil, id: "d1", children: [ChatMarker.displayed(id)])
        #expect(stanzas.compactMap { $0["to"] }.sorted() == [B.alice, B.bob].sorted())
        for stanza in stanzas {
            #expect(stanza.child("displayed", Namespace.chatMarkers)?["id"] == id && stanza.body == nil)
        }
        #expect(b.sipTexts == ["Alice to Carol: hello"])
        let history = b.join("carl@localhost/x", "Carl").filter { $0.type == "groupchat" && $0.child("subject") == nil }
        #expect(history.count == 1)
    }

    // MARK: In words

    @Test mutating func aCorrectionIsAStarAndTheNewText() {
        _ = said("helo")
        _ = b.message(B.alice, B.muc, "groupchat", "hello", id: "m2", children: [replace("m1")])
        #expect(b.sipTexts == ["Alice to Carol: helo", "Alice to Carol: * hello"])
    }

    @Test mutating func aReactionIsToldWithTheFirstWords() {
        let id = said("The weather is fine\ntoday, and will be so tomorrow, they say, and the day after tomorrow too")
        b.sipTexts.removeAll()
        let stanzas = b.message(B.bob, B.muc, "groupchat", nil, id: "r1", children: [reactions(id, "👍", "👍", "🎉")])
        #expect(stanzas.count == 2 && stanzas.allSatisfy { $0.body == nil && $0.id == "r1" })
        _ = b.message(B.bob, B.muc, "groupchat", nil, id: "r2", children: [reactions(id)])
        _ = b.message(B.bob, B.muc, "groupchat", nil, id: "r3", children: [reactions("unknown", "👎")])
        #expect(
            b.sipTexts == [
                "Bob to Carol: reacted with 👍 🎉 to: The weather is fine today, and will be so tomorrow, they say…",
                "Bob to Carol: took a reaction back from: The weather is fine today, and will be so tomorrow, they say…",
                "Bob to Carol: reacted with 👎",
            ])
    }

    @Test mutating func aReplyQuotesTheFirstWordsAndNotTheFallback() {
        let id = said("We should bake a cake")
        b.sipTexts.removeAll()
        let reply = XMLElement("reply", Namespace.reply, ["to": B.muc + "/Alice", "id": id])
        let fallback = XMLElement("fallback", Namespace.fallback, ["for": Namespace.reply]) {
            XMLElement("body", Namespace.fallback, ["start": "0", "end": "41"])
        }
        let body = "> Alice wrote:\n> We should bake a cake 🎂\nGreat idea!"
        let stanzas = b.message(B.bob, B.muc, "groupchat", body, id: "q1", children: [reply, fallback])
        #expect(stanzas.last?.body == body)
        #expect(stanzas.last?.elements.contains(reply) == true && stanzas.last?.elements.contains(fallback) == true)
        #expect(b.sipTexts == ["Bob to Carol: > Alice: We should bake a cake\nGreat idea!"])
        // What is not known, or makes no sense, is left as it is.
        let far = XMLElement("fallback", Namespace.fallback, ["for": Namespace.reply]) {
            XMLElement("body", Namespace.fallback, ["start": "5", "end": "4000000000000"])
        }
        _ = b.message(
            B.bob, B.muc, "groupchat", "> x\nyes", children: [XMLElement("reply", Namespace.reply, ["id": "?"])])
        _ = b.message(B.bob, B.muc, "groupchat", "yes", children: [reply, far])
        #expect(
            b.sipTexts.suffix(2) == ["Bob to Carol: > x\nyes", "Bob to Carol: > Alice: We should bake a cake\nyes"])
    }

    @Test mutating func aFileIsItsLink() {
        let file = XMLElement("x", Namespace.outOfBand) {
            XMLElement("url", Namespace.outOfBand, text: "https://files/cat.jpg")
        }
        _ = b.message(B.alice, B.muc, "groupchat", "https://files/cat.jpg", children: [file])
        _ = b.message(B.alice, B.muc, "groupchat", "my cat", children: [file])
        _ = b.message(B.alice, B.muc, "groupchat", nil, children: [file])
        #expect(
            b.sipTexts == [
                "Alice to Carol: https://files/cat.jpg", "Alice to Carol: my cat\nhttps://files/cat.jpg",
                "Alice to Carol: https://files/cat.jpg",
            ])
    }

    @Test mutating func wordsOfPrivateTextsAreToldToNobodyElse() {
        _ = b.message(B.alice, B.muc + "/Bob", "chat", "a secret", id: "p1")
        _ = b.message(B.bob, B.muc, "groupchat", nil, id: "r1", children: [reactions("p1", "👍")])
        #expect(b.sipTexts == ["Bob to Carol: reacted with 👍"])
    }

    @Test mutating func whatOnlyProgramsReadIsToldToNoPhone() {
        let stanzas = b.message(B.alice, B.muc, "groupchat", nil, children: [XMLElement("x", "urn:example:new")])
        #expect(stanzas.count == 2)
        #expect(b.sipTexts.isEmpty)
    }

    // MARK: Encrypted

    @Test mutating func encryptedMessagesReachWhoCanReadThemAndNoPhone() throws {
        let body = "I sent you an encrypted message"
        let first = b.message(B.alice, B.muc, "groupchat", body, id: "e1", children: [encrypted, eme])
        let words = try #require(first.first { $0["from"] == B.muc })
        #expect(words["to"] == B.alice && words.body?.contains("encrypted end to end") == true)
        for jid in [B.alice, B.bob] {
            let got = first.first { $0["to"] == jid && $0.id == "e1" }
            #expect(got?.elements.contains(encrypted) == true && got?.elements.contains(eme) == true)
            #expect(got?.body == body)
        }
        // Once.
        let second = b.message(B.alice, B.muc, "groupchat", nil, id: "e2", children: [encrypted, eme])
        #expect(second.count == 2 && second.allSatisfy { $0.id == "e2" })
        #expect(b.sipTexts.isEmpty)
        // To one who reads on the phone alone, and to the room as a contact where nobody else could.
        let private_ = b.message(B.alice, B.muc + "/Carol", "chat", body, id: "e3", children: [encrypted])
        #expect(private_.compactMap(\.condition) == [.recipientUnavailable])
        #expect(b.sipTexts.isEmpty)
    }

    @Test func encryptedMessagesToTheRoomAsAContactAreRefusedWhereNobodyReadsThem() {
        var b = XMPPBench()
        _ = b.jingleCall(B.alice)
        _ = b.sipCall("Carol")
        let stanzas = b.message(B.alice, B.talk, "chat", "sorry", children: [encrypted])
        #expect(stanzas.first?.body?.contains("encrypted end to end") == true)
        #expect(stanzas.last?.condition == .recipientUnavailable)
        #expect(
            b.message(B.alice, B.talk, "chat", "?OTR:AAQD", children: []).map(\.condition) == [.recipientUnavailable])
        #expect(b.sipTexts.isEmpty)
    }

    // MARK: The room as a contact

    @Test func whoCallsWithoutTheMUCIsToldInWordsAndCorrectionsByTheirIds() throws {
        var b = XMPPBench()
        b.join(B.bob, "Bob")
        _ = b.jingleCall(B.alice)
        let first = b.message(B.bob, B.muc, "groupchat", "helo", id: "m1")
        let shown = try #require(first.first { $0["to"] == B.alice })
        #expect(shown.body == "Bob: helo")
        let second = b.message(B.bob, B.muc, "groupchat", "hello", id: "m2", children: [replace("m1")])
        let corrected = try #require(second.first { $0["to"] == B.alice })
        #expect(corrected.body == "Bob: hello")
        #expect(corrected.child("replace", Namespace.correction)?["id"] == shown.id)
        let third = b.message(B.bob, B.muc, "groupchat", nil, id: "m3", children: [reactions(shown.id ?? "", "👍")])
        #expect(third.first { $0["to"] == B.alice }?.body == "Bob reacted with 👍 to: helo")
        // What she says of a message of hers is said of it in the MUC.
        let own = b.message(B.alice, B.talk, "chat", "mine", id: "a1")
        let id = own.first { $0["to"] == B.bob }?.child("stanza-id", Namespace.stanzaIDs)?["id"]
        let about = b.message(B.alice, B.talk, "chat", nil, id: "a2", children: [reactions("a1", "🙂")])
        #expect(about.first { $0["to"] == B.bob }?.child("reactions", Namespace.reactions)?["id"] == id)
        // Nobody corrects another's words.
        let other = b.message(B.alice, B.talk, "chat", "forged", id: "a3", children: [replace("m1")])
        #expect(other.contains { $0["to"] == B.bob })
        let back = b.message(B.bob, B.muc, "groupchat", "forged", id: "m4", children: [replace("a1")])
        #expect(back.first { $0["to"] == B.alice }?.child("replace", Namespace.correction) == nil)
        #expect(back.first { $0["to"] == B.alice }?.body == "Bob: * forged")
    }

    // MARK: Nonsense

    @Test mutating func nonsenseIsCarriedOrRefusedAndNeverTraps() {
        var random = SplitMix64(7)
        let names = ["reactions", "reply", "replace", "fallback", "x", "encrypted", "retract", "displayed", "body"]
        let namespaces = [
            Namespace.reactions, Namespace.reply, Namespace.correction, Namespace.fallback, Namespace.outOfBand,
            Namespace.client, Namespace.chatMarkers, "urn:xmpp:omemo:2", "",
        ]
        for round in 0..<500 {
            func element(_ depth: Int) -> XMLElement {
                XMLElement(
                    names.randomElement(using: &random) ?? "x", namespaces.randomElement(using: &random) ?? "",
                    ["id": "m\(round - 1)", "start": "-1", "end": "99999999999999999999", "for": Namespace.reply]
                ) { depth > 0 ? [element(depth - 1)] : [] }
            }
            let children = (0..<3).map { _ in element(2) }
            _ = b.message(B.alice, B.muc, "groupchat", round % 3 == 0 ? nil : "t", id: "m\(round)", children: children)
            b.now += .seconds(1)
        }
    }
}
