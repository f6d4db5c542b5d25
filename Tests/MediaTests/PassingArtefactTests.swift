import Foundation
import Testing

@testable import Media

/// What one who listens hears of a conversation, from beginning to end.
@Suite struct PassingArtefactTests {
    private struct Heard {
        var samples: [Int16] = []
        /// Ticks before which the room changed over.
        var toMix: [Int] = []
        var toPass: [Int] = []
    }

    /// Alice speaks all the time, Bob comes in twice in the middle of her words.
    private func conversation(_ alice: [Int16], _ bob: [Int16], passes: Bool) throws -> Heard {
        let stage = Stage(passes: passes)
        let early = voice(bob, from: 221)
        let again = voice(bob, from: 447)
        for talker in [voice(alice, from: 20), { $0 < 400 ? early($0) : again($0) }] { try stage.add(.opus, talker) }
        let ear = Hearing(try stage.add(.opus) { _ in nil })
        var heard = Heard()
        var was = false
        for tick in 0..<700 {
            stage.run(1)
            ear.tick(stage, UInt64(tick))
            let now = stage.isPassing
            if now != was { if now { heard.toPass.append(tick) } else { heard.toMix.append(tick) } }
            was = now
        }
        #expect(ear.faults == 0 && ear.gaps == 0 && ear.longestPause < 25)
        heard.samples = ear.heard
        return heard
    }

    @Test func aConversationIsHeardAsIfItWereMixedThroughout() throws {
        let alice = Speech.samples(0, seconds: 13)
        let bob = Speech.samples(1, seconds: 2)
        let passed = try conversation(alice, bob, passes: true)
        let mixed = try conversation(alice, bob, passes: false)
        Artefacts.write(passed.samples, "conversation-passed")
        Artefacts.write(mixed.samples, "conversation-mixed")
        // The mix came for Bob, and went when he was done.
        #expect(passed.toMix.contains(221) && passed.toMix.contains(447))
        #expect(passed.toPass.count >= 2)
        var said = [Int16](repeating: 0, count: 20 * 960) + alice
        for start in [221, 447] {
            for (index, sample) in bob.enumerated() {
                said[start * 960 + index] = Int16(clamping: Int(said[start * 960 + index]) + Int(sample))
            }
        }
        let score = SpeechScore(of: passed.samples, against: said)
        let usual = SpeechScore(of: mixed.samples, against: said)
        if Artefacts.isOn { print("passed", score, passed.toMix, passed.toPass, "\nmixed", usual) }
        let figures: Comment = "\(score), mixed throughout \(usual)"
        #expect(score.segmentalSNR > usual.segmentalSNR - 0.3, figures)
        #expect(score.spectralDistance < usual.spectralDistance + 0.1, figures)
        #expect(score.intelligibility > usual.intelligibility - 0.005, figures)
        #expect(score.lost < usual.lost + 0.005, figures)
        // The spectrum changes no more where the mix takes over than it does there without.
        for tick in passed.toMix where tick == 221 || tick == 447 {
            let flux = PassThroughExperiment.flux(passed.samples, around: tick * 960)
            let other = PassThroughExperiment.flux(mixed.samples, around: tick * 960 + OpusEncoder.lookAhead)
            if Artefacts.isOn { print("flux", tick, flux, other) }
            #expect(flux < other + 4)
        }
    }

    /// Somebody whose packets were not sent on for a second speaks: the listeners' decoders know nothing of the silence
    /// before.
    @Test func aSpurtBeginsAsItWouldAtTheTalkersOwnListener() throws {
        var levels: [Double] = []
        var flux: [(mine: Double, its: Double)] = []
        for number in 0..<3 {
            let speech = Speech.samples(number, seconds: 10)
            // Spurts of a second, wherever they begin, after as long a noise.
            var source = SplitMix(UInt64(number) + 1)
            var said: [Int16] = []
            for spurt in 0..<8 {
                said += (0..<60 * 960).map { _ in Int16.random(in: -8...8, using: &source) }
                let start = spurt * 55 * 960
                said += speech[start..<start + 50 * 960]
            }
            let packets = PassThroughExperiment.packets(said, .init())
            var decoder = AudioDecoder(.opus)
            let frame = SampleBuffer(count: AudioDecoder.longestPacket)
            var whole: [Int16] = []
            for packet in packets {
                packet.withUnsafeBytes { _ = decoder.decode($0, .opus, into: frame.samples) }
                whole += UnsafeBufferPointer(start: frame.samples, count: 960)
            }
            let stage = Stage(passes: true)
            try stage.add(.opus, levels: true, voice(said))
            stage.payloads[0] = { packets.indices.contains(Int($0)) ? packets[Int($0)] : nil }
            stage.tellsLevel = [0]
            let ear = Hearing(try stage.add(.opus) { _ in nil })
            var was = false
            while stage.tick < packets.count {
                let tick = Int(stage.tick)
                stage.run(1)
                ear.tick(stage, UInt64(tick))
                defer { was = stage.isPassing }
                guard stage.isPassing, !was, let sent = stage.payloads(to: 1).last?.payload,
                    let origin = packets.firstIndex(of: sent), origin + 25 < packets.count
                else { continue }
                // The rest of the first half second.
                for _ in 0..<25 where stage.tick < packets.count {
                    stage.run(1)
                    ear.tick(stage, stage.tick - 1)
                }
                for step in 0..<20 {
                    let mine = Goertzel.rms(ear.heard[(tick * 960 + step * 480)...].prefix(480))
                    let its = Goertzel.rms(whole[(origin * 960 + step * 480)...].prefix(480))
                    levels.append(10 * log10((mine * mine + 1000) / (its * its + 1000)))
                }
                flux.append(
                    (
                        PassThroughExperiment.flux(ear.heard, around: tick * 960),
                        PassThroughExperiment.flux(whole, around: origin * 960)
                    ))
            }
        }
        let mine = flux.map(\.mine).reduce(0, +) / Double(max(flux.count, 1))
        let its = flux.map(\.its).reduce(0, +) / Double(max(flux.count, 1))
        if Artefacts.isOn {
            print("spurts", flux.count, "flux", mine, its, "loudest", levels.max() ?? 0, levels.min() ?? 0)
        }
        #expect(flux.count >= 20)
        #expect(mine < its + 1)
        #expect(levels.allSatisfy { $0 < 7 })
    }
}
