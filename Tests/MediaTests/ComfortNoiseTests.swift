import Foundation
import Testing

@testable import Media

@Suite struct ComfortNoiseTests {
    private func noise(_ level: Double, seed: UInt64 = 1, frames: Int = 50) -> [Int16] {
        var source = ComfortNoise(seed: seed, level: level)
        return (0..<frames).flatMap { _ in
            var sum = [Int32](repeating: 0, count: 960)
            source.add(to: &sum)
            return sum.map { Int16(clamping: $0) }
        }
    }

    @Test(arguments: [-75.0, -70, -60, -50])
    func itHasTheLevelAskedForWithoutRhythm(_ level: Double) {
        let samples = noise(level)
        #expect(abs(20 * log10(Goertzel.rms(samples) / 32767) - level) < 0.5)
        for start in stride(from: 0, to: samples.count, by: 960) {
            #expect(abs(20 * log10(Goertzel.rms(samples[start..<start + 960]) / 32767) - level) < 2.5)
        }
    }

    @Test func itFallsWithFrequencyAndHasNoConstantPart() {
        let samples = noise(-50, frames: 100)
        func band(_ centre: Double) -> Double {
            let levels = stride(from: centre * 0.9, to: centre * 1.1, by: centre * 0.01).map {
                pow(10, Goertzel.level(samples.prefix(9600), $0) / 10)
            }
            return 10 * log10(levels.reduce(0, +) / Double(levels.count))
        }
        #expect(band(400) - band(8000) > 7)
        #expect(abs(samples.reduce(0.0) { $0 + Double($1) } / Double(samples.count)) < 8)
    }

    @Test func seedsAreDifferentNoises() {
        #expect(noise(-60, seed: 3, frames: 1) == noise(-60, seed: 3, frames: 1))
        #expect(noise(-60, seed: 3, frames: 1) != noise(-60, seed: 4, frames: 1))
    }
}
