import Foundation
import Testing

@testable import Media

@Suite struct SpeechScoreTests {
    private let said = speech(seconds: 4)

    private func shifted(_ samples: [Int16], _ delay: Int) -> [Int16] {
        [Int16](repeating: 0, count: delay) + samples + [Int16](repeating: 0, count: 4800)
    }

    @Test func theSameScoresBest() {
        let score = SpeechScore(of: said, against: said)
        #expect(score.segmentalSNR > 34 && score.spectralDistance < 0.01 && score.intelligibility > 0.999)
        #expect(abs(score.delay) < 0.01 && score.lost == 0 && abs(score.gain) < 0.01)
    }

    @Test(arguments: [1, 480, 5777, 48000])
    func delayAndLevelDoNotCount(_ delay: Int) {
        let heard = shifted(said.map { Int16(Double($0) * 0.4) }, delay)
        let score = SpeechScore(of: heard, against: said)
        #expect(abs(score.delay - Double(delay) / 48) < 0.05)
        #expect(abs(score.gain + 7.96) < 0.1)
        #expect(score.segmentalSNR > 30 && score.spectralDistance < 0.5 && score.intelligibility > 0.99, "\(score)")
    }

    @Test(arguments: [0.0, 10, 20])
    func noiseCountsAsMuchAsThereIs(_ ratio: Double) {
        var noise = SplitMix(4)
        let amplitude = Goertzel.rms(said) * pow(10, -ratio / 20) * 3.0.squareRoot()
        let heard = said.map { Int16(clamping: Int(Double($0) + Double.random(in: -1...1, using: &noise) * amplitude)) }
        let score = SpeechScore(of: heard, against: said)
        // A third of the noise is below 8 kHz, and most frames are quieter than the mean.
        #expect(abs(score.segmentalSNR - ratio) < 5, "\(score)")
        let distance = SpeechScore(of: said, against: said).spectralDistance
        #expect(score.spectralDistance > distance + 1.5)
    }

    @Test func moreNoiseIsWorseInEveryFigure() {
        let scores = [30.0, 20, 10, 0].map { ratio in
            var noise = SplitMix(9)
            let amplitude = Goertzel.rms(said) * pow(10, -ratio / 20) * 3.0.squareRoot()
            return SpeechScore(
                of: said.map {
                    Int16(clamping: Int(Double($0) + Double.random(in: -1...1, using: &noise) * amplitude))
                },
                against: said)
        }
        for (better, worse) in zip(scores, scores.dropFirst()) {
            #expect(better.segmentalSNR > worse.segmentalSNR + 3)
            #expect(better.spectralDistance < worse.spectralDistance)
            #expect(better.intelligibility > worse.intelligibility)
        }
    }

    @Test func lostFramesAreCounted() {
        var heard = said
        for frame in stride(from: 0, to: said.count / 960, by: 10) {
            for index in frame * 960..<(frame + 1) * 960 { heard[index] = 0 }
        }
        let score = SpeechScore(of: heard, against: said)
        #expect((0.05...0.15).contains(score.lost))
        #expect(score.segmentalSNR < 33 && score.intelligibility < 0.99)
    }

    @Test func timeStretchedInPlacesStillFits() {
        // 10 ms are left out in a second, as a jitter buffer that shrinks does.
        var heard: [Int16] = []
        for start in stride(from: 0, to: said.count, by: 48000) { heard += said[start..<start + 47520] }
        let score = SpeechScore(of: heard, against: said)
        #expect(score.segmentalSNR > 22 && score.intelligibility > 0.93, "\(score)")
    }

    @Test func somethingElseScoresNothing() {
        let score = SpeechScore(of: speech(seed: 99, seconds: 4), against: said)
        #expect(score.segmentalSNR < 3 && score.intelligibility < 0.6, "\(score)")
        let silence = SpeechScore(of: [Int16](repeating: 0, count: said.count), against: said)
        #expect(silence.segmentalSNR <= 0.1 && silence.lost > 0.99, "\(silence)")
    }
}

/// What a made-up voice says.
func speech(seed: UInt64 = 1, seconds: Int, level: Double = -20) -> [Int16] {
    var source = SpeechSource(seed: seed, level: level)
    return [Int16](unsafeUninitializedCapacity: seconds * 48000) { buffer, count in
        if let base = buffer.baseAddress { source.generate(into: base, count: seconds * 48000) }
        count = seconds * 48000
    }
}
