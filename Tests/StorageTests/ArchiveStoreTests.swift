import Conference
import Primitives
import Storage
import Testing

@Suite struct ArchiveStoreTests {
    let scratch: Scratch
    let store: Store
    let demo: RoomName

    init() throws {
        scratch = try Scratch()
        store = try Store(path: scratch.path, retention: 500)
        demo = try #require(RoomName("demo"))
        let side = try #require(RoomName("side"))
        try store.write(.roomCreated(demo, at: WallTime(milliseconds: 0)))
        var records: [Record] = []
        for number in 0..<250 {
            records.append(.message(demo, message(number)))
            records.append(.message(side, message(number, by: "eve")))
        }
        try store.write(records)
    }

    private func message(_ number: Int, by user: String? = nil) -> ChatMessage {
        let user = user ?? (number.isMultiple(of: 2) ? "ann" : "bob")
        return ChatMessage(
            id: "id-\(number)", sender: PeerAddress(.xmpp, user: user, host: "localhost", resource: "pc"),
            senderName: user == "bob" ? "Bob" : user, audience: .everyone, body: "body \(number)",
            clientID: "c\(number)",
            time: WallTime(milliseconds: Int64(number) * 1000))
    }

    private func page(_ change: (inout ArchiveQuery) -> Void) throws -> ArchivePage? {
        var query = ArchiveQuery(room: demo)
        change(&query)
        return try store.archive(query)
    }

    private func numbers(_ page: ArchivePage?) -> [Int] {
        page?.messages.compactMap { Int($0.id.dropFirst(3)) } ?? []
    }

    @Test func pagesGoForwards() throws {
        var read: [Int] = []
        var last: String?
        for (index, isComplete) in [(0, false), (100, false), (200, true)] {
            let page = try page { $0.part = .forwards(after: last) }
            #expect(page?.index == index)
            #expect(page?.count == 250)
            #expect(page?.isComplete == isComplete)
            read += numbers(page)
            last = page?.messages.last?.id
        }
        #expect(read == Array(0..<250))
        #expect(
            try page { $0.part = .forwards(after: last) }
                == ArchivePage(messages: [], index: nil, count: 250, isComplete: true))
    }

    @Test func pagesGoBackwards() throws {
        let last = try page { ($0.part, $0.maximum) = (.backwards(before: nil), 100) }
        #expect(numbers(last) == Array(150..<250))
        #expect(last?.index == 150)
        let first = try page { $0.part = .backwards(before: "id-40") }
        #expect(numbers(first) == Array(0..<40))
        #expect(first?.isComplete == true)
    }

    @Test func whatHasNoBodyIsInTheHistoryUnlessItTakesBackOrIsTakenBack() throws {
        var reaction = message(900)
        (reaction.body, reaction.payload) = ("", "<reactions xmlns='urn:xmpp:reactions:0' id='id-249'/>")
        var retraction = message(901)
        (retraction.body, retraction.payload) = ("", "<retract xmlns='urn:xmpp:message-retract:1' id='id-1'/>")
        try store.write([.message(demo, reaction), .message(demo, retraction)])
        let history = try store.loadRooms(historyLength: 2).first { $0.name == demo }?.history
        #expect(history?.map(\.id) == ["id-249", "id-900"])
        #expect(history?.last?.payload == reaction.payload)
    }

    @Test func pagesAreFoundByNumber() throws {
        let some = try page { ($0.part, $0.maximum) = (.from(240), 7) }
        #expect(numbers(some) == Array(240..<247))
        #expect(some?.index == 240)
        #expect(try page { $0.part = .from(.max) }?.messages.isEmpty == true)
        #expect(try page { $0.maximum = 0 } == ArchivePage(messages: [], index: nil, count: 250, isComplete: false))
        #expect(numbers(try page { $0.maximum = .max }).count == 100)
    }

    @Test func filtersNarrowWhatIsFound() throws {
        let byBob = try page { ($0.author, $0.maximum) = (.name("Bob"), 3) }
        #expect(numbers(byBob) == [1, 3, 5])
        #expect(byBob?.count == 125)
        let address = PeerAddress(.xmpp, user: "ann", host: "localhost")
        #expect(try page { $0.author = .address(address) }?.count == 125)
        let hour = try page {
            $0.start = WallTime(milliseconds: 10_000)
            $0.end = WallTime(milliseconds: 12_000)
        }
        #expect(numbers(hour) == [10, 11, 12])
        #expect(hour?.index == 0)
        #expect(numbers(try page { ($0.afterID, $0.beforeID) = ("id-7", "id-10") }) == [8, 9])
        #expect(numbers(try page { $0.ids = ["id-9", "id-3"] }) == [3, 9])
    }

    @Test func anUnknownMessageIsNoPlaceToBegin() throws {
        #expect(try page { $0.part = .forwards(after: "x") } == nil)
        #expect(try page { $0.part = .backwards(before: "' OR 1") } == nil)
        #expect(try page { $0.ids = ["id-1", "x"] } == nil)
        #expect(try page { $0.beforeID = "x" } == nil)
        var other = ArchiveQuery(room: try #require(RoomName("none")))
        #expect(try store.archive(other) == ArchivePage(messages: [], index: nil, count: 0, isComplete: true))
        other.afterID = "id-1"
        #expect(try store.archive(other) == nil)
    }

    @Test func theBoundsAreTheFirstAndTheLast() throws {
        let (first, last) = try store.archiveBounds(of: demo)
        #expect(first?.id == "id-0" && last?.id == "id-249")
        let none = try store.archiveBounds(of: try #require(RoomName("none")))
        #expect(none.first == nil && none.last == nil)
    }

    @Test func aTombstoneTakesAMessagesPlaceIfItIsTheAuthors() throws {
        let ann = PeerAddress(.xmpp, user: "ann", host: "localhost")
        let stone = Retraction(messageID: "id-1", tombstone: "<retracted/>")
        try store.write(.retraction(demo, stone, author: ann))
        #expect(try page { $0.ids = ["id-1"] }?.messages.first?.body == "body 1")
        try store.write(.retraction(demo, stone, author: nil))
        let buried = try page { $0.ids = ["id-1"] }?.messages.first
        #expect(buried?.body == "" && buried?.payload == "<retracted/>")
        #expect(buried?.senderName == "Bob")
        let tombstone = "<retracted xmlns='urn:xmpp:message-retract:1'/>"
        try store.write(.retraction(demo, Retraction(messageID: "id-248", tombstone: tombstone), author: ann))
        // Who comes after a restart is not greeted with what was taken back.
        #expect(try store.loadRooms(historyLength: 2).first?.history.map(\.id) == ["id-247", "id-249"])
    }

    @Test func settingsAndAffiliationsAreReadBack() throws {
        var settings = RoomSettings()
        settings.title = "Ours '; DROP TABLE room"
        settings.isPersistent = true
        settings.isMembersOnly = true
        settings.isArchived = false
        settings.pin = Redacted("0042")
        settings.maximumParticipants = 7
        let owner = Affiliate(address: PeerAddress(.xmpp, user: "ann", host: "localhost"), affiliation: .owner)
        let outcast = Affiliate(
            address: PeerAddress(.sip, user: "100", host: "h:5070"), affiliation: .outcast, reason: "spam")
        try store.write([
            .settings(demo, settings), .affiliation(demo, owner), .affiliation(demo, outcast),
            .affiliation(demo, Affiliate(address: owner.address, affiliation: .admin)),
            .affiliation(demo, owner),
        ])
        var room = try #require(try store.loadRooms(historyLength: 0).first { $0.name == demo })
        #expect(room.settings == settings)
        #expect(Set(room.affiliates) == [owner, outcast])
        try store.write(.affiliation(demo, Affiliate(address: outcast.address, affiliation: .none)))
        room = try #require(try store.loadRooms(historyLength: 0).first { $0.name == demo })
        #expect(room.affiliates == [owner])
        try store.write([.roomRemoved(demo), .roomCreated(demo, at: WallTime(milliseconds: 5))])
        room = try #require(try store.loadRooms(historyLength: 0).first { $0.name == demo })
        #expect(room.settings == RoomSettings() && room.affiliates.isEmpty)
        #expect(try store.archiveBounds(of: demo).first == nil)
    }

    @Test func aSecretIsMadeOnce() throws {
        #expect(try store.secret("a") { [1, 2, 255] } == [1, 2, 255])
        #expect(try store.secret("a") { [9] } == [1, 2, 255])
        #expect(try Store(path: scratch.path).secret("a") { [9] } == [1, 2, 255])
        #expect(try store.secret("b") { [9] } == [9])
    }
}
