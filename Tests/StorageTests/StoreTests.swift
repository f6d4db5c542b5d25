import Conference
import Foundation
import Primitives
import Storage
import Testing

/// A directory of its own for each test, gone with it.
final class Scratch {
    let directory: URL
    var path: String { directory.appending(path: "confab.sqlite").path() }

    init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "confab-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: directory) }
}

@Suite struct StoreTests {
    let scratch: Scratch
    let demo: RoomName
    let side: RoomName

    init() throws {
        scratch = try Scratch()
        demo = try #require(RoomName("demo"))
        side = try #require(RoomName("side"))
    }

    private func message(_ number: Int, to audience: ChatMessage.Audience = .everyone) -> ChatMessage {
        ChatMessage(
            id: "id-\(number)", sender: PeerAddress(.xmpp, user: "a", host: "localhost", resource: "pc"),
            senderName: "Ann ' \" é", audience: audience, body: "body \(number)\n'; DROP TABLE room; --",
            clientID: number.isMultiple(of: 2) ? "c\(number)" : nil,
            time: WallTime(milliseconds: Int64(number)))
    }

    @Test func whatWasWrittenIsReadBack() throws {
        let store = try Store(path: scratch.path)
        let phone = ChatMessage(
            id: "p", sender: PeerAddress(.sip, user: "100", host: "127.0.0.1:5080"), senderName: "100",
            audience: .everyone, body: "x", clientID: nil, time: WallTime(milliseconds: 9))
        try store.write(.roomCreated(side, at: WallTime(milliseconds: 2)))
        try store.write(.roomCreated(demo, at: WallTime(milliseconds: 1)))
        try store.write(.subject(demo, Subject(text: "S", setBy: "Ann")))
        try store.write([.message(demo, message(1)), .message(demo, message(2)), .message(demo, phone)])
        #expect(
            try store.loadRooms(historyLength: 20) == [
                StoredRoom(
                    name: demo, created: WallTime(milliseconds: 1), subject: Subject(text: "S", setBy: "Ann"),
                    history: [message(1), message(2), phone]),
                StoredRoom(name: side, created: WallTime(milliseconds: 2), subject: nil, history: []),
            ])
    }

    @Test func nothingIsLostWhenTheHandleIsAbandoned() throws {
        let abandoned = try Store(path: scratch.path)
        try abandoned.write(.roomCreated(demo, at: WallTime(milliseconds: 1)))
        for number in 0..<100 { try abandoned.write(.message(demo, message(number))) }
        // As after a kill: the log was never folded in, and the first handle still holds the file.
        let reopened = try Store(path: scratch.path)
        #expect(try reopened.loadRooms(historyLength: 1000).first?.history == (0..<100).map { message($0) })
        withExtendedLifetime(abandoned) {}
    }

    @Test func aCopyOfTheFilesAsAKillLeavesThemHoldsEverything() throws {
        let store = try Store(path: scratch.path)
        for number in 0..<50 { try store.write(.message(demo, message(number))) }
        let copy = try Scratch()
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: scratch.path + suffix, toPath: copy.path + suffix)
        }
        #expect(try Store(path: copy.path).loadRooms(historyLength: 50).first?.history.count == 50)
        withExtendedLifetime(store) {}
    }

    @Test func aRoomThatIsGoneTakesItsHistoryAlong() throws {
        let store = try Store(path: scratch.path)
        try store.write(.roomCreated(demo, at: WallTime(milliseconds: 1)))
        try store.write(.message(demo, message(1)))
        try store.write(.roomRemoved(demo))
        #expect(try store.loadRooms(historyLength: 20).isEmpty)
        try store.write(.roomCreated(demo, at: WallTime(milliseconds: 2)))
        #expect(try store.loadRooms(historyLength: 20).first?.history.isEmpty == true)
    }

    @Test func onlyTheLastMessagesOfEachRoomAreKept() throws {
        let store = try Store(path: scratch.path, retention: 10)
        for number in 0..<25 { try store.write(.message(demo, message(number))) }
        for number in 0..<5 { try store.write(.message(side, message(number))) }
        let rooms = try store.loadRooms(historyLength: 1000)
        #expect(rooms.map { $0.history.map(\.id) } == [(15..<25).map { "id-\($0)" }, (0..<5).map { "id-\($0)" }])
        #expect(
            try store.loadRooms(historyLength: 2).map { $0.history.map(\.id) } == [
                ["id-23", "id-24"], ["id-3", "id-4"],
            ])
        #expect(try store.loadRooms(historyLength: 0).allSatisfy { $0.history.isEmpty })
        #expect(try store.loadRooms(historyLength: -1).allSatisfy { $0.history.isEmpty })
    }

    @Test func aMessageThatIsWrittenTwiceIsThereOnce() throws {
        let store = try Store(path: scratch.path)
        try store.write([.message(demo, message(1)), .message(demo, message(1))])
        #expect(try store.loadRooms(historyLength: 20).first?.history.count == 1)
    }

    @Test func aPrivateMessageNeverGreetsAnyone() throws {
        let store = try Store(path: scratch.path)
        try store.write([.message(demo, message(1, to: .one("Bob"))), .message(demo, message(2))])
        #expect(try store.loadRooms(historyLength: 20).first?.history == [message(2)])
    }

    @Test func subscriptionsAreKeptChangedAndForgotten() throws {
        let store = try Store(path: scratch.path)
        try store.setSubscription(room: "demo@talk", contact: "a@h", state: .from)
        try store.setSubscription(room: "demo@talk", contact: "a@h", state: .both)
        try store.setSubscription(room: "demo@talk", contact: "b@h", state: .to)
        try store.setSubscription(room: "100@sip", contact: "b@h", state: .from)
        try store.setSubscription(room: "demo@talk", contact: "b@h", state: .none)
        try store.setSubscription(room: "demo@talk", contact: "never@h", state: .none)
        try store.close()
        #expect(
            try Store(path: scratch.path).subscriptions() == [
                PresenceSubscription(room: "100@sip", contact: "b@h", state: .from),
                PresenceSubscription(room: "demo@talk", contact: "a@h", state: .both),
            ])
    }

    @Test func aFileThatIsNoDatabaseIsNamedAndLeftAlone() throws {
        let garbage = Data((0..<8192).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        try garbage.write(to: URL(filePath: scratch.path))
        let error = #expect(throws: StoreError.self) { try Store(path: scratch.path) }
        #expect(error?.code == .corrupt)
        #expect(error?.description.contains(scratch.path) == true)
        #expect(try Data(contentsOf: URL(filePath: scratch.path)) == garbage)
    }

    @Test func aDamagedDatabaseIsAnErrorAndNotACrash() throws {
        let store = try Store(path: scratch.path)
        for number in 0..<200 { try store.write(.message(demo, message(number))) }
        try store.close()
        var bytes = try Data(contentsOf: URL(filePath: scratch.path))
        let length = bytes.count
        for offset in stride(from: 4096, to: length, by: 7) { bytes[offset] = 0xa5 }
        try bytes.write(to: URL(filePath: scratch.path))
        let error = #expect(throws: StoreError.self) {
            try Store(path: scratch.path).loadRooms(historyLength: 1000)
        }
        #expect(error?.code == .corrupt)
    }

    @Test func aPlaceThatCannotBeWrittenIsNamed() {
        let error = #expect(throws: StoreError.self) { try Store(path: scratch.directory.path() + "/no/such/file") }
        #expect(error?.code == .cannotOpen)
    }

    @Test func writingAfterClosingIsAnError() throws {
        let store = try Store(path: scratch.path)
        try store.close()
        #expect(throws: StoreError.self) { try store.write(.roomRemoved(demo)) }
    }

    @Test func theDomainComesBackAsItWas() throws {
        let configuration = ConferenceConfiguration(
            talkDomain: "talk", roomsDomain: "rooms", gatewayDomain: "sip", rooms: [demo], historyLength: 5)
        let store = try Store(path: scratch.path)
        var before = Conference(configuration: configuration, entropy: .system)
        let alice = PeerAddress(.xmpp, user: "alice", host: "localhost", resource: "pc")
        var commands: [Command] = [.mucEnter(MUCEntry(room: side, occupant: alice, nick: "Alice", isJoin: true))]
        for number in 0..<8 {
            commands.append(
                .submit(
                    Submission(
                        id: SubmissionID(1), room: side, sender: alice, via: .muc, audience: .everyone,
                        body: "text \(number)")))
        }
        commands.append(.mucSubject(SubmissionID(2), side, occupant: alice, subject: "Plans"))
        for command in commands {
            for case .store(let record) in before.handle(command, at: .zero, wall: WallTime(milliseconds: 7)) {
                try store.write(record)
            }
        }
        var after = Conference(configuration: configuration, entropy: .system)
        for room in try Store(path: scratch.path).loadRooms(historyLength: configuration.historyLength) {
            after.restore(room.name, created: room.created, subject: room.subject, history: room.history)
        }
        #expect(after.open(at: WallTime(milliseconds: 8)).isEmpty)
        #expect(after.rooms.map(\.name) == [demo, side])
        #expect(after.room(side)?.history == before.room(side)?.history)
        #expect(after.room(side)?.subject?.text == "Plans")
    }
}
