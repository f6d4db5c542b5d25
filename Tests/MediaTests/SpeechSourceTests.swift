import Foundation
import Testing

@testable import Media

@Suite struct SpeechSourceTests {
    private struct Said {
        var samples: [Int16] = []
        /// Frame by frame: whether all of it was within a phrase, and whether none of it was.
        var speaking: [Bool] = []
        var pausing: [Bool] = []
    }

    private func say(_ source: SpeechSource, seconds: Int, rate: Int = 48000) -> Said {
        var source = source
        var said = Said()
        let buffer = SampleBuffer(count: rate / 50)
        for _ in 0..<seconds * 50 {
            let before = source.isSpeaking
            source.generate(into: buffer.samples, count: buffer.count)
            said.samples += UnsafeBufferPointer(start: buffer.samples, count: buffer.count)
            said.speaking.append(before && source.isSpeaking)
            said.pausing.append(!before && !source.isSpeaking)
        }
        return said
    }

    @Test func theSameSeedSaysTheSameAndAnotherSomethingElse() {
        let one = say(SpeechSource(seed: 7), seconds: 2)
        #expect(say(SpeechSource(seed: 7), seconds: 2).samples == one.samples)
        #expect(say(SpeechSource(seed: 8), seconds: 2).samples != one.samples)
    }

    @Test(arguments: [8000, 16000, 48000])
    func phrasesHaveTheLevelAskedForInEveryVoice(_ rate: Int) {
        for seed in 0..<5 as Range<UInt64> {
            let said = say(SpeechSource(seed: seed, level: -23, rate: rate), seconds: 6, rate: rate)
            let size = rate / 50
            var energy = 0.0
            var count = 0.0
            for index in said.speaking.indices where said.speaking[index] {
                for sample in said.samples[index * size..<(index + 1) * size] { energy += pow(Double(sample), 2) }
                count += Double(size)
            }
            let level = 10 * log10(energy / max(count, 1) / pow(32767, 2))
            #expect(abs(level + 23) < 3, "voice \(seed) at \(rate) Hz: \(level) dBFS")
            let peak = said.samples.map { abs(Int($0)) }.max() ?? 0
            let crest = 20 * log10(Double(peak) / 32767) - level
            #expect((10...24).contains(crest), "voice \(seed): crest \(crest) dB")
        }
    }

    @Test func whatIsBetweenThePhrasesIsAsQuietAsTheRoom() {
        let said = say(SpeechSource(seed: 3, noise: -70), seconds: 20)
        let quiet = said.pausing.indices.filter { $0 > 4 && said.pausing[$0 - 4...$0].allSatisfy { $0 } }
        #expect(quiet.count > 20)
        for index in quiet {
            let level = 20 * log10(Goertzel.rms(said.samples[index * 960..<(index + 1) * 960]) / 32767)
            #expect(abs(level + 70) < 2, "\(index): \(level)")
        }
    }

    @Test func activityIsTheShareAskedFor() {
        for activity in [0.3, 0.5, 0.8] {
            let said = say(SpeechSource(seed: 5, activity: activity, rate: 8000), seconds: 60, rate: 8000)
            let share = Double(said.speaking.count { $0 }) / Double(said.speaking.count)
            #expect(abs(share - activity) < 0.12, "\(share)")
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func opusTakesItForSpeechAndThePausesForNone(_ seed: UInt64) {
        let said = say(SpeechSource(seed: seed), seconds: 20)
        var configuration = MixConfiguration()
        configuration.opusBitRate = 24000
        var encoder = AudioEncoder(.init(codec: .opus, ticksPerPacket: 1), configuration)
        let memory = Memory()
        var active = (voice: 0, count: 0)
        var paused = (voice: 0, count: 0)
        for index in said.speaking.indices {
            let samples = Array(said.samples[index * 960..<(index + 1) * 960])
            let length = encoder.encode(samples, tick: UInt64(index), into: memory.bytes)
            #expect(length > 0)
            // SILK or hybrid, one frame: the first bit after the TOC is the VAD flag (RFC 6716 section 4.2.3).
            #expect(memory.bytes[0] >> 3 < 16)
            let isVoice = length > 1 && memory.bytes[1] & 0x80 != 0
            if said.speaking[index] {
                active.count += 1
                if isVoice { active.voice += 1 }
            } else if index > 15, said.pausing[index - 12...index].allSatisfy({ $0 }) {
                paused.count += 1
                if isVoice { paused.voice += 1 }
            }
        }
        let spoken = Double(active.voice) / Double(max(active.count, 1))
        let noise = Double(paused.voice) / Double(max(paused.count, 1))
        #expect(spoken > 0.9, "\(spoken) of speech")
        #expect(noise < 0.15, "\(noise) of \(paused.count) quiet frames")
    }
}
