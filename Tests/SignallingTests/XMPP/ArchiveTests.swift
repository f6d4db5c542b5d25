import Conference
import Primitives
import Testing
import XMPP

@testable import Signalling

@Suite struct ArchiveTests {
    typealias B = XMPPBench
    var b = B()
    private let room = "fresh@rooms.localhost"

    init() { b.join(B.alice, "Alice", room: room) }

    private func query(_ fields: [DataForm.Field] = [], _ set: XMLElement? = nil, flip: Bool = false) -> XMLElement {
        XMLElement("query", Namespace.archive, ["queryid": "q1"]) {
            DataForm(.submit, formType: Namespace.archive, fields: fields).element
            set
            if flip { XMLElement("flip-page", Namespace.archive) }
        }
    }

    private func set(_ children: [(String, String)]) -> XMLElement {
        XMLElement("set", Namespace.resultSet) {
            children.map { XMLElement($0.0, Namespace.resultSet, text: $0.1) }
        }
    }

    /// Asks; gives what the adapter wants to know of the archive.
    private mutating func ask(_ payload: XMLElement, from: String = B.alice, type: String = "set") -> (
        question: ArchiveRequest?, stanzas: [XMLElement]
    ) {
        let stanzas = b.receive(.iq(from: JID(from), to: JID(room), type: type, id: "m") { payload })
        return (b.adapter.drainArchiveRequests().first, stanzas)
    }

    private func page(_ request: ArchiveRequest?) -> ArchiveQuery? {
        if case .page(let query) = request?.question { query } else { nil }
    }

    private func message(_ number: Int, body: String? = nil, payload: String = "") -> ChatMessage {
        var message = ChatMessage(
            id: "id\(number)", sender: .init(.xmpp, user: "bob", host: "localhost", resource: "x"), senderName: "Bob",
            audience: .everyone, body: body ?? "text \(number)", clientID: "c\(number)",
            time: WallTime(milliseconds: Int64(number) * 1000))
        message.payload = payload
        return message
    }

    @Test mutating func aQuestionIsUnderstood() {
        let fields: [DataForm.Field] = [
            .init("start", ["2026-01-01T00:00:00Z"]), .init("end", ["2026-01-02T00:00:00Z"]),
            .init("with", [room + "/Bob"]), .init("before-id", ["b"]), .init("after-id", ["a"]),
            .init("ids", ["1", "2"]),
        ]
        let asked = page(ask(query(fields, set([("max", "7"), ("before", "")]))).question)
        #expect(asked?.start == WallTime(xmpp: "2026-01-01T00:00:00Z"))
        #expect(asked?.end == WallTime(xmpp: "2026-01-02T00:00:00Z"))
        #expect(asked?.author == .name("Bob"))
        #expect(asked?.beforeID == "b" && asked?.afterID == "a" && asked?.ids == ["1", "2"])
        #expect(asked?.part == .backwards(before: nil))
        #expect(asked?.maximum == 7)
        #expect(
            page(ask(query([.init("with", ["bob@localhost/x"])])).question)?.author
                == .address(.init(.xmpp, user: "bob", host: "localhost")))
        #expect(page(ask(query([], set([("max", "1000000")]))).question)?.maximum == 100)
        #expect(page(ask(query([], set([("index", "5")]))).question)?.part == .from(5))
        #expect(page(ask(query([], set([("after", "x")]))).question)?.part == .forwards(after: "x"))
        #expect(page(ask(XMLElement("query", Namespace.archive)).question)?.maximum == 100)
    }

    @Test mutating func nonsenseIsRefused() {
        for (field, condition) in [
            (DataForm.Field("start", ["yesterday"]), StanzaError.Condition.badRequest),
            (.init("with", ["@"]), .jidMalformed), (.init("colour", ["red"]), .featureNotImplemented),
            (.init("ids", (0...100).map(String.init)), .policyViolation),
            (.init("before-id", [String(repeating: "x", count: 300)]), .itemNotFound),
        ] {
            let (question, stanzas) = ask(query([field]))
            #expect(question == nil)
            #expect(stanzas.map(\.condition) == [condition])
        }
        for number in ["-1", "x", "99999999999999999999"] {
            #expect(ask(query([], set([("max", number)]))).stanzas.map(\.condition) == [.badRequest])
        }
    }

    @Test mutating func whatIsFoundIsForwardedAndTheEndIsTold() throws {
        let request = try #require(ask(query([], set([("max", "2")]))).question)
        b.adapter.answer(
            request, .page(ArchivePage(messages: [message(1), message(2)], index: 3, count: 9, isComplete: false)))
        let stanzas = b.adapter.drain()
        #expect(stanzas.count == 3)
        let result = stanzas[0].child("result", Namespace.archive)
        #expect(stanzas[0].brief == "message \(room) > \(B.alice)")
        #expect(result?["queryid"] == "q1" && result?["id"] == "id1")
        let forwarded = result?.child("forwarded", Namespace.forward)
        #expect(forwarded?.child("delay", Namespace.delay)?["stamp"] == "1970-01-01T00:00:01.000Z")
        let original = forwarded?.child("message", Namespace.client)
        #expect(original?["from"] == room + "/Bob" && original?.type == "groupchat" && original?.id == "c1")
        #expect(original?.body == "text 1")
        #expect(original?.mucUser?.item?.jid == JID("bob@localhost/x"))
        #expect(original?.child("occupant-id", Namespace.occupantID) != nil)
        let fin = stanzas[2].payload
        #expect(fin?.name == "fin" && fin?["complete"] == nil)
        let part = fin?.child("set", Namespace.resultSet)
        #expect(part?.child("first")?.text == "id1" && part?.child("first")?["index"] == "3")
        #expect(part?.child("last")?.text == "id2" && part?.child("count")?.text == "9")
    }

    @Test mutating func aPageMayBeTurnedRound() throws {
        let request = try #require(ask(query(flip: true)).question)
        b.adapter.answer(
            request, .page(ArchivePage(messages: [message(1), message(2)], index: 0, count: 2, isComplete: true)))
        let stanzas = b.adapter.drain()
        #expect(stanzas.compactMap { $0.child("result", Namespace.archive)?["id"] } == ["id2", "id1"])
        #expect(stanzas.last?.payload?["complete"] == "true")
        #expect(stanzas.last?.payload?.child("set", Namespace.resultSet)?.child("first")?.text == "id1")
    }

    @Test mutating func whoGoesBackwardsIsToldNoIndex() throws {
        let request = try #require(ask(query([], set([("before", "")]))).question)
        b.adapter.answer(
            request, .page(ArchivePage(messages: [message(8), message(9)], index: 7, count: 9, isComplete: false)))
        let part = b.adapter.drain().last?.payload?.child("set", Namespace.resultSet)
        #expect(part?.child("first")?.text == "id8" && part?.child("first")?["index"] == nil)
        #expect(part?.child("count")?.text == "9")
    }

    @Test mutating func anEmptyArchiveAndAnUnknownMessageAreTold() throws {
        let request = try #require(ask(query()).question)
        b.adapter.answer(request, .page(ArchivePage(messages: [], index: nil, count: 0, isComplete: true)))
        #expect(b.adapter.drain().map(\.type) == ["result"])
        b.adapter.answer(request, .noSuchMessage)
        #expect(b.adapter.drain().map(\.condition) == [.itemNotFound])
        b.adapter.answer(request, .failed)
        #expect(b.adapter.drain().map(\.condition) == [.internalServerError])
    }

    @Test mutating func theBoundsAreTold() throws {
        let request = try #require(ask(XMLElement("metadata", Namespace.archive), type: "get").question)
        #expect(request.question == .bounds(try #require(RoomName("fresh"))))
        b.adapter.answer(request, .bounds(first: message(1), last: message(2)))
        let metadata = b.adapter.drain().first?.payload
        #expect(metadata?.child("start")?["id"] == "id1")
        #expect(metadata?.child("end")?["timestamp"] == "1970-01-01T00:00:02.000Z")
    }

    @Test mutating func theFieldsAreTold() {
        let form = ask(XMLElement("query", Namespace.archive), type: "get").stanzas.first?.payload?
            .child("x", Namespace.dataForms).flatMap { DataForm($0) }
        #expect(form?.fields.map(\.name).contains("before-id") == true)
    }

    @Test mutating func onlyWhoMayComeInReads() {
        #expect(ask(query(), from: B.bob).question != nil)
        let ban = XMLElement("query", Namespace.mucAdmin) {
            MUCAdminItem(affiliation: .outcast, jid: JID("bob@localhost")).element
        }
        #expect(b.ask(B.alice, room, "set", [ban])?.type == "result")
        let (question, stanzas) = ask(query(), from: B.bob)
        #expect(question == nil)
        #expect(stanzas.map(\.condition) == [.forbidden])
        #expect(b.ask(B.alice, "none@rooms.localhost", "set", [query()])?.condition == .itemNotFound)
        #expect(b.ask(B.alice, B.talk, "set", [query()])?.condition == .serviceUnavailable)
    }

    @Test mutating func nobodyAsksWithoutEnd() {
        let answers = (0..<60).map { _ in ask(query()).question != nil }
        #expect(answers == Array(repeating: true, count: 50) + Array(repeating: false, count: 10))
        #expect(ask(query()).stanzas.map(\.condition) == [.resourceConstraint])
        #expect(ask(query(), from: B.bob).question != nil)
        b.pass(.seconds(1))
        #expect(ask(query()).question != nil)
    }

    // MARK: Retraction

    @Test mutating func anAuthorTakesAMessageBack() throws {
        b.join(B.bob, "Bob", room: room)
        let id = try #require(
            b.message(B.bob, room, "groupchat", "oops").first?.child("stanza-id", Namespace.stanzaIDs)?["id"])
        let retract = XMLElement("retract", Namespace.retraction, ["id": id])
        let stanzas = b.message(B.bob, room, "groupchat", "fallback", id: "r1", children: [retract])
        #expect(stanzas.filter { $0.type == "groupchat" }.count == 2)
        for stanza in stanzas {
            #expect(stanza.child("retract", Namespace.retraction)?["id"] == id)
            #expect(stanza.child("fallback", Namespace.fallback)?["for"] == Namespace.retraction)
            #expect(stanza.body == "I retract an earlier message.")
        }
        #expect(b.join(B.alice, "Alice", room: room).compactMap(\.body) == ["I retract an earlier message."])
        #expect(
            b.message(B.bob, room, "groupchat", "x", children: [XMLElement("retract", Namespace.retraction)]).first?
                .condition == .badRequest)
    }

    @Test mutating func aModeratorTakesAMessageBack() throws {
        b.join(B.bob, "Bob", room: room)
        let id = try #require(
            b.message(B.bob, room, "groupchat", "spam").first?.child("stanza-id", Namespace.stanzaIDs)?["id"])
        let moderate = XMLElement("moderate", Namespace.messageModeration, ["id": id]) {
            XMLElement("retract", Namespace.retraction)
            XMLElement("reason", Namespace.messageModeration, text: "spam")
        }
        #expect(b.ask(B.bob, room, "set", [moderate])?.condition == .forbidden)
        #expect(b.ask("eve@h/x", room, "set", [moderate])?.condition == .notAcceptable)
        let stanzas = b.receive(.iq(from: JID(B.alice), to: JID(room), type: "set", id: "r") { moderate })
        let told = stanzas.filter { $0.type == "groupchat" }
        #expect(
            told.map(\.brief) == ["message groupchat \(room) > \(B.alice)", "message groupchat \(room) > \(B.bob)"])
        let retract = told.first?.child("retract", Namespace.retraction)
        #expect(retract?["id"] == id)
        #expect(retract?.child("reason")?.text == "spam")
        let moderated = retract?.child("moderated", Namespace.messageModeration)
        #expect(moderated?["by"] == room + "/Alice")
        #expect(moderated?.child("occupant-id", Namespace.occupantID) != nil)
        #expect(told.allSatisfy { $0.body == nil })
        #expect(stanzas.last?.type == "result")
        #expect(b.join(B.alice, "Alice", room: room).compactMap(\.body).isEmpty)
        let empty = XMLElement("moderate", Namespace.messageModeration, ["id": id])
        #expect(b.ask(B.alice, room, "set", [empty])?.condition == .badRequest)
    }

    @Test func whatIsCarriedSurvivesBeingText() {
        let elements = [
            XMLElement("retracted", Namespace.retraction, ["id": "a'<&>\""]) { XMLElement("x", "urn:y", text: "é <") },
            XMLElement("fallback", Namespace.fallback),
        ]
        #expect(XMLElement.fragment(elements.map { $0.serialised() }.joined()) == elements)
        #expect(XMLElement.fragment("").isEmpty)
        #expect(XMLElement.fragment("<a xmlns='b'>").isEmpty)
        #expect(XMLElement.fragment("</message></s:stream><x/>").isEmpty)
        #expect(XMLElement.fragment("<!DOCTYPE x><a xmlns='b'/>").isEmpty)
    }
}
