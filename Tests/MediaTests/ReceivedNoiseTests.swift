import Foundation
import Primitives
import Testing

@testable import Media

@Suite struct ReceivedNoiseTests {
    private func generate(_ noise: inout ReceivedNoise, _ count: Int = 8000) -> [Int16] {
        let buffer = SampleBuffer(count: count)
        noise.generate(into: buffer.samples, count: count)
        return Array(UnsafeBufferPointer(start: buffer.samples, count: count))
    }

    private func level(_ samples: [Int16]) -> Double { 20 * log10(max(Goertzel.rms(samples), 0.001) / 32768) }

    @Test func nothingIsHeardBeforeAPayload() {
        var noise = ReceivedNoise()
        #expect(!noise.isActive)
        let heard = generate(&noise)
        #expect(heard.allSatisfy { $0 == 0 })
        let isTaken = noise.take(UnsafeRawBufferPointer(start: nil, count: 0))
        #expect(!isTaken)
        #expect(!noise.isActive)
    }

    @Test(arguments: [30, 45, 60, 70])
    func theLevelIsTheOneSaid(_ wanted: Int) {
        for shape in [[], [127 + 90], [127 - 100, 127 + 60, 100], [20, 200, 90, 127, 140, 110, 127, 127, 130, 127]]
            as [[UInt8]]
        {
            var noise = ReceivedNoise()
            let payload = [UInt8(wanted)] + shape
            let isTaken = payload.withUnsafeBytes { noise.take($0) }
            #expect(isTaken)
            _ = generate(&noise)
            let heard = level(generate(&noise, 32000))
            #expect(abs(heard + Double(wanted)) < 1.5, "\(wanted) \(shape): \(heard)")
        }
    }

    @Test func theFirstCoefficientTiltsTheSpectrum() {
        // RFC 3389 codes k1 < 0 for a low-pass spectrum: neighbouring samples are alike.
        func likeness(_ octet: UInt8) -> Double {
            var noise = ReceivedNoise()
            ([40, octet] as [UInt8]).withUnsafeBytes { _ = noise.take($0) }
            _ = generate(&noise)
            let samples = generate(&noise, 16000).map(Double.init)
            let product = zip(samples, samples.dropFirst()).reduce(0.0) { $0 + $1.0 * $1.1 }
            return product / samples.reduce(0.0) { $0 + $1 * $1 }
        }
        #expect(abs(likeness(127)) < 0.05)
        #expect(abs(likeness(127 - 96) - 0.75) < 0.05)
        #expect(abs(likeness(127 + 96) + 0.75) < 0.05)
    }

    @Test func noPayloadMakesItBlowUp() {
        var random = SplitMix64(3)
        for _ in 0..<300 {
            var noise = ReceivedNoise()
            let payload = (0..<Int.random(in: 1...40, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            payload.withUnsafeBytes { _ = noise.take($0) }
            let wanted = -Double(max(payload[0] & 0x7f, 20))
            let heard = level(generate(&noise, 4000))
            #expect(heard < wanted + 6, "\(payload)")
        }
    }

    @Test func silenceIsSilence() {
        var noise = ReceivedNoise()
        let memory = Memory()
        let length = ReceivedNoise.write(level: 127, into: memory.bytes)
        #expect(memory.packet(length) == [127])
        let isTaken = noise.take(UnsafeRawBufferPointer(rebasing: memory.bytes[..<length]))
        #expect(isTaken)
        let heard = generate(&noise)
        #expect(heard.allSatisfy { $0 == 0 })
    }

    @Test func aDecoderMakesTheNoiseHeardUntilSoundComes() {
        var decoder = AudioDecoder(.pcmu)
        let output = SampleBuffer(count: AudioDecoder.longestPacket)
        var isNoise = ([45] as [UInt8]).withUnsafeBytes { decoder.takeComfort($0) }
        #expect(isNoise)
        isNoise = decoder.isComfort
        #expect(isNoise)
        var heard: [Int16] = []
        for _ in 0..<20 {
            let count = decoder.comfort(960, into: output.samples)
            #expect(count == 960)
            heard += UnsafeBufferPointer(start: output.samples, count: 960)
        }
        #expect(abs(level(Array(heard.suffix(9600))) + 45) < 2)
        [UInt8](repeating: 0xff, count: 160).withUnsafeBytes { _ = decoder.decode($0, .pcmu, into: output.samples) }
        isNoise = decoder.isComfort
        #expect(!isNoise)
    }
}
