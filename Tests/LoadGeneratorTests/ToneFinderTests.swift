import Media
import Primitives
import Testing

@testable import LoadGenerator

/// The marker, found again in what is heard.
struct ToneFinderTests {
    /// Feeds samples in frames of 20 ms, each labelled with its number.
    private func find(_ samples: [Int16], rate: Int) -> (labels: [Int64], heard: Int, broken: Int) {
        var finder = ToneFinder(rate: rate)
        let frame = rate / 50
        samples.withUnsafeBufferPointer { samples in
            for start in stride(from: 0, to: samples.count - frame + 1, by: frame) {
                finder.hear(
                    UnsafeBufferPointer(rebasing: samples[start..<(start + frame)]), label: Int64(start / frame))
            }
        }
        return (finder.takeOnsets(), finder.heard, finder.broken)
    }

    private func speech(_ seed: UInt64, count: Int) -> [Int16] {
        var talker = SpeechSource(seed: seed)
        return [Int16](unsafeUninitializedCapacity: count) { memory, used in
            if let base = memory.baseAddress { talker.generate(into: base, count: count) }
            used = count
        }
    }

    @Test(arguments: [8000, 16_000, 48_000])
    func eachBurstIsFoundInTheFrameThatBeginsIt(rate: Int) {
        var samples = [Int16](repeating: 0, count: rate * 5)
        let onsets = Marker.put(into: &samples, rate: rate)
        #expect(onsets.count == 5)
        let found = find(samples, rate: rate)
        #expect(found.labels == onsets.map { Int64($0 / (rate / 50)) })
        #expect(found.heard == 5)
        #expect(found.broken == 0)
    }

    @Test func burstsAreFoundAmongOtherTalkers() {
        let rate = 48_000
        var samples = [Int16](repeating: 0, count: rate * 10)
        let onsets = Marker.put(into: &samples, rate: rate)
        for seed in 0..<3 {
            let speech = speech(UInt64(11 + seed), count: samples.count)
            for index in samples.indices { samples[index] = Int16(clamping: Int(samples[index]) + Int(speech[index])) }
        }
        let found = find(samples, rate: rate)
        let expected = Set(onsets.map { Int64($0 / 960) })
        #expect(found.labels.filter { !expected.contains($0) && !expected.contains($0 - 1) }.isEmpty)
        #expect(found.labels.count >= 8)
    }

    @Test func speechAloneIsNoMarker() {
        for seed in 1...6 {
            let speech = speech(UInt64(seed), count: 48_000 * 10)
            #expect(find(speech, rate: 48_000).labels.isEmpty)
        }
    }

    @Test func aBurstWithAHoleIsBroken() {
        var samples = [Int16](repeating: 0, count: 8000 * 2)
        let onsets = Marker.put(into: &samples, rate: 8000)
        for index in (onsets[0] + 640)..<(onsets[0] + 800) { samples[index] = 0 }
        let found = find(samples, rate: 8000)
        #expect(found.heard == 2)
        #expect(found.broken == 1)
    }

    @Test(arguments: LoadCodec.allCases)
    func itIsFoundAfterEncodingAndDecodingToo(codec: LoadCodec) throws {
        let rate = codec.sampleRate
        var samples = [Int16](repeating: 0, count: rate * 3)
        let onsets = Marker.put(into: &samples, rate: rate)
        let loop = try TalkLoop(samples, codec, bitRate: 24_000, onsets: onsets)
        #expect((0..<loop.count).filter { loop.frame($0).isOnset } == onsets.map { $0 / codec.frameSamples })
        var listener = Listener(1, codec, finds: true, recording: nil, length: .seconds(3))
        var labels: [Int64] = []
        for index in 0..<loop.count {
            listener.hear(loop.payload(loop.frame(index)), timestamp: UInt32(index), arrival: Int64(index))
            labels += listener.takeOnsets()
        }
        #expect(labels == onsets.map { Int64($0 / codec.frameSamples) })
    }

    @Test func oneBurstGivesOneDelay() {
        var listener = Listener(1, .pcmu, finds: true, recording: nil, length: .seconds(1))
        listener.note(1_020, sent: 1_000)
        listener.note(1_500, sent: 1_000)
        listener.note(2_030, sent: 2_000)
        #expect(listener.hearing?.delays == [20, 30])
    }
}
