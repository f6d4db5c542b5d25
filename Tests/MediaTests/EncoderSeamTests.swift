import Foundation
import Testing

@testable import Media

@Suite struct EncoderSeamTests {
    enum Change: CaseIterable {
        case errorCorrection, lowRate, narrowBand, constantRate, backToStandard

        var classes: (AudioEncoderClass, AudioEncoderClass) {
            var profile = OpusProfile()
            switch self {
            case .errorCorrection, .backToStandard: profile.fec = true
            case .lowRate: profile.tier = .low
            case .narrowBand: profile.tier = .narrow
            case .constantRate: profile.isConstant = true
            }
            let standard = AudioEncoderClass(codec: .opus, ticksPerPacket: 1)
            let other = AudioEncoderClass(codec: .opus, ticksPerPacket: 1, opus: profile)
            return self == .backToStandard ? (other, standard) : (standard, other)
        }
    }

    /// What is heard when another encoder takes over at a tick, by adopting or not; and when none does.
    private func run(_ classes: (AudioEncoderClass, AudioEncoderClass), at over: Int?, adopts: Bool) -> [Int16] {
        let speech = Speech.samples(0, seconds: 4)
        var first = AudioEncoder(classes.0, MixConfiguration())
        var second = AudioEncoder(classes.1, MixConfiguration())
        var decoder = AudioDecoder(.opus)
        let memory = Memory()
        let output = SampleBuffer(count: AudioDecoder.longestPacket)
        var heard: [Int16] = []
        for tick in 0..<200 {
            let frame = Array(speech[tick * 960..<tick * 960 + 960])
            if tick == over, adopts { second.adopt(first, previous: frame) }
            let length =
                tick < over ?? 1000
                ? first.encode(frame, tick: UInt64(tick), into: memory.bytes)
                : second.encode(frame, tick: UInt64(tick), into: memory.bytes)
            _ = decoder.decode(
                UnsafeRawBufferPointer(rebasing: memory.bytes[..<length]), .opus, into: output.samples)
            heard += UnsafeBufferPointer(start: output.samples, count: 960)
        }
        return heard
    }

    @Test(arguments: Change.allCases)
    func aListenerWhoChangesClassHearsNoSeam(_ change: Change) {
        let (one, other) = change.classes
        let whole = run((one, one), at: nil, adopts: true)
        var before: [Double] = []
        var adopted: [Double] = []
        var fresh: [Double] = []
        for over in stride(from: 30, to: 190, by: 16) {
            let place = over * 960 + OpusEncoder.lookAhead
            before.append(PassThroughExperiment.flux(whole, around: place))
            adopted.append(PassThroughExperiment.flux(run((one, other), at: over, adopts: true), around: place))
            fresh.append(PassThroughExperiment.flux(run((one, other), at: over, adopts: false), around: place))
        }
        func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
        if Artefacts.isOn { print(change, mean(before), mean(adopted), mean(fresh)) }
        // A narrower band is a change of spectrum by itself.
        #expect(mean(adopted) < mean(before) + (change == .narrowBand ? 5 : 1), "\(change)")
        if change != .narrowBand { #expect(mean(adopted) < mean(fresh)) }
    }

    @Test func anAdoptedEncoderKeepsItsOwnProfile() throws {
        let speech = Speech.samples(0, seconds: 4)
        let (standard, narrow) = Change.narrowBand.classes
        var wide = AudioEncoder(standard, MixConfiguration())
        var small = AudioEncoder(narrow, MixConfiguration())
        let memory = Memory()
        var octets = 0
        for tick in 0..<200 {
            let frame = Array(speech[tick * 960..<tick * 960 + 960])
            if tick == 100 { small.adopt(wide, previous: frame) }
            let length =
                tick < 100
                ? wide.encode(frame, tick: UInt64(tick), into: memory.bytes)
                : small.encode(frame, tick: UInt64(tick), into: memory.bytes)
            guard tick >= 110 else { continue }
            octets += length
            // From wide to narrow libopus waits for a pause.
            let packet = try #require(OpusPacket(UnsafeRawBufferPointer(rebasing: memory.bytes[..<length])))
            #expect(packet.bandwidth <= 8000)
        }
        #expect(octets * 8 / 90 * 50 < 13500)
    }

    @Test func anEncoderOutOfAPoolBecomesAnyClassOfItsCodec() {
        let (standard, narrow) = Change.narrowBand.classes
        var encoder = AudioEncoder(standard, MixConfiguration())
        let isNarrow = encoder.become(narrow, MixConfiguration())
        let isOther = encoder.become(.init(codec: .pcmu, ticksPerPacket: 1), MixConfiguration())
        #expect(isNarrow && !isOther)
        #expect(encoder.kind == narrow)
        var fresh = AudioEncoder(narrow, MixConfiguration())
        encoder.reset()
        fresh.reset()
        let one = Memory()
        let other = Memory()
        let speech = Speech.samples(1, seconds: 1)
        for tick in 0..<40 {
            let frame = Array(speech[tick * 960..<tick * 960 + 960])
            let length = encoder.encode(frame, tick: UInt64(tick), into: one.bytes)
            let expected = fresh.encode(frame, tick: UInt64(tick), into: other.bytes)
            #expect(one.packet(length) == other.packet(expected))
        }
    }
}
