import Foundation
import Testing

@testable import Media

@Suite struct PassThroughTests {
    private typealias Experiment = PassThroughExperiment

    /// Places in the middle of a talker's words where the mix takes over, with three voices.
    private func seams(_ talker: Experiment.Talker, _ method: Experiment.Method, lost: Set<Int> = []) -> Seams {
        var seams = Seams()
        for voice in 0..<3 {
            let speech = Speech.samples(voice, seconds: 4)
            let packets = Experiment.packets(speech, talker)
            let always = Experiment.run(packets, other: [], over: 0, back: 0, .always).heard
            for over in stride(from: 30, to: 190, by: Artefacts.isOn ? 4 : 12) {
                guard Goertzel.rms(speech[(over * 960 - 960)..<over * 960]) > 500 else { continue }
                let gone = Set(lost.map { over + $0 })
                let outcome = Experiment.run(
                    packets, other: [], over: method.isNeverMixed ? 1000 : over, back: 1000, method, lost: gone)
                let place = over * 960 + (method.isAlwaysMixed ? OpusEncoder.lookAhead : 0)
                seams.flux.append(Experiment.flux(outcome.heard, around: place))
                seams.clicks.append(Experiment.click(outcome.heard, around: place))
                seams.microseconds.append(outcome.microseconds)
                for index in 0..<10 {
                    let place = (over + index) * 960 + 200
                    let distance = Spectrum.distance(
                        Spectrum.bands(outcome.heard, place + outcome.late), Spectrum.bands(always, place))
                    seams.distances[index] += distance
                }
                if over == 66 { Artefacts.write(outcome.heard, "over-\(talker.rate)-\(voice)-\(method.name)") }
            }
        }
        if Artefacts.isOn { print(talker, method.name, lost.sorted(), seams) }
        return seams
    }

    struct Seams: CustomStringConvertible {
        var flux: [Double] = []
        var clicks: [Double] = []
        var microseconds: [Double] = []
        var distances = [Double](repeating: 0, count: 10)

        static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(values.count, 1)) }
        static func quantile(_ values: [Double], _ share: Double) -> Double {
            let sorted = values.sorted()
            return sorted.isEmpty ? 0 : sorted[min(Int(Double(sorted.count) * share), sorted.count - 1)]
        }
        var description: String {
            let apart = distances.map { String(format: "%.1f", $0 / Double(max(flux.count, 1))) }
            return String(
                format: "n %d flux mean %.2f q95 %.2f click mean %.2f q95 %.2f us %.0f apart ", flux.count,
                Self.mean(flux), Self.quantile(flux, 0.95), Self.mean(clicks), Self.quantile(clicks, 0.95),
                Self.mean(microseconds)) + apart.joined(separator: " ")
        }
    }

    @Test(arguments: [
        Experiment.Talker(), .init(rate: 16000), .init(application: .lowDelay, rate: 48000),
    ])
    func theMixTakesOverWithoutASeam(_ talker: PassThroughExperiment.Talker) {
        let always = seams(talker, .always)
        let hard = seams(talker, .hard)
        let primed = seams(talker, .full)
        // As smooth as a mix that was there all the time; the same measure hears the hard switch.
        #expect(Seams.mean(primed.flux) < Seams.mean(always.flux) + 1)
        #expect(Seams.quantile(primed.flux, 0.95) < Seams.quantile(always.flux, 0.95) + 2)
        #expect(Seams.mean(primed.flux) < Seams.mean(hard.flux) - 1)
        #expect(Seams.mean(primed.clicks) < Seams.mean(always.clicks) + 1.5)
        // In the first frame it is already what it will be.
        let apart = primed.distances.map { $0 / Double(max(primed.flux.count, 1)) }
        #expect(apart[0] < 3.5 && apart[4] < 2.5)
        #expect(apart[0] < hard.distances[0] / Double(max(hard.flux.count, 1)) / 2)
    }

    @Test func lossJustBeforeTheSeamDoesNotMakeOne() {
        let through = seams(.init(), .never, lost: [-1])
        let always = seams(.init(), .always, lost: [-1])
        let primed = seams(.init(), .full, lost: [-1])
        // What follows a lost packet sets in as sharply at the talker's own listener. With the mix it has its sharpest
        // bend 2 dB nearer to what is usual in the words around, which is still 8 dB below.
        #expect(Seams.mean(primed.flux) < max(Seams.mean(always.flux), Seams.mean(through.flux)) + 1)
        #expect(Seams.mean(primed.clicks) < max(Seams.mean(always.clicks), Seams.mean(through.clicks)) + 3.5)
        #expect(Seams.mean(primed.clicks) < -4)
    }

    @Test func theTalkersPacketsComeBackInAPauseWithoutASeam() {
        var mixed: [Double] = []
        var back: [Double] = []
        var levels: [Double] = []
        for voice in 0..<3 {
            let speech = Speech.samples(voice, seconds: 8)
            let packets = Experiment.packets(speech, .init())
            let only = Experiment.run(packets, other: [], over: 1000, back: 1000, .full).heard
            let always = Experiment.run(packets, other: [], over: 0, back: 0, .always).heard
            for turn in 60..<380 {
                // After 60 ms of a pause between words.
                guard Goertzel.rms(speech[(turn - 3) * 960..<turn * 960]) < 60,
                    Goertzel.rms(speech[(turn - 5) * 960..<(turn - 3) * 960]) > 60
                else { continue }
                let outcome = Experiment.run(packets, other: [], over: turn - 25, back: turn, .full)
                back.append(Experiment.flux(outcome.heard, around: turn * 960))
                mixed.append(Experiment.flux(always, around: turn * 960))
                for place in stride(from: turn * 960, to: (turn + 15) * 960, by: 480) where place + 480 < only.count {
                    let mine = Goertzel.rms(outcome.heard[place..<place + 480])
                    let its = Goertzel.rms(only[place..<place + 480])
                    levels.append(10 * log10((mine * mine + 1000) / (its * its + 1000)))
                }
                if back.count % 3 == 1 { Artefacts.write(outcome.heard, "back-\(voice)-\(turn)") }
            }
        }
        #expect(back.count >= 5)
        #expect(Seams.mean(back) < Seams.mean(mixed) + 1.5)
        #expect(levels.allSatisfy { $0 < 6 })
        #expect(Seams.mean(levels.map(abs)) < 1)
    }

    // MARK: What may go through

    private func isEligible(_ payload: [UInt8], _ tier: OpusProfile.Tier = .full, ticks: Int = 1) -> Bool {
        var profile = OpusProfile()
        profile.tier = tier
        let kind = AudioEncoderClass(codec: .opus, ticksPerPacket: ticks, opus: profile)
        return payload.withUnsafeBytes { PassThrough.isEligible($0, kind, rate: 32000) }
    }

    /// A packet of a configuration (RFC 6716 table 2), code 0.
    private func packet(_ configuration: UInt8, octets: Int = 80, stereo: Bool = false) -> [UInt8] {
        [configuration << 3 | (stereo ? 4 : 0)] + [UInt8](repeating: 0x5a, count: octets - 1)
    }

    @Test func onlyWhatTheListenersWouldGetAnywayGoesThrough() {
        // SILK wideband, hybrid fullband, CELT fullband; 20 ms each.
        for configuration: UInt8 in [9, 15, 31] { #expect(isEligible(packet(configuration))) }
        for configuration: UInt8 in [8, 10, 11, 14, 28, 29, 30] {
            #expect(!isEligible(packet(configuration)), "10, 40, 60, 10, 2.5, 5 and 10 ms")
        }
        #expect(!isEligible(packet(15, stereo: true)))
        #expect(!isEligible(packet(15, octets: 300)))
        #expect(!isEligible(packet(15), .wide))
        #expect(!isEligible(packet(9), .narrow))
        #expect(isEligible(packet(1, octets: 40), .narrow))
        #expect(!isEligible(packet(15), ticks: 2))
        #expect(!isEligible([]))
        let pcm = packet(15).withUnsafeBytes {
            PassThrough.isEligible($0, AudioEncoderClass(codec: .pcmu, ticksPerPacket: 1), rate: 32000)
        }
        #expect(!pcm)
    }

    @Test func hostilePacketsNeitherPassNorHurt() {
        var random = SplitMix(9)
        var through = PassThrough()
        var decoder = AudioDecoder(.opus)
        let samples = SampleBuffer(count: AudioDecoder.longestPacket + PassThrough.kept * 960)
        for _ in 0..<500 {
            let payload = (0..<Int.random(in: 0...900, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            _ = isEligible(payload)
            payload.withUnsafeBytes { through.pass($0) }
            let count = through.decode(&decoder, into: samples.samples)
            #expect(count == through.count * 960)
            let late = PassThrough.splice(samples.samples, count: count)
            #expect((0...480).contains(late))
        }
    }
}
