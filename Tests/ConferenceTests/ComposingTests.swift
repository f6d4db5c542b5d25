import Conference
import Primitives
import Testing

/// Who is told that somebody writes, and until when: Ann and Bea by phone, Cem in the MUC.
@Suite struct ComposingTests {
    var world = World()
    let ann = PeerAddress.sip("ann@10.0.0.1")
    let cem = PeerAddress.xmpp("cem@localhost/pc")
    let annLeg: LegID
    let annPhone: EndpointID
    let beaPhone: EndpointID
    let cemPC: EndpointID

    init() throws {
        annLeg = world.call(from: ann, name: "Ann")
        let beaLeg = world.call(from: .sip("bea@10.0.0.2"), name: "Bea")
        world.enter(cem, nick: "Cem")
        annPhone = try #require(world.endpoint(of: annLeg))
        beaPhone = try #require(world.endpoint(of: beaLeg))
        cemPC = try #require(world.endpoint(of: cem))
    }

    private mutating func annWrites(
        _ isActive: Bool, to audience: Submission.Audience = .everyone, lasts: Duration = .seconds(120)
    ) -> [Effect] {
        world.tell(
            .composing(
                Composing(
                    room: .demo, writer: ann, leg: annLeg, via: .sip, audience: audience, isActive: isActive,
                    lasts: lasts)))
    }

    @Test mutating func theOthersAreToldOnceThatSomebodyWritesAndThatItHasStopped() {
        let told = annWrites(true).composing
        #expect(told.map(\.endpoint) == [beaPhone, cemPC])
        #expect(told.allSatisfy { $0.notice.writer == "Ann" && $0.notice.isActive && $0.notice.audience == .everyone })
        #expect(annWrites(true).isEmpty)
        world.run(for: .seconds(2))
        let stopped = annWrites(false).composing
        #expect(stopped.map(\.notice.isActive) == [false, false])
        #expect(annWrites(false).isEmpty)
        #expect(world.run(for: .seconds(500)).isEmpty)
        #expect(world.conference.nextWake == nil)
    }

    @Test mutating func aPrivateTextIsWrittenForOneAlone() {
        let told = annWrites(true, to: .named("Cem")).composing
        #expect(told.map(\.endpoint) == [cemPC])
        #expect(told.first?.notice.audience == .one("Cem"))
        #expect(annWrites(true, to: .named("Nobody")).isEmpty)
        #expect(annWrites(true, to: .named("Ann")).isEmpty)
    }

    @Test mutating func silenceMeansThatItHasStopped() {
        #expect(!annWrites(true, lasts: .seconds(30)).isEmpty)
        #expect(world.run(for: .seconds(29)).isEmpty)
        _ = annWrites(true, lasts: .seconds(30))
        #expect(world.run(for: .seconds(29)).isEmpty)
        let stopped = world.run(for: .seconds(2)).composing
        #expect(stopped.map(\.notice.isActive) == [false, false])
    }

    @Test mutating func itIsSaidAgainNowAndThen() {
        #expect(annWrites(true).composing.count == 2)
        var told = 0
        for _ in 0..<20 {
            world.run(for: .seconds(10))
            told += annWrites(true).composing.count
        }
        #expect(told == 2 * 3)
    }

    @Test mutating func whoChangesItsMindAllTheTimeIsToldOfOnceASecond() {
        var told = 0
        for index in 0..<400 { told += annWrites(index.isMultiple(of: 2)).composing.count / 2 }
        // Four seconds, ten milliseconds a word.
        #expect((3...5).contains(told))
        let last = world.run(for: .seconds(2)).composing
        #expect(last.allSatisfy { !$0.notice.isActive })
    }

    @Test mutating func theTextEndsTheWritingOfIt() {
        _ = annWrites(true)
        #expect(world.say("hi", by: ann, via: .sip, leg: annLeg).composing.isEmpty)
        #expect(world.run(for: .seconds(300)).isEmpty)
        #expect(annWrites(false).isEmpty)
        #expect(annWrites(true).composing.count == 2)
    }

    @Test mutating func whoLeavesWritesNoMore() {
        _ = annWrites(true)
        world.tell(.legEnded(annLeg, .hangup))
        #expect(world.run(for: .seconds(300)).composing.isEmpty)
        #expect(world.conference.nextWake == nil)
        #expect(annWrites(true).isEmpty)
    }

    @Test mutating func inACrowdNobodyIsToldWhoWritesToEveryone() {
        for index in 0..<60 { world.call(from: .sip("p\(index)@h")) }
        #expect(annWrites(true).isEmpty)
        #expect(annWrites(true, to: .named("Bea")).composing.map(\.endpoint) == [beaPhone])
    }
}
