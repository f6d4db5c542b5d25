import Conference
import ConferenceInfo
import MediaDescription
import Primitives
import Testing

/// Many watchers of one room, on a virtual clock.
@Suite struct ConferenceInfoPublisherTests {
    typealias Publisher = ConferenceInfoPublisher<Int>
    let ann = PeerAddress(.sip, user: "ann", host: "h")

    private func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    @Test func theFirstChangeIsToldAtOnceAndTheRestTogether() {
        var world = InfoWorld()
        var publisher = Publisher(interval: .milliseconds(200))
        publisher.add(1, entity: "sip:demo@h")
        #expect(publisher.full(for: 1, world.room, at: at(0))?.document.version == 1)
        world.call(ann)
        publisher.changed(at: at(1000))
        let first = publisher.due(world.room, at: at(1000))
        #expect(first.map(\.notice.document.version) == [2])
        for index in 0..<5 {
            world.call(PeerAddress(.sip, user: "p\(index)", host: "h"))
            publisher.changed(at: at(1010 + Int64(index)))
            #expect(publisher.due(world.room, at: at(1010 + Int64(index))).isEmpty)
        }
        #expect(publisher.nextWake == at(1200))
        let second = publisher.due(world.room, at: at(1200))
        #expect(second.map(\.notice.document.version) == [3])
        #expect(second.first?.notice.document.users.count == 5)
        #expect(publisher.nextWake == nil)
    }

    @Test func whatCameAndWentWithinOneIntervalIsNotToldAndNothingIsWokenFor() {
        var world = InfoWorld()
        var publisher = Publisher(interval: .milliseconds(200))
        publisher.add(1, entity: "sip:demo@h")
        _ = publisher.full(for: 1, world.room, at: at(0))
        let leg = world.call(ann)
        publisher.changed(at: at(10))
        world.hangUp(leg)
        publisher.changed(at: at(20))
        #expect(publisher.due(world.room, at: at(20)).isEmpty)
        #expect(publisher.due(world.room, at: at(200)).isEmpty)
        #expect(publisher.nextWake == nil)
    }

    @Test func aWatcherMayWantToHearLessOftenThanTheOthers() {
        var world = InfoWorld()
        var publisher = Publisher(interval: .milliseconds(200))
        publisher.add(1, entity: "sip:demo@h")
        publisher.add(2, entity: "sip:demo@h", interval: .seconds(5))
        for watcher in 1...2 { _ = publisher.full(for: watcher, world.room, at: at(0)) }
        var told: [Int: [Int64]] = [:]
        for step in Int64(1)...120 {
            let now = at(step * 100)
            if step <= 80 {
                world.call(PeerAddress(.sip, user: "p\(step)", host: "h"))
                publisher.changed(at: now)
            }
            for (watcher, _) in publisher.due(world.room, at: now) { told[watcher, default: []].append(step * 100) }
        }
        #expect(told[1]?.count ?? 0 >= 38)
        #expect(zip(told[1] ?? [], (told[1] ?? []).dropFirst()).allSatisfy { $1 - $0 >= 200 })
        #expect(told[2]?.count == 2)
        #expect(told[2]?.first ?? 0 >= 5000)
        #expect(publisher.nextWake == nil)
    }

    @Test func whoHasYetToAnswerIsToldTheLastStateAfterwards() {
        var world = InfoWorld()
        var publisher = Publisher(interval: .milliseconds(200), awaitsAnswers: true)
        publisher.add(1, entity: "sip:demo@h")
        _ = publisher.full(for: 1, world.room, at: at(0))
        for second in Int64(1)...3 {
            world.call(PeerAddress(.sip, user: "p\(second)", host: "h"))
            publisher.changed(at: at(second * 1000))
            #expect(publisher.due(world.room, at: at(second * 1000)).isEmpty)
        }
        let notice = publisher.answered(1, at: at(3500))
        #expect(notice?.document.users.count == 3)
        #expect(notice?.document.version == 2)
        #expect(publisher.answered(1, at: at(3600)) == nil)
    }

    @Test func whoAreToldTheSameAreToldItWithTheirOwnVersionAndAddress() {
        var world = InfoWorld()
        var publisher = Publisher(interval: .zero)
        for watcher in 1...3 {
            publisher.add(watcher, entity: "sip:demo@h\(watcher)")
            for _ in 0..<watcher { _ = publisher.full(for: watcher, world.room, at: at(0)) }
        }
        world.call(ann)
        publisher.changed(at: at(10))
        let notices = publisher.due(world.room, at: at(10)).sorted { $0.watcher < $1.watcher }.map(\.notice)
        #expect(notices.map(\.document.version) == [2, 3, 4])
        for (index, notice) in notices.enumerated() {
            #expect(notice.xml == notice.document.xml())
            #expect(notice.xml.contains("entity=\"sip:demo@h\(index + 1)\""))
        }
    }

    @Test func whoIsRemovedOrAtTheEndIsToldNoMore() {
        var world = InfoWorld()
        var publisher = Publisher(interval: .milliseconds(200))
        for watcher in 1...2 {
            publisher.add(watcher, entity: "sip:demo@h", interval: .seconds(9))
            _ = publisher.full(for: watcher, world.room, at: at(0))
        }
        world.call(ann)
        publisher.changed(at: at(10))
        #expect(publisher.due(world.room, at: at(10)).isEmpty)
        publisher.remove(1)
        let last = publisher.deleted(for: 2)
        #expect(last?.document.state == .deleted)
        #expect(last?.xml.hasSuffix("state=\"deleted\" version=\"2\"/>") == true)
        #expect(publisher.isEmpty)
        #expect(publisher.due(world.room, at: at(9000)).isEmpty)
        #expect(publisher.nextWake == nil)
        #expect(publisher.deleted(for: 2) == nil)
    }

    /// However slow a watcher is and whatever it misses, in the end it knows what there is to know.
    @Test(arguments: 0..<30)
    func nobodyEverLosesTheLastState(seed: UInt64) throws {
        var random = SplitMix64(seed)
        var world = InfoWorld()
        var publisher = Publisher(interval: .milliseconds(200), awaitsAnswers: true)
        var subscribers = [Subscriber](repeating: Subscriber(), count: 6)
        var unanswered: [(watcher: Int, due: Int64)] = []
        var last = [Int64](repeating: -1_000_000, count: 6)
        let intervals: [Int64] = [200, 200, 1000, 3000, 200, 700]
        for watcher in subscribers.indices {
            publisher.add(watcher, entity: "sip:demo@h", interval: .milliseconds(intervals[watcher]))
        }
        var now: Int64 = 0
        func tell(_ watcher: Int, _ notice: ConferenceInfoNotice, asked: Bool = false) throws {
            try subscribers[watcher].apply(notice.document.element())
            if !asked { #expect(now - last[watcher] >= intervals[watcher]) }
            last[watcher] = now
            unanswered.append((watcher, now + Int64.random(in: 0..<2000, using: &random)))
        }
        for watcher in subscribers.indices {
            let full = publisher.full(for: watcher, world.room, at: at(0))
            try tell(watcher, try #require(full), asked: true)
        }
        let people = (0..<6).map { "p\($0)" }
        while now < 60_000 {
            now += Int64.random(in: 0..<120, using: &random)
            if now < 40_000 {
                switch Int.random(in: 0..<6, using: &random) {
                case 0...1: world.call(PeerAddress(.sip, user: random.pick(people), host: "localhost"))
                case 2: world.call(PeerAddress(.sip, user: "anonymous", host: "h"))
                case 3: if !world.legs.isEmpty { world.hangUp(random.pick(world.legs)) }
                case 4:
                    if !world.legs.isEmpty {
                        world.tell(.legDirection(random.pick(world.legs), random.pick(StreamDirection.allCases)))
                    }
                default:
                    world.enter(
                        PeerAddress(.xmpp, user: random.pick(people), host: "localhost", resource: "x"),
                        nick: random.pick(["N1", "N2", "N3"]))
                }
                publisher.changed(at: at(now))
            }
            for (watcher, notice) in publisher.due(world.room, at: at(now)) { try tell(watcher, notice) }
            while let index = unanswered.firstIndex(where: { $0.due <= now }) {
                let watcher = unanswered.remove(at: index).watcher
                if let notice = publisher.answered(watcher, at: at(now)) { try tell(watcher, notice) }
            }
        }
        #expect(publisher.nextWake == nil)
        let truth = try Subscriber.knowing(ConferenceInfoDocument(world.room, entity: "sip:demo@h"))
        for subscriber in subscribers { #expect(subscriber.knowsTheSame(as: truth)) }
    }

    /// Two hundred watchers and fifty joins and leaves: the text is made once for all of them.
    @Test func twoHundredWatchersCostLittle() {
        var world = InfoWorld()
        var publisher = Publisher(interval: .milliseconds(200))
        for watcher in 0..<200 {
            publisher.add(watcher, entity: "sip:demo@h")
            _ = publisher.full(for: watcher, world.room, at: at(0))
        }
        var (documents, bytes) = (0, 0)
        let clock = ContinuousClock()
        let time = clock.measure {
            for step in Int64(1)...100 {
                if step <= 50 {
                    world.call(PeerAddress(.sip, user: "p\(step)", host: "h"))
                } else {
                    world.hangUp(world.legs[0])
                }
                publisher.changed(at: at(step * 200))
                for (_, notice) in publisher.due(world.room, at: at(step * 200)) {
                    documents += 1
                    bytes += notice.xml.utf8.count
                }
            }
        }
        #expect(documents == 200 * 100)
        #expect(time < .seconds(20), "\(documents) documents of \(bytes / documents) bytes in \(time)")
        print("\(documents) documents of \(bytes / documents) bytes in \(time)")
    }
}
