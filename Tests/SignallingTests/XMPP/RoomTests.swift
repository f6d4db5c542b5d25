import Conference
import Primitives
import Testing
import XMPP

@testable import Signalling

@Suite struct RoomTests {
    typealias B = XMPPBench
    var b = XMPPBench()

    private func statuses(_ stanza: XMLElement?) -> [Int] { (stanza?.mucUser?.statuses.map(\.code) ?? []).sorted() }

    @Test mutating func whoEntersGetsOthersItselfHistoryAndSubjectInThatOrder() {
        b.join(B.alice, "Alice")
        _ = b.message(B.alice, B.muc, "groupchat", "before")
        let stanzas = b.join(B.bob, "Bob")
        let toBob = stanzas.filter { $0["to"] == B.bob }
        #expect(
            toBob.map(\.brief) == [
                "presence demo@rooms.localhost/Alice > bob@localhost/desk",
                "presence demo@rooms.localhost/Bob > bob@localhost/desk",
                "message groupchat demo@rooms.localhost/Alice > bob@localhost/desk",
                "message groupchat demo@rooms.localhost > bob@localhost/desk",
            ])
        #expect(statuses(toBob[0]) == [])
        #expect(toBob[0].mucUser?.item?.jid == JID(B.alice))
        #expect(statuses(toBob[1]) == [100, 110, 170])
        #expect(toBob[1].mucUser?.item?.affiliation == MUCUser.Affiliation.none)
        #expect(toBob[1].mucUser?.item?.role == .participant)
        #expect(toBob[2].body == "before")
        #expect(toBob[2].child("delay", Namespace.delay).flatMap { Delay($0) }?.stamp == b.wall)
        #expect(toBob[3].child("subject")?.text == "")
        #expect(
            stanzas.filter { $0["to"] == B.alice }.map(\.brief) == [
                "presence demo@rooms.localhost/Bob > alice@localhost/phone"
            ])
    }

    @Test mutating func aRoomMadeByEnteringSaysSo() {
        let stanzas = b.join(B.alice, "Alice", room: "fresh@rooms.localhost")
        #expect(statuses(stanzas.first) == [100, 110, 170, 201])
        let form = XMLElement("query", Namespace.mucOwner) { DataForm(.submit).element }
        #expect(b.ask(B.alice, "fresh@rooms.localhost", "set", [form])?.type == "result")
        #expect(b.ask(B.bob, "fresh@rooms.localhost", "set", [form])?.condition == .forbidden)
        let get = b.ask(B.alice, "fresh@rooms.localhost", "get", [XMLElement("query", Namespace.mucOwner)])
        #expect(get?.payload?.child("x", Namespace.dataForms).flatMap { DataForm($0) }?.kind == .form)
        let left = b.presence(B.alice, "fresh@rooms.localhost/Alice", "unavailable")
        #expect(left.map(\.brief) == ["presence unavailable fresh@rooms.localhost/Alice > alice@localhost/phone"])
        #expect(statuses(left.first) == [110])
    }

    @Test mutating func historyIsLimitedByWhatTheClientAsksFor() {
        b.join(B.alice, "Alice")
        for id in 0..<5 {
            _ = b.message(B.alice, B.muc, "groupchat", "text \(id)", id: "h\(id)")
            b.pass(.seconds(10))
        }
        func bodies(_ attributes: KeyValuePairs<String, String?>, _ b: inout B) -> [String] {
            defer { _ = b.presence(B.bob, B.muc + "/Bob", "unavailable") }
            return b.join(B.bob, "Bob", history: XMLElement("history", Namespace.muc, attributes)).compactMap(\.body)
        }
        #expect(bodies([:], &b).count == 5)
        #expect(bodies(["maxstanzas": "2"], &b) == ["text 3", "text 4"])
        #expect(bodies(["maxchars": "0"], &b) == [])
        #expect(bodies(["seconds": "15"], &b) == ["text 4"])
        #expect(bodies(["since": "1970-01-01T00:17:10Z"], &b) == ["text 3", "text 4"])
        #expect(bodies(["maxstanzas": "-3"], &b) == [])
    }

    @Test mutating func whoMayNotEnterIsToldWhy() {
        b.join(B.alice, "Alice")
        let taken = b.join(B.bob, "Alice")
        #expect(taken.map(\.brief) == ["presence error demo@rooms.localhost/Alice > bob@localhost/desk"])
        #expect(taken.first?.condition == .conflict)
        #expect(taken.first?.child("x", Namespace.muc) != nil)
        let kicked = b.presence(B.bob, B.muc + "/Bob")
        #expect(kicked.map(\.brief) == ["presence unavailable demo@rooms.localhost/Bob > bob@localhost/desk"])
        #expect(kicked.first?.mucUser?.statuses.map(\.code) == [110, 307, 333])
        #expect(kicked.first?.mucUser?.item?.role == MUCUser.Role.none)
        #expect(b.presence(B.bob, B.muc).first?.condition == .jidMalformed)
        #expect(
            b.presence("bob@localhost", B.muc + "/Bob", children: [XMLElement("x", Namespace.muc)]).first?.condition
                == .jidMalformed)
        b = XMPPBench(createsRooms: false)
        #expect(b.join(B.bob, "Bob", room: "other@rooms.localhost").first?.condition == .itemNotFound)
    }

    @Test mutating func aNewNickIsToldToAllAsTheSamePerson() {
        b.join(B.alice, "Alice")
        b.join(B.bob, "Bob")
        let stanzas = b.presence(B.alice, B.muc + "/Ally")
        let toAlice = stanzas.filter { $0["to"] == B.alice }
        #expect(
            toAlice.map(\.brief) == [
                "presence unavailable demo@rooms.localhost/Alice > alice@localhost/phone",
                "presence demo@rooms.localhost/Ally > alice@localhost/phone",
            ])
        #expect(statuses(toAlice.first) == [110, 303])
        #expect(toAlice.first?.mucUser?.item?.nick == "Ally")
        #expect(statuses(toAlice.last) == [110])
        let toBob = stanzas.filter { $0["to"] == B.bob }
        #expect(statuses(toBob.first) == [303])
        #expect(toBob.map(\.type) == ["unavailable", nil])
        #expect(b.presence(B.alice, B.muc + "/Bob").first?.condition == .conflict)
    }

    @Test mutating func statusGoesToEverybody() {
        b.join(B.alice, "Alice")
        b.join(B.bob, "Bob")
        let away = [
            XMLElement("show", Namespace.client, text: "away"), XMLElement("status", Namespace.client, text: "tea"),
        ]
        let stanzas = b.presence(B.alice, B.muc + "/Alice", children: away)
        #expect(stanzas.map { $0["to"] } == [B.alice, B.bob])
        #expect(stanzas.allSatisfy { $0.child("show")?.text == "away" && $0.child("status")?.text == "tea" })
        let marks = "e" + String(repeating: "\u{301}", count: 50_000)
        let odd = [
            XMLElement("show", Namespace.client, text: "dancing"), XMLElement("status", Namespace.client, text: marks),
        ]
        for stanza in b.presence(B.alice, B.muc + "/Alice", children: odd) {
            #expect(stanza.child("show") == nil)
            #expect(stanza.child("status").map { $0.text.utf8.count } == 1023)
        }
    }

    @Test mutating func aTextIsReadByAllOnceAndByTheSenderToo() {
        b.join(B.alice, "Alice")
        b.join(B.bob, "Bob")
        let stanzas = b.message(B.alice, B.muc, "groupchat", "hello <&>", id: "x7")
        #expect(
            stanzas.map(\.brief).sorted() == [
                "message groupchat demo@rooms.localhost/Alice > alice@localhost/phone",
                "message groupchat demo@rooms.localhost/Alice > bob@localhost/desk",
            ])
        for stanza in stanzas {
            #expect(stanza.id == "x7")
            #expect(stanza.body == "hello <&>")
            let stamp = stanza.child("stanza-id", Namespace.stanzaIDs)
            #expect(stamp?["by"] == B.muc)
            #expect(stamp?["id"]?.isEmpty == false)
            #expect(stanza.child("delay", Namespace.delay) == nil)
        }
    }

    @Test mutating func whoIsNotInMayNotWrite() {
        b.join(B.alice, "Alice")
        let refused = b.message(B.bob, B.muc, "groupchat", "hello")
        #expect(refused.map(\.brief) == ["message error demo@rooms.localhost > bob@localhost/desk"])
        #expect(refused.first?.condition == .notAcceptable)
        #expect(refused.first?.id == "m1")
    }

    @Test mutating func aPrivateMessageReachesOne() {
        b.join(B.alice, "Alice")
        b.join(B.bob, "Bob")
        let stanzas = b.message(B.alice, B.muc + "/Bob", "chat", "psst", children: [XMLElement("x", Namespace.mucUser)])
        #expect(stanzas.map(\.brief) == ["message chat demo@rooms.localhost/Alice > bob@localhost/desk"])
        #expect(stanzas.first?.body == "psst")
        #expect(stanzas.first?.child("x", Namespace.mucUser) != nil)
        #expect(b.message(B.alice, B.muc + "/Nobody", "chat", "psst").map(\.condition) == [.itemNotFound])
        #expect(b.message(B.alice, B.muc + "/Bob", "groupchat", "psst").map(\.condition) == [.badRequest])
    }

    @Test mutating func aSubjectReachesAllAndGreetsWhoComesLater() {
        b.join(B.alice, "Alice")
        let subject = XMLElement("subject", Namespace.client, text: "plans")
        let stanzas = b.message(B.alice, B.muc, "groupchat", nil, children: [subject])
        #expect(stanzas.map(\.brief) == ["message groupchat demo@rooms.localhost/Alice > alice@localhost/phone"])
        #expect(stanzas.first?.child("subject")?.text == "plans")
        #expect(b.join(B.bob, "Bob").last?.child("subject")?.text == "plans")
        #expect(
            b.message("eve@localhost/x", B.muc, "groupchat", nil, children: [subject]).first?.condition
                == .notAcceptable)
    }

    @Test mutating func sipCallersAreOccupantsWhileTheirCallLasts() {
        b.join(B.alice, "Alice")
        let (leg, stanzas) = b.sipCall("Carol")
        #expect(stanzas.map(\.brief) == ["presence demo@rooms.localhost/Carol > alice@localhost/phone"])
        #expect(stanzas.first?.mucUser?.item == .init(role: .participant))
        #expect(stanzas.first?.child("status")?.text == "in the call (sip:carol@127.0.0.1:5070)")
        let items = b.ask(B.alice, B.muc, "get", [XMLElement("query", Namespace.discoItems)])?.payload
        #expect(items.map { DiscoItem.items($0).compactMap(\.jid.resource) } == ["Alice", "Carol"])
        // Nobody outside of a locked room reads who is in.
        guard let demo = RoomName("demo") else { return }
        b.say(.moderate(SubmissionID(900), demo, by: .administrator, .lock(true)))
        for (jid, count) in [(B.alice, 2), (B.bob, 0)] {
            let told = b.ask(jid, B.muc, "get", [XMLElement("query", Namespace.discoItems)])?.payload
            #expect(told.map { DiscoItem.items($0).count } == count)
        }
        b.say(.moderate(SubmissionID(901), demo, by: .administrator, .lock(false)))
        #expect(
            b.join(B.bob, "Bob").contains { $0.brief == "presence demo@rooms.localhost/Carol > bob@localhost/desk" })
        #expect(b.say(.legSource(leg, 99)).isEmpty)
        let left = b.say(.legEnded(leg, .hangup))
        #expect(left.map(\.type) == ["unavailable", "unavailable"])
        #expect(
            left.allSatisfy {
                $0["from"] == "demo@rooms.localhost/Carol" && $0.mucUser?.item?.role == MUCUser.Role.none
            })
    }

    @Test mutating func whoLeavesTheRoomButStaysInTheCallIsStillThere() throws {
        b.join(B.bob, "Bob")
        b.join("carol@localhost/a", "Carol")
        _ = b.jingleCall("carol@localhost/b")
        let left = b.presence("carol@localhost/a", B.muc + "/Carol", "unavailable")
        #expect(
            left.map(\.brief) == [
                "presence unavailable demo@rooms.localhost/Carol > carol@localhost/a",
                "presence demo@rooms.localhost/Carol > bob@localhost/desk",
            ])
        #expect(left.last?.mucUser?.item?.jid == JID("carol@localhost/b"))
    }

    @Test mutating func partingWordsAreTold() {
        b.join(B.alice, "Alice")
        b.join(B.bob, "Bob")
        let left = b.presence(
            B.bob, B.muc + "/Bob", "unavailable", children: [XMLElement("status", Namespace.client, text: "bye")])
        #expect(left.count == 2)
        #expect(left.allSatisfy { $0.child("status")?.text == "bye" })
    }

    @Test(arguments: ["message", "presence"])
    mutating func aClientThatIsGoneIsOut(_ kind: String) {
        b.join(B.alice, "Alice")
        b.join(B.bob, "Bob")
        func bounce(_ condition: StanzaError.Condition) -> XMLElement {
            XMLElement(kind, Namespace.client, ["from": B.bob, "to": B.muc + "/Alice", "type": "error"]) {
                StanzaError(condition).element
            }
        }
        #expect(b.receive(bounce(.notAcceptable)).isEmpty)
        let stanzas = b.receive(bounce(.recipientUnavailable))
        let toAlice = stanzas.first {
            $0.brief == "presence unavailable demo@rooms.localhost/Bob > alice@localhost/phone"
        }
        #expect(toAlice?.mucUser?.statuses.map(\.code) == [333])
        #expect(b.message(B.alice, B.muc, "groupchat", "alone").count == 1)
        b.join(B.bob, "Bob")
        #expect(b.presence(B.bob, B.muc, "unavailable").first?.mucUser?.statuses == [])
    }

    @Test mutating func aPingToOneselfTellsWhetherOneIsIn() {
        let ping = XMLElement("ping", Namespace.ping)
        #expect(b.ask(B.alice, B.muc + "/Alice", "get", [ping])?.condition == .notAcceptable)
        b.join(B.alice, "Alice")
        b.join(B.bob, "Bob")
        #expect(b.ask(B.alice, B.muc + "/Alice", "get", [ping])?.type == "result")
        #expect(b.ask(B.alice, B.muc + "/Bob", "get", [ping])?.condition == .serviceUnavailable)
        #expect(b.ask(B.alice, B.muc + "/Nobody", "get", [ping])?.condition == .itemNotFound)
    }

    @Test mutating func aRoomTellsItsFeatures() throws {
        func features(_ room: String, _ b: inout B) throws -> [String] {
            let answer = b.ask(B.alice, room, "get", [XMLElement("query", Namespace.discoInfo)])
            let info = try #require(answer?.payload.flatMap { DiscoInfo($0) })
            #expect(info.identities.map { "\($0.category)/\($0.type)" } == ["conference/text"])
            return info.features
        }
        let demo = try features(B.muc, &b)
        for feature in [
            Namespace.muc, "muc_open", "muc_unmoderated", "muc_nonanonymous", "muc_persistent", Namespace.stanzaIDs,
        ] {
            #expect(demo.contains(feature))
        }
        #expect(try features("new@rooms.localhost", &b).contains("muc_temporary"))
    }

    @Test mutating func callsToAMUCAreRefused() {
        let propose = XMLElement("propose", Namespace.jingleMessage, ["id": "s"])
        #expect(b.message(B.alice, B.muc, "chat", nil, children: [propose]).map(\.condition) == [.serviceUnavailable])
    }

    @Test mutating func oneWhoJoinsAgainGetsEverythingAgainAndIsStillOne() {
        b.join(B.alice, "Alice")
        b.join(B.bob, "Bob")
        let again = b.join(B.alice, "Alice")
        #expect(again.filter { $0["to"] == B.alice }.count == 3)
        #expect(b.message(B.bob, B.muc, "groupchat", "x").count == 2)
    }
}

@Suite struct RoomModerationTests {
    typealias B = XMPPBench
    var b = XMPPBench()
    private let room = "fresh@rooms.localhost"

    private func wish(_ nick: String, _ role: String, reason: String? = nil) -> XMLElement {
        XMLElement("query", Namespace.mucAdmin) {
            XMLElement("item", Namespace.mucAdmin, ["nick": nick, "role": role]) {
                reason.map { XMLElement("reason", Namespace.mucAdmin, text: $0) }
            }
        }
    }

    init() {
        b.join(B.alice, "Alice", room: room)
        b.join(B.bob, "Bob", room: room)
    }

    @Test mutating func theFirstOccupantOfARoomMadeOnUseIsAModerator() {
        let own = b.join(B.alice, "Alice", room: room).first { $0["from"] == room + "/Alice" }
        #expect(own?.mucUser?.item?.role == .moderator)
    }

    @Test mutating func aKickIsToldToAllWithItsReason() {
        let stanzas = b.receive(
            .iq(from: JID(B.alice), to: JID(room), type: "set", id: "k") { wish("Bob", "none", reason: "too loud") })
        let gone = stanzas.filter { $0.name == "presence" && $0.type == "unavailable" }
        #expect(Set(gone.compactMap { $0["to"] }) == [B.alice, B.bob])
        #expect(gone.allSatisfy { $0.mucUser?.statuses.contains(.kicked) == true })
        #expect(gone.allSatisfy { $0.mucUser?.item?.role == MUCUser.Role.none })
        #expect(gone.allSatisfy { $0.mucUser?.item?.reason == "too loud" })
        #expect(stanzas.contains { $0.name == "iq" && $0.type == "result" && $0.id == "k" })
    }

    @Test mutating func whoIsNoModeratorMayNotKick() {
        #expect(b.ask(B.bob, room, "set", [wish("Alice", "none")])?.condition == .forbidden)
        #expect(b.ask(B.alice, room, "set", [wish("Zoe", "none")])?.condition == .itemNotFound)
    }

    @Test mutating func voiceIsTakenAndGiven() {
        let taken = b.receive(.iq(from: JID(B.alice), to: JID(room), type: "set", id: "v") { wish("Bob", "visitor") })
        let bob = taken.last { $0["from"] == room + "/Bob" && $0["to"] == B.alice }
        #expect(bob?.mucUser?.item?.role == .visitor)
        #expect(b.ask(B.alice, room, "set", [wish("Bob", "participant")])?.type == "result")
    }
}
