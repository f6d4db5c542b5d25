import Primitives
import Testing

@testable import Media

/// Rooms in which a script made by chance has people speak, lose packets, come and go.
@Suite struct PassingScriptTests {
    /// Packets of speech and of the pauses in it, as clients send them: 10 s.
    private static let speech = [0, 1].map { PassThroughExperiment.packets(Speech.samples($0), .init()) }
    private static let quiet = PassThroughExperiment.packets([Int16](repeating: 3, count: 48000), .init())

    /// One who sends what a script says.
    private final class Talker {
        let peer: Peer
        let slot: Int
        private let speech: [[UInt8]]
        private let levels: Bool
        var speaks = false
        /// Silence is not sent.
        var isDTX: Bool
        private var place = 0

        init(_ slot: Int, _ peer: Peer, _ speech: [[UInt8]], levels: Bool, isDTX: Bool) {
            (self.slot, self.peer, self.speech, self.levels, self.isDTX) = (slot, peer, speech, levels, isDTX)
        }

        func packet(_ tick: UInt64) -> [UInt8]? {
            guard speaks || !isDTX else { return nil }
            place += 1
            let payload = speaks ? speech[place % speech.count] : PassingScriptTests.quiet[10 + place % 30]
            if levels { peer.level = speaks ? (25, true) : (90, false) }
            return payload.withUnsafeBytes { peer.pack(tick, $0) }
        }
    }

    @Test(arguments: [UInt64](1...(Artefacts.isOn ? 60 : 16)))
    func streamsStayWholeWhateverHappens(_ seed: UInt64) throws {
        var random = SplitMix(seed)
        let stage = Stage(passes: true)
        let loss = seed % 4 == 0 ? 0.05 : 0
        var talkers: [Talker] = []
        func add(_ ssrc: UInt32) throws {
            let levels = Bool.random(using: &random)
            let peer = try Peer(settings(.opus, ssrc: ssrc), frequency: 440)
            let leg = try MediaLeg(
                settings(.opus, ssrc: ssrc + 1000, clientLevelID: levels ? 1 : nil), clock: clock, seed: UInt64(ssrc))
            let slot = stage.room.add(leg) ?? -1
            talkers.append(
                Talker(
                    slot, peer, Self.speech[Int(ssrc) % 2], levels: levels, isDTX: Bool.random(using: &random)))
        }
        for ssrc in 0..<UInt32(4) { try add(ssrc + 100) }
        // One who never speaks, and is never away.
        let listener = talkers[3]
        let ear = Hearing(listener.slot)
        var late: [(at: UInt64, slot: Int, packet: [UInt8])] = []
        var lost = 0
        var passed = 0
        var mixed = 0
        for tick in 0..<UInt64(700) {
            if Int.random(in: 0..<40, using: &random) == 0 {
                let index = Int.random(in: 0..<3, using: &random)
                if let talker = talkers.first(where: { $0.slot == index }) { talker.speaks.toggle() }
            }
            if Int.random(in: 0..<150, using: &random) == 0, let leaver = talkers.first(where: { $0 !== listener }) {
                talkers.removeAll { $0 === leaver }
                _ = stage.room.remove(leaver.slot)
                try add(UInt32(tick) + 1000)
            }
            for talker in talkers {
                guard let packet = talker.packet(tick) else { continue }
                if Double.random(in: 0..<1, using: &random) < loss { lost += 1; continue }
                let isLate = seed % 3 == 0 && Int.random(in: 0..<20, using: &random) == 0
                late.append((tick + (isLate ? 1 : 0), talker.slot, packet))
            }
            for packet in late where packet.at == tick {
                packet.packet.withUnsafeBytes {
                    _ = stage.room.receive(packet.slot, $0, at: stage.now(tick) + .milliseconds(3))
                }
            }
            late.removeAll { $0.at <= tick }
            stage.sent.removeAll()
            stage.step()
            ear.tick(stage, tick)
            if stage.isPassing { passed += 1 } else if stage.room.heard > 0 { mixed += 1 }
        }
        #expect(ear.faults == 0, "seed \(seed)")
        #expect(ear.gaps <= lost && (loss > 0 || ear.gaps == 0), "seed \(seed)")
        #expect(ear.longestPause < 27, "seed \(seed)")
        #expect(passed > 0, "seed \(seed)")
        if Artefacts.isOn { print("script", seed, "passed", passed, "mixed", mixed, "gaps", ear.gaps, "lost", lost) }
    }

    /// A talker whose clock is off speaks for an hour: neither does the delay grow, nor is anything missing.
    @Test(arguments: [-200, 200]) func aClockThatIsOffForAnHourDoesNoHarm(_ millionths: Int) throws {
        let stage = Stage(passes: true)
        let peer = try Peer(settings(.opus), frequency: 440)
        for ssrc in [UInt32(10), 11] {
            let settings = settings(.opus, ssrc: ssrc, clientLevelID: ssrc == 10 ? 1 : nil)
            _ = stage.room.add(try MediaLeg(settings, clock: clock, seed: UInt64(ssrc)))
        }
        let speech = Self.speech[0]
        var next: UInt64 = 0
        var greatest = 0.0
        var gone = 0
        for tick in 0..<UInt64(180_000) {
            while true {
                // Time of the packet by the talker's clock.
                let time = Int64(Double(next) * 20_000_000 * (1 + Double(millionths) / 1_000_000))
                let arrival = milliseconds(3) + .nanoseconds(time)
                guard arrival < stage.now(tick) + .milliseconds(15) else { break }
                // A pause of 400 ms every three seconds, in which the room's silence is sent.
                let isQuiet = next % 150 < 15
                peer.level = isQuiet ? (80, false) : (22, true)
                let payload = isQuiet ? Self.quiet[10 + Int(next) % 30] : speech[Int(next) % speech.count]
                let packet = payload.withUnsafeBytes { peer.pack(next, $0) } ?? []
                packet.withUnsafeBytes { _ = stage.room.receive(0, $0, at: arrival) }
                next += 1
            }
            stage.sent.removeAll(keepingCapacity: true)
            let due = stage.now(tick) + .milliseconds(15)
            stage.room.tick(due: due, now: due, into: &stage.batch)
            for index in 0..<stage.batch.count where stage.batch[index].slot == 1 && stage.batch[index].kind == .rtp {
                gone += 1
            }
            stage.batch.removeAll()
            stage.tick += 1
            if tick > 1000, tick.isMultiple(of: 50), let statistics = stage.room.statistics(0) {
                greatest = max(greatest, statistics.currentDelay / .milliseconds(1))
            }
        }
        let statistics = stage.room.statistics(0) ?? LegStatistics()
        #expect(greatest < 50, "\(greatest)")
        #expect(statistics.framesConcealed < 400, "\(statistics.framesConcealed)")
        #expect(gone > 170_000, "\(gone)")
        let work = stage.room.work
        #expect(work.decodes < 6000 && work.encodes < 3000)
    }
}
