import Conference
import ConferenceInfo
import MediaDescription
import Primitives
import Testing

@Suite struct ConferenceInfoDeltaTests {
    let entity = "sip:demo@talk.localhost"
    let ann = PeerAddress(.sip, user: "ann", host: "h")
    let bob = PeerAddress(.xmpp, user: "bob", host: "localhost", resource: "pc")

    @Test func theFirstDocumentIsFullAndOfVersionOne() {
        var publisher = OneWatcher(entity: entity)
        let first = publisher.update(InfoWorld().room)
        #expect(first?.state == .full)
        #expect(first?.version == 1)
    }

    @Test func nothingIsSaidWhenNothingChanged() {
        var world = InfoWorld()
        world.call(ann)
        var publisher = OneWatcher(entity: entity)
        _ = publisher.update(world.room)
        #expect(publisher.update(world.room) == nil)
        #expect(publisher.version == 1)
    }

    @Test func aNewcomerAloneIsToldOf() {
        var world = InfoWorld()
        world.call(ann)
        var publisher = OneWatcher(entity: entity)
        _ = publisher.update(world.room)
        world.enter(bob, nick: "Bob")
        let partial = publisher.update(world.room)
        #expect(partial?.state == .partial)
        #expect(partial?.version == 2)
        #expect(partial?.description == nil)
        #expect(partial?.conferenceState?.userCount == 2)
        #expect(partial?.users.map(\.entity) == ["xmpp:bob@localhost"])
        #expect(partial?.users.map(\.state) == [.full])
    }

    @Test func aLeaverIsDeleted() {
        var world = InfoWorld()
        let leg = world.call(ann)
        world.enter(bob, nick: "Bob")
        var publisher = OneWatcher(entity: entity)
        _ = publisher.update(world.room)
        world.hangUp(leg)
        let users = publisher.update(world.room)?.users
        #expect(users?.map(\.state) == [.deleted])
        #expect(users?.map(\.entity) == ["sip:ann@h"])
        #expect(users?.first?.element.children.isEmpty == true)
    }

    @Test func aRefreshTellsEverythingAgainOneVersionOn() {
        var world = InfoWorld()
        var publisher = OneWatcher(entity: entity)
        _ = publisher.update(world.room)
        world.call(ann)
        let full = publisher.full(world.room)
        #expect(full?.state == .full)
        #expect(full?.version == 2)
        #expect(publisher.update(world.room) == nil)
    }

    @Test func theEndIsTold() {
        var publisher = OneWatcher(entity: entity)
        _ = publisher.update(InfoWorld().room)
        let last = publisher.deleted()
        #expect(last?.state == .deleted)
        #expect(last?.version == 2)
        #expect(last?.element().children.isEmpty == true)
    }

    /// Whoever applies what it is told, in order, always knows what there is to know.
    @Test(arguments: 0..<40)
    func aSubscriberWhoAppliesPartialsKnowsTheFullState(seed: UInt64) throws {
        var random = SplitMix64(seed)
        var world = InfoWorld()
        let scheme: InfoUser.Scheme = seed.isMultiple(of: 2) ? .native : .sip
        var publisher = OneWatcher(entity: entity, scheme: scheme)
        var subscriber = Subscriber()
        let people = (0..<4).map { "p\($0)" }
        for _ in 0..<200 {
            switch Int.random(in: 0..<9, using: &random) {
            case 0: world.call(PeerAddress(.sip, user: random.pick(people), host: "localhost"))
            case 1: world.call(PeerAddress(.xmpp, user: random.pick(people), host: "localhost", resource: "x"))
            case 2: world.call(PeerAddress(.sip, user: "anonymous", host: "h"))
            case 3...4: if !world.legs.isEmpty { world.hangUp(random.pick(world.legs)) }
            case 5:
                if !world.legs.isEmpty {
                    world.tell(.legDirection(random.pick(world.legs), random.pick(StreamDirection.allCases)))
                }
            case 6:
                world.enter(
                    PeerAddress(
                        .xmpp, user: random.pick(people), host: "localhost", resource: random.pick(["x", "y"])),
                    nick: random.pick(["N1", "N2", "N3"]))
            case 7: if !world.occupants.isEmpty { world.leave(random.pick(world.occupants)) }
            default:
                if !world.occupants.isEmpty { world.subject(random.pick(["", "S"]), by: random.pick(world.occupants)) }
            }
            if Int.random(in: 0..<3, using: &random) == 0 { continue }
            if Int.random(in: 0..<20, using: &random) == 0 {
                let full = publisher.full(world.room)
                try subscriber.apply(try #require(full).element())
            } else if let document = publisher.update(world.room) {
                try subscriber.apply(document.element())
            }
            let truth = ConferenceInfoDocument(world.room, entity: entity, in: .init(scheme: scheme))
            #expect(Set(truth.users.map(\.entity)).count == truth.users.count)
            #expect(subscriber.knowsTheSame(as: try Subscriber.knowing(truth)))
        }
    }
}
