import Foundation
import Testing

@testable import Media

/// What a listener hears when a lone talker's packets go through as they are, and the mix takes over and gives back.
struct PassThroughExperiment {
    /// How the mix takes over.
    struct Method: CustomTestStringConvertible {
        var name: String
        /// Kept packets are decoded and encoded first.
        var primes = true
        var splices = true
        var independent = 1
        /// Nobody is passed through at all.
        var isAlwaysMixed = false
        /// The mix does not come.
        var isNeverMixed = false
        var testDescription: String { name }

        static let always = Method(name: "always mixed", isAlwaysMixed: true)
        static let never = Method(name: "never mixed", isNeverMixed: true)
        static let hard = Method(name: "hard", primes: false, splices: false, independent: 0)
        static let primed = Method(name: "primed", splices: false, independent: 0)
        static let primedIndependent = Method(name: "primed, independent", splices: false)
        static let spliced = Method(name: "primed, spliced", independent: 0)
        static let full = Method(name: "primed, spliced, independent")
        static let oneIndependent = Method(name: "primed, spliced, one independent", independent: 1)
    }

    /// A talker's encoder as clients set it.
    struct Talker: Sendable {
        var application = OpusEncoder.Application.voice
        var rate = 32000
        var complexity = 9
    }

    /// The packets of a talker, 20 ms each.
    static func packets(_ speech: [Int16], _ talker: Talker) -> [[UInt8]] {
        let encoder = OpusEncoder(needed: true, talker.application)
        var configuration = MixConfiguration()
        configuration.opusBitRate = talker.rate
        configuration.opusComplexity = talker.complexity
        encoder.configure(.standard, configuration)
        let memory = Memory()
        return (0..<speech.count / 960).map { tick in
            let frame = Array(speech[tick * 960..<tick * 960 + 960])
            return memory.packet(encoder.encode(frame, count: 960, into: memory.bytes))
        }
    }

    struct Outcome {
        var heard: [Int16] = []
        /// Samples by which the mix came late.
        var late = 0
        var microseconds = 0.0
    }

    /// The talker's packets until `over`, the mix of talker and other until `back`, and the packets again.
    static func run(
        _ packets: [[UInt8]], other: [Int16], over: Int, back: Int, _ method: Method, lost: Set<Int> = []
    ) -> Outcome {
        var outcome = Outcome()
        var ear = AudioDecoder(.opus)
        var decoder = AudioDecoder(.opus)
        var encoder = AudioEncoder(.init(codec: .opus, ticksPerPacket: 1), MixConfiguration())
        var through = PassThrough()
        let memory = Memory()
        let frame = SampleBuffer(count: AudioDecoder.longestPacket)
        let frames = SampleBuffer(count: AudioDecoder.longestPacket + PassThrough.kept * 960)
        for tick in packets.indices {
            let isMixed = method.isAlwaysMixed || (over..<back).contains(tick)
            if isMixed {
                if tick == over, !method.isAlwaysMixed {
                    let begin = ContinuousClock.now
                    if method.primes {
                        let count = through.decode(&decoder, into: frames.samples)
                        outcome.late = method.splices ? PassThrough.splice(frames.samples, count: count) : 0
                        encoder.prime(
                            frames.samples, count: count, late: outcome.late, independent: method.independent,
                            scratch: memory.bytes)
                    }
                    outcome.microseconds = (ContinuousClock.now - begin) / .microseconds(1)
                }
                if lost.contains(tick) {
                    _ = decoder.conceal(960, into: frame.samples)
                } else {
                    packets[tick].withUnsafeBytes { _ = decoder.decode($0, .opus, into: frame.samples) }
                }
                for index in 0..<960 {
                    let place = (tick - over) * 960 + index
                    let added = other.indices.contains(place) ? Int32(other[place]) : 0
                    frame.samples[index] = Int16(clamping: Int32(frame.samples[index]) + added)
                }
                let length = encoder.encode(frame.samples, tick: UInt64(tick), into: memory.bytes)
                let payload = UnsafeRawBufferPointer(rebasing: memory.bytes[..<length])
                _ = ear.decode(payload, .opus, into: frame.samples)
            } else if lost.contains(tick) {
                through.miss()
                _ = ear.conceal(960, into: frame.samples)
            } else {
                packets[tick].withUnsafeBytes { payload in
                    through.pass(payload)
                    _ = ear.decode(payload, .opus, into: frame.samples)
                }
            }
            outcome.heard += UnsafeBufferPointer(start: frame.samples, count: 960)
        }
        return outcome
    }

    /// The greatest change of spectrum within 5 ms, in decibels, around a place.
    static func flux(_ samples: [Int16], around place: Int) -> Double {
        var greatest = 0.0
        var before = Spectrum.bands(samples, place - 960)
        for start in stride(from: place - 720, through: place + 960, by: 240) {
            let bands = Spectrum.bands(samples, start)
            greatest = max(greatest, Spectrum.distance(bands, before))
            before = bands
        }
        return greatest
    }

    /// The sharpest bend within 3 ms before and 25 ms after a place, against what is usual in the 200 ms around.
    static func click(_ samples: [Int16], around place: Int) -> Double {
        func bend(_ range: Range<Int>) -> Double {
            range.reduce(0.0) { greatest, index in
                guard index >= 3, index < samples.count else { return greatest }
                let third =
                    Double(samples[index]) - 3 * Double(samples[index - 1]) + 3 * Double(samples[index - 2])
                    - Double(samples[index - 3])
                return max(greatest, abs(third))
            }
        }
        let usual = max(bend(place - 4800..<place - 200), bend(place + 1400..<place + 6000), 20)
        return 20 * log10(max(bend(place - 144..<place + 1200), 1) / usual)
    }
}
