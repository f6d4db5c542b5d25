import Conference
import Primitives
import Testing

@Suite struct MUCTests {
    var world = World()
    let alice = PeerAddress.xmpp("alice@localhost/pc")
    let phone = PeerAddress.xmpp("alice@localhost/phone")
    let bob = PeerAddress.xmpp("bob@localhost/pc")

    @Test mutating func anOccupantComesInAndIsWelcomed() throws {
        let effects = world.enter(alice, nick: "Alice", show: "away", status: "lunch")
        let participant = try #require(world.room()?.participants.first)
        let endpoint = participant.endpoints[0]
        #expect(
            effects == [
                .roomChanged(.demo, [.endpointJoined(participant.id, endpoint.id)]),
                .welcome(.demo, endpoint.id, history: [], subject: nil, created: false),
            ])
        #expect(endpoint.kind == .muc(show: "away", status: "lunch"))
        #expect(participant.address == .xmpp("alice@localhost"))
    }

    @Test mutating func theFirstOccupantOfANewRoomIsToldSo() {
        let effects = world.enter(alice, nick: "Alice", room: .side)
        #expect(effects.records.count == 2)
        #expect(effects.welcome?.created == true)
        #expect(world.enter(bob, nick: "Bob", room: .side).welcome?.created == false)
        world.tell(.mucLeave(.side, occupant: alice, status: nil))
        #expect(world.tell(.mucLeave(.side, occupant: bob, status: nil)).last == .roomEnded(.side))
    }

    @Test mutating func twoClientsOfOnePersonShareANick() {
        world.enter(alice, nick: "Alice")
        #expect(world.enter(phone, nick: "Alice").welcome != nil)
        #expect(world.room()?.participants.map(\.endpoints.count) == [2])
        #expect(world.tell(.mucLeave(.demo, occupant: alice, status: "bye")).changes.count == 1)
        #expect(world.names() == ["Alice"])
    }

    @Test mutating func aNickOfSomebodyElseIsTakenWhateverItsCase() {
        world.enter(alice, nick: "Alice")
        #expect(world.enter(bob, nick: "ALICE").entryRefusal == .nickTaken)
        world.call(from: .sip("100@h"), name: "Phone")
        #expect(world.enter(bob, nick: "phone").entryRefusal == .nickTaken)
        world.enter(bob, nick: "Bob")
        #expect(world.enter(bob, nick: "Alice", isJoin: false).entryRefusal == .nickTaken)
        #expect(world.names() == ["Alice", "Phone", "Bob"])
    }

    @Test(arguments: ["", " ", " Ann", "Ann ", "A\nB", "\u{202E}x", String(repeating: "x", count: 65)])
    mutating func aNickThatWouldNotSurviveIsRefused(nick: String) {
        #expect(world.enter(alice, nick: nick).entryRefusal == .badNick)
        #expect(world.names().isEmpty)
        #expect(world.enter(alice, nick: nick, room: .side).records.isEmpty)
        #expect(world.room(.side) == nil)
    }

    @Test mutating func joiningAgainWelcomesAgain() {
        world.enter(alice, nick: "Alice")
        let again = world.enter(alice, nick: "Alice")
        #expect(again.changes.isEmpty)
        #expect(again.welcome != nil)
        #expect(world.room()?.participants.map(\.endpoints.count) == [1])
    }

    @Test mutating func anotherNickRenamesThePersonEverywhere() throws {
        world.enter(alice, nick: "Alice")
        world.enter(phone, nick: "Alice")
        let id = try #require(world.room()?.participants.first?.id)
        let endpoint = try #require(world.endpoint(of: alice))
        let effects = world.enter(alice, nick: "Ally", isJoin: false)
        #expect(effects == [.roomChanged(.demo, [.renamed(id, from: "Alice"), .endpointChanged(id, endpoint)])])
        #expect(world.names() == ["Ally"])
        #expect(world.enter(alice, nick: "ALLY", isJoin: false).changes.count == 2)
    }

    @Test mutating func aNewStatusIsShownAndTheSameOneIsNot() {
        world.enter(alice, nick: "Alice")
        #expect(world.enter(alice, nick: "Alice", isJoin: false, show: "dnd").changes.count == 1)
        #expect(world.enter(alice, nick: "Alice", isJoin: false, show: "dnd").isEmpty)
    }

    @Test mutating func presenceWithoutJoiningIsRefused() {
        #expect(world.enter(alice, nick: "Alice", isJoin: false).entryRefusal == .notJoined)
        #expect(world.enter(alice, nick: "Alice", room: .side, isJoin: false).entryRefusal == .notJoined)
    }

    @Test mutating func whoCallsAndChatsIsOneParticipantUnderTheNick() throws {
        let leg = world.call(from: phone, to: .xmpp("demo@talk.localhost"), name: "Alice L")
        let id = try #require(world.room()?.participants.first?.id)
        let effects = world.enter(alice, nick: "ally")
        #expect(effects.changes.first == .renamed(id, from: "Alice L"))
        #expect(world.names() == ["ally"])
        #expect(world.room()?.participants.first?.endpoints.count == 2)
        world.tell(.mucLeave(.demo, occupant: alice, status: nil))
        #expect(world.names() == ["ally"])
        world.tell(.legEnded(leg, .hangup))
        #expect(world.names().isEmpty)
    }

    @Test mutating func aCallAfterTheMUCKeepsTheNick() {
        world.enter(alice, nick: "Alice")
        world.call(from: alice, to: .xmpp("demo@talk.localhost"), name: "Somebody")
        #expect(world.names() == ["Alice"])
    }

    @Test mutating func aLeaverLeavesHisLastWords() throws {
        world.enter(alice, nick: "Alice")
        guard
            case .endpointLeft(let who, let endpoint) = world.tell(.mucLeave(.demo, occupant: alice, status: "bye"))
                .changes.first
        else {
            Issue.record("nobody left")
            return
        }
        #expect(who.name == "Alice")
        #expect(endpoint.kind == .muc(show: nil, status: "bye"))
        #expect(world.tell(.mucLeave(.demo, occupant: alice, status: nil)).isEmpty)
        #expect(world.tell(.mucLeave(.side, occupant: alice, status: nil)).isEmpty)
    }

    @Test mutating func aBareJIDThatIsGoneTakesAllItsClientsButNotItsCall() {
        world.enter(alice, nick: "Alice")
        world.enter(phone, nick: "Alice")
        world.call(from: alice, to: .xmpp("demo@talk.localhost"))
        #expect(world.tell(.mucLeave(.demo, occupant: alice.bare, status: nil)).changes.count == 2)
        #expect(world.room()?.participants.map(\.endpoints.count) == [1])
    }

    @Test mutating func aSubjectIsStoredThenShownThenAcknowledged() throws {
        world.enter(alice, nick: "Alice")
        let subject = Subject(text: "Plans", setBy: "Alice")
        let effects = world.tell(.mucSubject(SubmissionID(1), .demo, occupant: alice, subject: "Plans"))
        #expect(
            effects.dropLast() == [
                .store(.subject(.demo, subject)), .subjectChanged(.demo, subject), .roomChanged(.demo, []),
            ])
        guard case .accepted = effects.outcome else {
            Issue.record("not accepted")
            return
        }
        #expect(world.enter(bob, nick: "Bob").welcome?.subject == subject)
        #expect(
            world.tell(.mucSubject(SubmissionID(2), .demo, occupant: phone, subject: "x")).refusal == .notInRoom)
        #expect(
            world.tell(.mucSubject(SubmissionID(3), .side, occupant: phone, subject: "x")).refusal == .noSuchRoom)
    }

    @Test mutating func newcomersReadTheLastPublicMessagesAsManyAsTheyWant() {
        world.enter(alice, nick: "Alice")
        for index in 1...5 { world.say("\(index)", by: alice, via: .muc) }
        world.say("secret", by: alice, via: .muc, to: .named("Alice"))
        #expect(world.enter(bob, nick: "Bob").welcome?.history.map(\.body) == ["3", "4", "5"])
        #expect(world.enter(bob, nick: "Bob", history: 1).welcome?.history.map(\.body) == ["5"])
        #expect(world.enter(bob, nick: "Bob", history: 0).welcome?.history.isEmpty == true)
        #expect(world.enter(bob, nick: "Bob", history: -7).welcome?.history.isEmpty == true)
        #expect(world.enter(bob, nick: "Bob", history: .max).welcome?.history.count == 3)
    }

    @Test mutating func whatWasRestoredGreetsWhoComes() throws {
        world.enter(alice, nick: "Alice")
        world.say("before the crash", by: alice, via: .muc)
        let history = try #require(world.room()?.history)
        var conference = Conference(configuration: World.demo, entropy: .seeded(2))
        conference.restore(
            .side, created: WallTime(milliseconds: 1), subject: Subject(text: "S", setBy: "A"), history: history)
        world.conference = conference
        let welcome = world.enter(bob, nick: "Bob", room: .side).welcome
        #expect(welcome?.history == history)
        #expect(welcome?.subject?.text == "S")
        #expect(welcome?.created == false)
    }
}
