import Foundation
import Testing

@testable import Media

@Suite struct SilenceTests {
    /// What a listener's decoder does between two packets of DTX.
    enum Between: CaseIterable {
        /// Goes on with its own concealment, as libwebrtc does after a packet of one or two octets.
        case concealment
        /// Plays zeros.
        case zeros
    }

    /// Two seconds of speech, 200 ms of encoded quiet, two seconds of silence packets, and the speech again.
    /// - Returns: what was heard, and what is heard when all of it is encoded.
    private func pause(
        _ codec: AudioCodec, _ between: Between, at offset: Int
    ) -> (heard: [Int16], reference: [Int16]) {
        let speech = Speech.samples(0, seconds: 6)
        let zeros = [Int16](repeating: 0, count: 960)
        var encoder = AudioEncoder(.init(codec: codec, ticksPerPacket: 1), MixConfiguration())
        var whole = AudioEncoder(.init(codec: codec, ticksPerPacket: 1), MixConfiguration())
        var decoder = AudioDecoder(codec)
        var other = AudioDecoder(codec)
        let memory = Memory()
        let output = SampleBuffer(count: AudioDecoder.longestPacket)
        var heard: [Int16] = []
        var reference: [Int16] = []
        for tick in 0..<306 {
            let speaks = tick < 102 || tick >= 204
            let start = (offset + tick % 204 + (tick >= 204 ? 60 : 0)) * 960
            let frame = speaks ? Array(speech[start..<start + 960]) : zeros
            let full = whole.encode(frame, tick: UInt64(tick), into: memory.bytes)
            if full > 0 {
                let count = other.decode(
                    UnsafeRawBufferPointer(rebasing: memory.bytes[..<full]), codec, into: output.samples)
                reference += UnsafeBufferPointer(start: output.samples, count: count)
            }
            var length = 0
            if speaks || tick < 114 {
                length = encoder.encode(frame, tick: UInt64(tick), into: memory.bytes)
            } else if (tick - 114).isMultiple(of: encoder.kind.silenceInterval) {
                length = encoder.silence(into: memory.bytes)
            }
            var count = 0
            if length > 0 {
                let payload = UnsafeRawBufferPointer(rebasing: memory.bytes[..<length])
                count = decoder.decode(payload, codec, into: output.samples)
            } else if between == .concealment {
                count = decoder.conceal(960, into: output.samples)
            } else {
                output.clear()
                count = 960
            }
            heard += UnsafeBufferPointer(start: output.samples, count: count)
        }
        return (heard, reference)
    }

    @Test(arguments: AudioCodec.allCases, Between.allCases)
    func speechAfterSilencePacketsSoundsAsIfAllHadBeenEncoded(_ codec: AudioCodec, _ between: Between) {
        var added = 0.0
        var distances: [Double] = []
        for offset in [0, 11, 23, 37, 50] {
            let (heard, reference) = pause(codec, between, at: offset)
            #expect(heard.count == reference.count)
            // The pause is one: below -70 dBFS, as the quiet that is encoded is.
            #expect(Goertzel.rms(heard[120 * 960..<203 * 960]) < 10)
            for place in stride(from: 204 * 960, to: 214 * 960, by: 240) {
                distances.append(Spectrum.distance(Spectrum.bands(heard, place), Spectrum.bands(reference, place)))
                added = max(added, Self.level(heard, place) - Self.level(reference, place))
            }
            if offset == 0 { Artefacts.write(heard, "silence-\(codec)-\(between)") }
        }
        // The first 200 ms after the pause: nothing is louder by more than what two encoders differ in anyway, and
        // spectra are alike.
        let mean = distances.reduce(0, +) / Double(distances.count)
        #expect(added < (codec == .opus ? 4.5 : 1.5), "\(codec) \(between): \(added) dB")
        #expect(mean < (codec == .opus ? 1.5 : 0.7), "\(codec) \(between): \(mean) dB")
    }

    /// Level of 5 ms in decibels, over a floor of -60 dBFS.
    private static func level(_ samples: [Int16], _ place: Int) -> Double {
        10 * log10(pow(Goertzel.rms(samples[place..<place + 240]), 2) + 1000)
    }

    @Test(arguments: AudioCodec.allCases, [1, 2, 3])
    func silenceIsAWholePacketAtAWholeInterval(_ codec: AudioCodec, _ ticks: Int) throws {
        var encoder = AudioEncoder(.init(codec: codec, ticksPerPacket: ticks), MixConfiguration())
        let memory = Memory()
        let speech = Speech.samples(1, seconds: 2)
        for tick in 0..<30 {
            _ = encoder.encode(Array(speech[tick * 960..<tick * 960 + 960]), tick: UInt64(tick), into: memory.bytes)
        }
        let last = memory.bytes[0]
        let length = encoder.silence(into: memory.bytes)
        #expect(encoder.kind.silenceInterval.isMultiple(of: ticks))
        #expect((8...21).contains(encoder.kind.silenceInterval))
        if codec == .opus {
            #expect(length == 1)
            #expect(memory.bytes[0] >> 3 == last >> 3)
            let packet = try #require(OpusPacket(UnsafeRawBufferPointer(rebasing: memory.bytes[..<1])))
            #expect(packet.isDTX)
        } else {
            #expect(length == 160 * ticks)
        }
        let nothing = encoder.silence(into: UnsafeMutableRawBufferPointer(start: nil, count: 0))
        #expect(nothing == 0)
    }
}
