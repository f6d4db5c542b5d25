import Foundation
import Primitives
import Testing

@testable import Media

/// Speech that goes through the mixer, against the same speech through the same codecs without one.
@Suite struct SpeechQualityTests {
    /// What a talker sends.
    private final class Coder {
        private var encoder: AudioEncoder
        private let memory = Memory()
        private var tick = 0
        let codec: AudioCodec

        init(_ codec: AudioCodec) {
            self.codec = codec
            encoder = AudioEncoder(.init(codec: codec, ticksPerPacket: 1), MixConfiguration())
        }

        func payload(_ frame: ArraySlice<Int16>) -> [UInt8] {
            let length = Array(frame).withUnsafeBufferPointer { frame in
                frame.baseAddress.map { encoder.encode($0, tick: UInt64(tick), into: memory.bytes) } ?? 0
            }
            tick += 1
            return memory.packet(length)
        }

        /// RTP, version 2, without marker (RFC 3550 section 5.1).
        func packet(_ frame: ArraySlice<Int16>, source: Int) -> [UInt8] {
            let words = [0x8060_0000 | tick & 0xffff, tick * codec.clockRate / 50, source]
            let header = words.flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) } }
            return header + payload(frame)
        }
    }

    /// What a listener hears: each packet where its timestamp says, without a jitter buffer.
    private final class Listener {
        private var decoder: AudioDecoder
        private let codec: AudioCodec
        private let buffer = SampleBuffer(count: AudioDecoder.longestPacket)
        private var first: UInt32?
        private(set) var heard: [Int16] = []

        init(_ codec: AudioCodec) {
            self.codec = codec
            decoder = AudioDecoder(codec)
        }

        func receive(_ packet: [UInt8]) {
            packet.withUnsafeBytes { packet in
                guard let header = RTPHeader(packet), header.payloadType == 96 else { return }
                let start = first ?? header.timestamp
                first = start
                let place = Int(header.timestamp &- start) * (48000 / codec.clockRate)
                if place > heard.count { heard += [Int16](repeating: 0, count: place - heard.count) }
                receive(payload: header.payload(in: packet))
            }
        }

        func receive(payload: UnsafeRawBufferPointer) {
            let count = decoder.decode(payload, codec, into: buffer.samples)
            heard += UnsafeBufferPointer(start: buffer.samples, count: count)
        }
    }

    private func coded(_ said: [Int16], _ codec: AudioCodec) -> [Int16] {
        let coder = Coder(codec)
        let listener = Listener(codec)
        for start in stride(from: 0, to: said.count - 959, by: 960) {
            coder.payload(said[start..<start + 960]).withUnsafeBytes { listener.receive(payload: $0) }
        }
        return listener.heard
    }

    /// Everyone in one room: the first ones speak, all hear.
    private func mixed(_ talks: [[Int16]], _ codec: AudioCodec, to listeners: [AudioCodec]) throws -> [[Int16]] {
        var room = MixRoom(capacity: 8)
        let codecs = talks.map { _ in codec } + listeners
        for (slot, codec) in codecs.enumerated() {
            let leg = try MediaLeg(settings(codec, ssrc: UInt32(slot) + 1000), clock: clock, seed: UInt64(slot))
            #expect(room.add(leg) == slot)
        }
        let coders = talks.map { _ in Coder(codec) }
        let ears = codecs.map { Listener($0) }
        var batch = PacketBatch(capacity: 64)
        let ticks = (talks.map(\.count).max() ?? 0) / 960
        for tick in 0..<ticks + 10 {
            let now = milliseconds(Int64(tick) * 20)
            for (slot, (coder, said)) in zip(coders, talks).enumerated() where (tick + 1) * 960 <= said.count {
                let packet = coder.packet(said[tick * 960..<(tick + 1) * 960], source: slot + 1)
                _ = packet.withUnsafeBytes { room.receive(slot, $0, at: now + .milliseconds(3)) }
            }
            room.tick(due: now + .milliseconds(15), now: now + .milliseconds(15), into: &batch)
            batch.drain { slot, kind, packet in
                if kind == .rtp { ears[slot].receive(packet) }
            }
        }
        return ears.map(\.heard)
    }

    private static let listeners: [AudioCodec] = [.opus, .pcmu, .g722]

    /// The mixer costs what one more pass of the listener's codec costs, and on top of it next to nothing.
    private func check(_ said: [Int16], _ codec: AudioCodec) throws {
        let heard = try mixed([said], codec, to: Self.listeners)
        let once = coded(said, codec)
        for (index, listener) in Self.listeners.enumerated() {
            let isWide = codec.sampleRate > 8000 && listener.sampleRate > 8000
            let bandwidth = isWide ? 7000.0 : 3400
            let alone = SpeechScore(of: coded(once, listener), against: said, bandwidth: bandwidth)
            let score = SpeechScore(of: heard[index + 1], against: said, bandwidth: bandwidth)
            let figures: Comment = "\(codec) to \(listener): \(score), without a mixer \(alone)"
            compare(score, alone, figures, within: listener == .g722 ? 1.25 : 1)
            // Measured: two passes of Opus at 32 kbit/s keep 4 to 9 dB of the waves, of the others 21 to 33.
            #expect(score.segmentalSNR > (codec == .opus || listener == .opus ? 3.5 : 20), figures)
            #expect(score.spectralDistance < 3 && score.intelligibility > 0.92, figures)
        }
        // The talker hears nothing of it.
        #expect(Goertzel.rms(heard[0]) < 100, "\(codec): \(Goertzel.rms(heard[0]))")
    }

    /// Beyond 22 dB the waves differ by less than is heard: a gain that follows the talker takes 2 dB there. Below, others
    /// lose 0.2 and G.722 up to 1.1, of which that gain and pauses that are not encoded are 0.35, and ADPCM the rest.
    private func compare(_ score: SpeechScore, _ alone: SpeechScore, _ figures: Comment, within most: Double = 1) {
        #expect(score.segmentalSNR > min(alone.segmentalSNR, 22) - most, figures)
        #expect(score.spectralDistance < alone.spectralDistance + 0.3, figures)
        #expect(score.intelligibility > alone.intelligibility - 0.015, figures)
        #expect(score.lost < alone.lost + 0.005, figures)
    }

    @Test(arguments: [AudioCodec.opus, .pcmu, .g722])
    func theMixerCostsNoMoreThanOnePassOfTheListenersCodec(_ codec: AudioCodec) throws {
        try check(speech(seed: 1, seconds: 4), codec)
    }

    @Test(arguments: [AudioCodec.opus, .pcmu])
    func soItDoesWithAVoiceOfAnotherMake(_ codec: AudioCodec) throws {
        guard let said = synthesised("The mixer must not cost more than one more codec pass. Please say it again.")
        else {
            return
        }
        try check(said, codec)
    }

    @Test func twoWhoSpeakAtOnceAreHeardAsTheirSumAndByEachOtherAlone() throws {
        let talks = [speech(seed: 3, seconds: 4, level: -22), speech(seed: 4, seconds: 4, level: -22)]
        let sum = zip(talks[0], talks[1]).map { Int16(clamping: Int($0) + Int($1)) }
        let heard = try mixed(talks, .g722, to: [.g722])
        let passes = talks.map { coded($0, .g722) }
        let passedSum = zip(passes[0], passes[1]).map { Int16(clamping: Int($0) + Int($1)) }
        for (ear, (said, passed)) in [(talks[1], passes[1]), (talks[0], passes[0]), (sum, passedSum)].enumerated() {
            let alone = SpeechScore(of: coded(passed, .g722), against: said)
            let score = SpeechScore(of: heard[ear], against: said)
            let figures: Comment = "\(ear) hears \(score), without a mixer \(alone)"
            compare(score, alone, figures)
            #expect(score.segmentalSNR > 20, figures)
        }
    }

    /// A sentence that espeak-ng says; nil where it is not installed.
    private func synthesised(_ text: String) -> [Int16]? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/espeak-ng")
        process.arguments = ["-v", "en", "--stdout", text]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let file = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        // A WAV file of 16 bits at 22,050 Hz, whose header is 44 bytes long.
        guard process.terminationStatus == 0, file.count > 22_050 else { return nil }
        let samples = file.dropFirst(44).withUnsafeBytes { bytes in
            (0..<bytes.count / 2).map {
                Int16(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 2, as: Int16.self))
            }
        }
        let output = SampleBuffer(count: samples.count * 3)
        let count = Resampler(from: 22050, to: 48000).process(
            samples, count: samples.count, into: output.samples, capacity: output.count)
        return UnsafeBufferPointer(start: output.samples, count: count).map { $0 / 2 }
    }
}
