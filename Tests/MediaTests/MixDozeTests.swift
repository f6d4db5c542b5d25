import Primitives
import Testing

@testable import Media

@Suite struct MixDozeTests {
    private struct Sent {
        var tick: UInt64
        var header: RTPHeader
    }

    private func packets(_ stage: Stage, _ slot: Int) -> [Sent] {
        stage.sent.filter { $0.slot == slot && $0.kind == .rtp }.compactMap { item in
            item.packet.withUnsafeBytes { bytes in RTPHeader(bytes).map { Sent(tick: item.tick, header: $0) } }
        }
    }

    private func isIdle(_ stage: Stage) -> Bool { stage.room.isIdle }
    private func hasNews(_ stage: Stage) -> Bool { stage.room.hasNews }

    /// Ten ticks at once, as long as the room stays idle.
    private func doze(_ stage: Stage, naps: Int) {
        stage.sent.removeAll()
        for _ in 0..<naps {
            stage.tick += 9
            stage.room.doze(10, now: stage.now(stage.tick), into: &stage.batch)
            let tick = stage.tick
            stage.batch.drain { slot, kind, packet in stage.sent.append((tick, slot, kind, packet)) }
            stage.tick += 1
        }
    }

    private func room(_ codec: AudioCodec, _ legs: Int) throws -> Stage {
        let stage = Stage()
        for _ in 0..<legs { try stage.add(codec) { _ in nil } }
        stage.run(40)
        return stage
    }

    @Test(arguments: [AudioCodec.opus, .pcmu])
    func aRoomThatDozesSendsAsOneThatTicks(_ codec: AudioCodec) throws {
        let (ticking, dozing) = (try room(codec, 7), try room(codec, 7))
        #expect(isIdle(dozing))
        ticking.run(1000)
        doze(dozing, naps: 100)
        for slot in 0..<7 {
            let (expected, got) = (packets(ticking, slot), packets(dozing, slot))
            #expect(got.count == expected.count)
            #expect(zip(got, got.dropFirst()).allSatisfy { $1.header.sequence == $0.header.sequence &+ 1 })
            let interval = UInt64(codec == .opus ? 20 : 10)
            #expect(zip(got, got.dropFirst()).allSatisfy { $1.tick - $0.tick == interval })
            #expect(
                zip(got, got.dropFirst()).allSatisfy {
                    $1.header.timestamp &- $0.header.timestamp == UInt32(interval) * codec.clockPerTick
                })
        }
        #expect(dozing.sent.count { $0.kind == .rtcp } == ticking.sent.count { $0.kind == .rtcp })
    }

    @Test func whoSpeaksUpInARoomThatDozedIsHeardFromTheFirstFrame() throws {
        let (ticking, dozing) = (try room(.opus, 3), try room(.opus, 3))
        ticking.run(200)
        doze(dozing, naps: 20)
        let start = dozing.tick
        #expect(ticking.tick == start)
        for stage in [ticking, dozing] {
            stage.voices[0] = steadyTone(440)
            stage.run(30)
        }
        let (expected, got) = (packets(ticking, 1), packets(dozing, 1))
        #expect(got.map(\.tick) == expected.map(\.tick))
        #expect(
            got.map(\.header.timestamp).map { $0 &- got[0].header.timestamp }
                == expected.map(\.header.timestamp).map { $0 &- expected[0].header.timestamp })
        #expect(got.first?.header.marker == expected.first?.header.marker)
        #expect(!isIdle(dozing))
    }

    @Test func aRoomWithSomethingToTellIsNotIdle() throws {
        let stage = try room(.opus, 2)
        #expect(isIdle(stage))
        stage.voices[0] = { _ in Stage.silence }
        let packet = stage.packet(0, stage.tick) ?? []
        packet.withUnsafeBytes { _ = stage.room.receive(0, $0, at: stage.now(stage.tick)) }
        // Where its sound comes from is news.
        #expect(hasNews(stage) && !isIdle(stage))
        while stage.room.nextEvent() != nil {}
        #expect(!hasNews(stage))
    }
}
