import Foundation
import Primitives
import Testing

@testable import Media

/// Phones that send comfort noise (RFC 3389) while nobody speaks, and are sent it.
@Suite struct ComfortNoiseTests {
    private static func settings(_ codec: AudioCodec, ssrc: UInt32 = 2) -> LegMediaSettings {
        var settings = MediaTests.settings(codec, ssrc: ssrc)
        settings.comfortNoise = 13
        return settings
    }

    /// A phone in a room with noise, that sends speech, and comfort noise for the rest.
    private final class Phone {
        private var encoder: AudioEncoder
        private var random = SplitMix64(3)
        private var voice = SpeechSource(seed: 4, level: -20, noise: -90, activity: 1)
        private let memory = Memory()
        private var sequence: UInt16 = 65_500
        private let codec: AudioCodec
        private let noise: Double
        private var wasSilent = true
        private(set) var said: [Int16] = []

        init(_ codec: AudioCodec, noise: Double) {
            self.codec = codec
            self.noise = noise
            encoder = AudioEncoder(.init(codec: codec, ticksPerPacket: 1), MixConfiguration())
        }

        /// The packet of a tick; nil between two of comfort noise.
        func packet(_ tick: Int, _ state: State) -> [UInt8]? {
            var payload: [UInt8] = []
            switch state {
            case .speech, .background:
                var samples = [Int16](repeating: 0, count: 960)
                if state == .speech {
                    samples.withUnsafeMutableBufferPointer { buffer in
                        if let base = buffer.baseAddress { voice.generate(into: base, count: 960) }
                    }
                }
                // What the codec leaves of white noise has the level.
                let share = Double(48000 / codec.sampleRate)
                let peak = 32768 * pow(10, noise / 20) * (3 * share).squareRoot()
                samples = samples.map { Int16(clamping: Int(Double($0) + .random(in: -peak...peak, using: &random))) }
                said += samples
                payload = memory.packet(encoder.encode(samples, tick: UInt64(tick), into: memory.bytes))
            case .comfort: payload = [UInt8(-noise)]
            case .nothing: return nil
            }
            let start = RTPHeader.write(
                into: memory.bytes, marker: wasSilent && state != .comfort,
                payloadType: state == .comfort ? 13 : 96, sequence: sequence,
                timestamp: UInt32(truncatingIfNeeded: tick) &* codec.clockPerTick, ssrc: 9)
            sequence &+= 1
            wasSilent = state == .comfort
            return memory.packet(start ?? 0) + payload
        }
    }

    private enum State { case speech, background, comfort, nothing }

    /// 1.2 s of speech and 200 ms of its room, then comfort noise every 200 ms, and speech again from tick 140.
    private func state(_ tick: Int) -> State {
        if tick < 60 || tick >= 140 { return .speech }
        return tick < 70 ? .background : (tick - 70).isMultiple(of: 10) ? .comfort : .nothing
    }

    private func level(_ samples: ArraySlice<Int16>) -> Double { 20 * log10(max(Goertzel.rms(samples), 0.001) / 32768) }

    @Test(arguments: [AudioCodec.pcmu, .pcma, .g722], [-50.0, -40, -62])
    func aPauseIsHeardAtTheLevelThatThePhoneTells(_ codec: AudioCodec, _ noise: Double) throws {
        let receiver = try Peer(Self.settings(codec), frequency: 500)
        let phone = Phone(codec, noise: noise)
        var concealed: UInt64 = 0
        for tick in 0..<200 {
            let now = milliseconds(Int64(tick) * 20)
            if let packet = phone.packet(tick, state(tick)) { receiver.receive(packet, at: now + .milliseconds(2)) }
            receiver.hear(now + .milliseconds(15))
            if tick == 65 { concealed = receiver.leg.statistics.framesConcealed }
        }
        let heard = receiver.heard
        #expect(receiver.leg.statistics.framesConcealed == concealed, "nothing is made up in a pause")
        #expect(receiver.leg.statistics.packetsLost == 0 && receiver.leg.statistics.packetsWrongPayload == 0)
        #expect(abs(level(heard[76 * 960..<138 * 960]) - noise) < 2)
        // Where 16 kHz go over to 8 the noise sets in within 10 ms.
        let dip = codec == .g722 ? 20.0 : 8
        // Nothing clicks, and nothing is missing, where it begins and in between.
        for start in stride(from: 64 * 960, to: 138 * 960, by: 480) {
            let now = level(heard[start..<start + 480])
            #expect(now < noise + 5 && now > noise - dip, "\(codec) \(noise) at \(start / 48) ms: \(now)")
        }
        for start in stride(from: 64 * 960, to: 138 * 960, by: 96) {
            #expect(level(heard[start..<start + 96]) < noise + 10, "\(codec) \(noise) at \(start / 48) ms")
        }
        // Where speech comes again it is whole from its first packet on.
        let score = SpeechScore(
            of: Array(heard[138 * 960..<200 * 960]), against: Array(phone.said[70 * 960..<128 * 960]), bandwidth: 3400)
        #expect(score.lost < 0.02 && score.segmentalSNR > 15, "\(score)")
    }

    @Test func theNoiseChangesWithThePackets() throws {
        let receiver = try Peer(Self.settings(.pcmu), frequency: 500)
        var phones = [-60.0, -45].map { Phone(.pcmu, noise: $0) }
        _ = phones.removeLast()
        let phone = phones[0]
        for tick in 0..<120 {
            let now = milliseconds(Int64(tick) * 20)
            if var packet = phone.packet(tick, tick < 20 ? .background : tick % 10 == 0 ? .comfort : .nothing) {
                if tick >= 70 { packet[packet.count - 1] = 45 }
                receiver.receive(packet, at: now + .milliseconds(2))
            }
            receiver.hear(now + .milliseconds(15))
        }
        #expect(abs(level(receiver.heard[30 * 960..<68 * 960]) + 60) < 2)
        #expect(abs(level(receiver.heard[75 * 960..<118 * 960]) + 45) < 2)
    }

    @Test func reorderedAndLatePacketsOfNoiseDoNotSilenceSpeech() throws {
        let receiver = try Peer(Self.settings(.pcmu), frequency: 500)
        let phone = Phone(.pcmu, noise: -50)
        var waiting: [[UInt8]] = []
        for tick in 0..<120 {
            let now = milliseconds(Int64(tick) * 20)
            // Comfort noise that comes 60 ms later, after the speech that followed it.
            let packet = phone.packet(tick, tick == 50 ? .comfort : .speech)
            if tick == 50, let packet { waiting.append(packet) }
            if tick != 50, let packet { receiver.receive(packet, at: now + .milliseconds(2)) }
            if tick == 53, let late = waiting.popLast() { receiver.receive(late, at: now + .milliseconds(3)) }
            receiver.hear(now + .milliseconds(15))
        }
        #expect(level(receiver.heard[56 * 960..<110 * 960]) > -30)
        #expect(receiver.leg.ear?.pointee.isComfort == false)
    }

    @Test func itIsNoVoiceHoweverLoud() throws {
        let stage = Stage()
        let slot = try stage.add(.pcmu) { _ in nil }
        let listener = try stage.add(.pcmu) { _ in nil }
        try stage.room.update(slot, Self.settings(.pcmu, ssrc: 1100))
        let phone = Phone(.pcmu, noise: -30)
        var awake: [Int] = []
        func run(_ ticks: Range<Int>, _ state: (Int) -> State) {
            for tick in ticks {
                if let packet = phone.packet(tick, state(tick)) {
                    packet.withUnsafeBytes {
                        _ = stage.room.receive(slot, $0, at: stage.now(UInt64(tick)) + .milliseconds(2))
                    }
                }
                stage.step()
                if stage.isAwake(slot) { awake.append(tick) }
            }
        }
        // Who only ever sends noise is never decoded.
        run(0..<100) { $0 % 10 == 0 ? .comfort : .nothing }
        #expect(awake.isEmpty)
        run(100..<150) { _ in .speech }
        #expect(stage.isAwake(slot))
        run(150..<400) { $0 % 10 == 0 ? .comfort : .nothing }
        // Heard for as long as a pause in speech is, and then no more.
        #expect((awake.max() ?? 0) < 180)
        #expect(stage.isSilent)
        let last = stage.sent.last { $0.slot == listener && $0.kind == .rtp }
        #expect(last?.packet.count == 12 + 160)
        run(400..<410) { _ in .speech }
        #expect(stage.isAwake(slot))
    }

    @Test func whereItWasNotAgreedItIsAWrongPayload() throws {
        var leg = try MediaLeg(MediaTests.settings(.pcmu), clock: clock, seed: 1)
        let packet = Phone(.pcmu, noise: -50).packet(0, .comfort) ?? []
        packet.withUnsafeBytes { _ = leg.receive($0, at: milliseconds(0)) }
        #expect(leg.statistics.packetsWrongPayload == 1)
        // And where it was, an empty one is none.
        var other = try MediaLeg(Self.settings(.pcmu), clock: clock, seed: 1)
        packet.dropLast().withUnsafeBytes { _ = other.receive($0, at: milliseconds(0)) }
        packet.withUnsafeBytes { _ = other.receive($0, at: milliseconds(20)) }
        #expect(other.statistics.packetsReceived == 1)
    }

    @Test(arguments: [AudioCodec.pcmu, .pcma, .g722])
    func silenceGoesOutAsComfortNoiseAndSpeechAfterItWithTheMarker(_ codec: AudioCodec) throws {
        let stage = Stage()
        let talker = try stage.add(codec, steadyTone(440))
        let listener = try stage.add(codec) { _ in nil }
        try stage.room.update(listener, Self.settings(codec, ssrc: 1101))
        let receiver = try Peer(Self.settings(codec), frequency: 500)
        var headers: [RTPHeader] = []
        func run(_ ticks: Int) {
            for _ in 0..<ticks {
                stage.run(1)
                let now = stage.now(stage.tick)
                for item in stage.sent where item.slot == listener && item.kind == .rtp {
                    item.packet.withUnsafeBytes { if let header = RTPHeader($0) { headers.append(header) } }
                    receiver.receive(item.packet, at: now)
                }
                receiver.hear(now + .milliseconds(15))
            }
        }
        run(60)
        stage.voices[talker] = { _ in Stage.silence }
        run(140)
        stage.voices[talker] = steadyTone(440)
        run(60)
        let noise = headers.filter { $0.payloadType == 13 }
        #expect((8...16).contains(noise.count) && noise.allSatisfy { !$0.marker })
        if let last = headers.lastIndex(where: { $0.payloadType == 13 }), last + 1 < headers.count {
            #expect(headers[last + 1].marker && headers[last + 1].payloadType == 96)
        } else {
            Issue.record("no speech after the noise")
        }
        #expect(zip(headers, headers.dropFirst()).allSatisfy { $1.sequence == $0.sequence &+ 1 })
        #expect(abs(level(receiver.heard[130 * 960..<190 * 960]) + 75) < 4)
        #expect(receiver.leg.statistics.framesConcealed == 0)
        #expect(Goertzel.level(receiver.heard.suffix(9600), 440) > -15)
    }
}
