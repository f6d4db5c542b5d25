import Conference
import Primitives
import Testing

@Suite struct RecordingTests {
    private var world: World
    private let alice: LegID
    private let bob: LegID
    private let bobAddress = PeerAddress.sip("200@127.0.0.1")

    init() {
        var configuration = ConferenceConfiguration.demo(.moderated)
        configuration.records = true
        world = World(configuration)
        alice = world.callAlice()
        bob = world.call(from: bobAddress, name: "Bob")
    }

    /// Alice begins a recording, and there is a file.
    @discardableResult
    private mutating func begin() throws -> (id: RecordingID, effects: [Effect]) {
        let asked = world.say("/record", by: World.alice, via: .talk)
        #expect(asked.reply == "The recording begins.")
        let id = try #require(asked.started)
        return (id, world.tell(.recordingBegan(id)))
    }

    @Test mutating func aModeratorRecordsAndEverybodyIsTold() throws {
        let asked = world.say("/record", by: World.alice, via: .talk)
        let id = try #require(asked.started)
        #expect(asked.playedToAll.isEmpty && asked.notices.isEmpty)
        #expect(world.room()?.recording?.since == nil)
        let told = world.tell(.recordingBegan(id))
        #expect(told.playedToAll == [.recordingStarted])
        #expect(told.notices == Array(repeating: "This room is being recorded, started by Alice.", count: 2))
        #expect(world.room()?.recording?.since != nil)
        let roster = world.say("/roster", by: bobAddress, via: .sip, leg: bob).reply
        #expect(roster?.contains("This room is being recorded.") == true)

        let ended = world.say("/record stop", by: World.alice, via: .talk)
        #expect(ended.stopped == [id] && ended.playedToAll == [.recordingStopped])
        #expect(ended.notices == Array(repeating: "The recording has ended, ended by Alice.", count: 2))
        #expect(world.room()?.recording == nil)
        #expect(world.say("/record stop", by: World.alice, via: .talk).reply == "Nothing is recorded.")
    }

    @Test mutating func aKeyBeginsAndEndsARecording() throws {
        let id = try #require(world.press("*8", on: alice).started)
        world.tell(.recordingBegan(id))
        #expect(world.press("*8", on: alice).stopped == [id])
    }

    @Test mutating func onlyModeratorsRecord() throws {
        let refused = world.say("/record", by: bobAddress, via: .sip, leg: bob)
        #expect(refused.reply == "Only moderators may do that." && refused.started == nil)
        #expect(world.press("*8", on: bob).isEmpty)
        try begin()
        #expect(world.say("/record stop", by: bobAddress, via: .sip, leg: bob).stopped.isEmpty)
        #expect(world.room()?.recording != nil)
        let help = world.say("/help", by: bobAddress, via: .sip, leg: bob).reply
        #expect(help?.contains("/record") == false)
        #expect(world.say("/help", by: World.alice, via: .talk).reply?.contains("/record stop") == true)
    }

    @Test mutating func moderatorsOfTheMUCAreModeratorsToo() throws {
        let laptop = PeerAddress.xmpp("alice@localhost/laptop")
        world.enter(laptop, nick: "Alice")
        let id = try #require(world.say("/record", by: laptop, via: .muc).started)
        #expect(world.tell(.recordingBegan(id)).notices.count == 2)
    }

    @Test mutating func thereIsOneRecordingAtATime() throws {
        try begin()
        let again = world.say("/record", by: World.alice, via: .talk)
        #expect(again.started == nil && again.reply == "The room is being recorded.")
    }

    @Test mutating func withoutAFolderThereAreNoRecordings() {
        var bare = World(.demo(.moderated))
        let leg = bare.callAlice()
        let refused = bare.say("/record", by: World.alice, via: .talk)
        #expect(refused.reply == "Recording is not possible: the server has no folder for recordings.")
        let pressed = bare.press("*8", on: leg)
        #expect(pressed.played(to: leg) == [.cannotRecord] && pressed.started == nil)
    }

    @Test mutating func whatCannotBeginIsToldAndIsNoRecording() throws {
        let id = try #require(world.say("/record", by: World.alice, via: .talk).started)
        let failed = world.tell(.recordingEnded(id, .failed("Permission denied")))
        #expect(failed.playedToAll == [.cannotRecord])
        #expect(failed.notices.first == "Recording is not possible: Permission denied.")
        #expect(world.room()?.recording == nil)
        #expect(world.tell(.recordingBegan(id)).isEmpty)
        #expect(world.say("/record", by: World.alice, via: .talk).started != nil)
    }

    @Test mutating func aFullDiskEndsTheRecordingAndNotTheCall() throws {
        let id = try begin().id
        let ended = world.tell(.recordingEnded(id, .noSpace))
        #expect(ended.playedToAll == [.recordingStopped])
        #expect(ended.notices.first == "The recording has ended: no space is left.")
        #expect(ended.end(of: alice) == nil && world.names() == ["Alice", "Bob"])
        #expect(world.tell(.recordingEnded(id, .noSpace)).isEmpty)
    }

    @Test mutating func whoComesLaterIsToldByEveryWay() throws {
        try begin()
        let leg = world.newLeg()
        _ = world.offer(leg, from: .sip("300@h"), name: "Carol")
        let joined = world.tell(.legAnswered(leg))
        #expect(joined.played(to: leg) == [.beingRecorded])
        #expect(joined.notices == ["This room is being recorded."])
        let entered = world.enter(.xmpp("dave@localhost/pc"), nick: "Dave")
        #expect(entered.notices == ["This room is being recorded."])
        // After the history and the subject (XEP-0045 section 7.1).
        let places = entered.indices.filter {
            if case .welcome = entered[$0] { true } else if case .deliver = entered[$0] { true } else { false }
        }
        #expect(places.count == 2)
        if let first = places.first, case .welcome = entered[first] {} else { Issue.record("no welcome first") }
    }

    @Test mutating func whoComesLaterAndReadsNothingIsToldInWords() throws {
        try begin()
        let leg = world.newLeg()
        _ = world.offer(leg, from: .sip("300@h"), takesText: false)
        let joined = world.tell(.legAnswered(leg))
        #expect(joined.played(to: leg) == [.beingRecorded] && joined.notices.isEmpty)
    }

    @Test mutating func theLastCallEndsTheRecording() throws {
        let id = try begin().id
        world.enter(.xmpp("dave@localhost/pc"), nick: "Dave")
        #expect(world.tell(.legEnded(bob, .hangup)).stopped.isEmpty)
        #expect(world.tell(.legEnded(alice, .hangup)).stopped == [id])
        #expect(world.room()?.recording == nil)
    }

    @Test mutating func whoIsPutOutLastEndsTheRecordingToo() throws {
        let id = try begin().id
        world.tell(.legEnded(alice, .hangup))
        let out = world.tell(.moderate(SubmissionID(77), .demo, by: .administrator, .expel(.all, reason: nil)))
        #expect(out.stopped == [id])
    }

    @Test mutating func aRoomWithoutACallCannotBeRecorded() {
        var bare = World(world.conference.configuration)
        let laptop = PeerAddress.xmpp("alice@localhost/laptop")
        bare.enter(laptop, nick: "Alice")
        #expect(bare.say("/record", by: laptop, via: .muc).reply == "Nobody is in the call.")
    }
}

extension [Effect] {
    var started: RecordingID? {
        for case .startRecording(let id, _, _) in self { return id }
        return nil
    }
    var stopped: [RecordingID] {
        compactMap { if case .stopRecording(let id) = $0 { id } else { nil } }
    }
}
