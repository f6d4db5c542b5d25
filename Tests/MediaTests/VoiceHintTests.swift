import Primitives
import Testing

@testable import Media

@Suite struct VoiceHintTests {
    private func hint(_ payload: [UInt8], _ codec: AudioCodec, samples: Int = 960) -> VoiceHint {
        var level = G722Level()
        return payload.withUnsafeBytes { VoiceHint($0, codec, samples: samples, client: nil, &level) }
    }

    private func activity(_ payload: [UInt8]) -> Bool? { payload.withUnsafeBytes { OpusActivity.isActive($0) } }

    @Test func theActivityBitsOfSilkAreTheFirstOfEachFrame() {
        // Wideband SILK of 20 ms: one bit.
        #expect(activity([9 << 3, 0x80, 1, 2]) == true)
        #expect(activity([9 << 3, 0x7f, 1, 2]) == false)
        // 60 ms: three bits, then the one for redundancy.
        #expect(activity([11 << 3, 0x20, 1, 2]) == true)
        #expect(activity([11 << 3, 0x1f, 1, 2]) == false)
        // 40 ms: two.
        #expect(activity([10 << 3, 0x40, 1, 2]) == true)
        #expect(activity([10 << 3, 0x20, 1, 2]) == false)
        // Hybrid of 20 ms.
        #expect(activity([15 << 3, 0x80, 1, 2]) == true)
        #expect(activity([15 << 3, 0x40, 1, 2]) == false)
        // CELT has none.
        #expect(activity([16 << 3, 0x80, 1, 2]) == nil)
    }

    @Test func eachFrameOfAPacketIsLookedAt() {
        #expect(activity([9 << 3 | 1, 0, 0, 0x80, 0]) == true)
        #expect(activity([9 << 3 | 1, 0, 0x80, 0, 0x80]) == false)
        #expect(activity([9 << 3 | 2, 1, 0, 0x80]) == true)
        #expect(activity([9 << 3 | 2, 1, 0x80, 0]) == true)
        #expect(activity([9 << 3 | 2, 1, 0, 0]) == false)
        // Three of one size; three of different sizes; two with padding.
        #expect(activity([9 << 3 | 3, 3, 0, 0, 0x80]) == true)
        #expect(activity([9 << 3 | 3, 0x83, 1, 2, 0, 0, 0x80, 0x80]) == true)
        #expect(activity([9 << 3 | 3, 0x83, 1, 2, 0, 0, 0x80, 0x00]) == false)
        #expect(activity([9 << 3 | 3, 0x42, 2, 0, 0, 0x80, 0x80]) == false)
    }

    @Test func anyOctetsAtAllAreSurvived() {
        var random = SplitMix64(5)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            _ = activity(bytes)
        }
    }

    @Test func theBitsFollowSpeech() throws {
        let encoder = AudioEncoder(AudioEncoder.Class(codec: .opus, ticksPerPacket: 1), MixConfiguration())
        var coder = encoder
        let memory = Memory()
        let voice = speech(from: 100)
        var before = 0
        var after = 0
        for tick in 0..<UInt64(150) {
            guard let samples = voice(tick) else { continue }
            let length = coder.encode(samples, tick: tick, into: memory.bytes)
            guard activity(memory.packet(length)) == true else { continue }
            if tick >= 20, tick < 100 { before += 1 } else if tick >= 100 { after += 1 }
        }
        #expect(before < 8 && after > 35, "\(before) \(after)")
    }

    @Test(arguments: [-10.0, -30, -50])
    func g711IsAsLoudAsItsSamples(_ level: Double) {
        var tone = ToneGenerator(frequency: 997, level: level)
        let samples = frame(&tone)
        let narrow = stride(from: 0, to: 960, by: 6).map { samples[$0] }
        // A sine's root mean square is 3 dB below its peak.
        guard case .energy(let ulaw) = hint(narrow.map(G711.ulaw), .pcmu),
            case .energy(let alaw) = hint(narrow.map(G711.alaw), .pcma)
        else { return #expect(Bool(false)) }
        #expect(abs(Double(ulaw) - level + 3) < 0.8 && abs(Double(alaw) - level + 3) < 0.8, "\(ulaw) \(alaw)")
    }

    @Test func silenceIsTold() {
        #expect(hint([0x78], .opus) == .pause)
        #expect(hint([0x78, 0], .opus) == .pause)
        #expect(hint([UInt8](repeating: 0xff, count: 160), .pcmu) == .energy(Decibels.least))
        #expect(hint([31 << 3] + [UInt8](repeating: 3, count: 59), .opus) == .octets(60))
    }

    @Test func decibelsAreNearEnough() {
        for level in stride(from: -96.0, through: 0, by: 0.37) {
            let meanSquare = 32768.0 * 32768 * Double.pow10(level / 10)
            #expect(abs(Double(Decibels.of(meanSquare: Float(meanSquare))) - level) < 0.25)
        }
        #expect(Decibels.of(meanSquare: 0) == Decibels.least)
    }
}

extension Double {
    fileprivate static func pow10(_ exponent: Double) -> Double {
        var value = 1.0
        let whole = Int(exponent.rounded(.down))
        for _ in 0..<abs(whole) { value *= whole < 0 ? 0.1 : 10 }
        // e^x for the rest.
        let rest = (exponent - Double(whole)) * 2.302585092994046
        var term = 1.0
        var sum = 1.0
        for step in 1..<30 {
            term *= rest / Double(step)
            sum += term
        }
        return value * sum
    }
}
