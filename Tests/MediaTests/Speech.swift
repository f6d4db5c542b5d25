import Foundation

@testable import Media

/// Speech at 48 kHz for tests: of espeak-ng where it is installed, else of the built-in synthesiser.
enum Speech {
    /// - Parameter voice: 0…2 for three voices that say different things.
    static func samples(_ voice: Int, seconds: Int = 10, level: Double = -23) -> [Int16] {
        var raw = voices[voice % 3]
        while raw.count < seconds * 48000 { raw += raw }
        raw = Array(raw.prefix(seconds * 48000))
        let loud = raw.filter { abs(Int($0)) > 100 }
        let gain = 32767 * pow(10, level / 20) / max(Goertzel.rms(loud), 1)
        return raw.map { Int16(min(max((Double($0) * gain).rounded(), -32000), 32000)) }
    }

    private static let voices = (0..<3).map { espeak($0) ?? babble($0, 10) }

    static var hasSynthesiser: Bool { FileManager.default.isExecutableFile(atPath: "/usr/bin/espeak-ng") }

    private static let texts = [
        (
            "en-us+m3",
            "Good morning everybody. The quick brown fox jumps over the lazy dog while she sells sea shells. "
                + "Could you send me the figures before Thursday afternoon? Seventy six of them are still missing."
        ),
        (
            "en-us+f2",
            "Yes of course, I have put them in the shared folder. We should also speak about the schedule, "
                + "because Simon is away and the customer wants fresh results on Friday. Is that all right?"
        ),
        (
            "de+m1",
            "Guten Tag zusammen, ich wollte nur kurz sagen, dass die neue Fassung jetzt bereitsteht. Sechzig "
                + "waren gestern dabei, und niemand hat sich beschwert. Wir sehen uns am Montag wieder."
        ),
    ]

    private static func babble(_ voice: Int, _ seconds: Int) -> [Int16] {
        var source = SpeechSource(seed: UInt64(voice) + 77, level: -23, noise: -80)
        var samples = [Int16](repeating: 0, count: seconds * 48000)
        samples.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress { source.generate(into: base, count: buffer.count) }
        }
        return samples
    }

    /// 32 taps for each of 320 phases.
    private static let sincs: [Float] = (0..<320 * 32).map { place in
        let distance = Double(place % 32 - 15) - Double(place / 32) / 320
        let sinc = distance == 0 ? 1 : sin(Double.pi * distance) / (Double.pi * distance)
        return Float(sinc * (0.5 + 0.5 * cos(Double.pi * distance / 17)))
    }

    private static func espeak(_ voice: Int) -> [Int16]? {
        guard hasSynthesiser else { return nil }
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/espeak-ng")
        let (name, text) = texts[voice % texts.count]
        process.arguments = ["-v", name, "-s", String(140 + 10 * (voice % 3)), "--stdout", text]
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0, data.count > 22050 else { return nil }
        let narrow = data.dropFirst(44).withUnsafeBytes { bytes in
            (0..<bytes.count / 2).map {
                Int16(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 2, as: Int16.self))
            }
        }
        // 22.05 to 48 kHz, 147 to 320, with a windowed sinc for each phase, so that no images are left above 11 kHz.
        return [Int16](unsafeUninitializedCapacity: narrow.count * 320 / 147) { wide, count in
            count = narrow.count * 320 / 147
            for place in 0..<count {
                let first = place * 147 / 320 - 15
                let phase = place * 147 % 320 * 32
                var sum: Float = 0
                var index = max(first, 0)
                while index < min(first + 32, narrow.count) {
                    sum += Float(narrow[index]) * sincs[phase + index - first]
                    index += 1
                }
                wide[place] = Int16(min(max(sum, -32000), 32000))
            }
        }
    }
}

/// Writes samples as a WAV file into the directory that `CONFAB_AUDIO_ARTEFACTS` names; nothing without it.
enum Artefacts {
    static let isOn = ProcessInfo.processInfo.environment["CONFAB_AUDIO_ARTEFACTS"] != nil

    static func write(_ samples: [Int16], _ name: String) {
        guard let directory = ProcessInfo.processInfo.environment["CONFAB_AUDIO_ARTEFACTS"] else { return }
        var data = Data()
        func word(_ value: UInt32) { withUnsafeBytes(of: value.littleEndian) { data.append(contentsOf: $0) } }
        func half(_ value: UInt16) { withUnsafeBytes(of: value.littleEndian) { data.append(contentsOf: $0) } }
        data.append(contentsOf: Array("RIFF".utf8))
        word(UInt32(36 + samples.count * 2))
        data.append(contentsOf: Array("WAVEfmt ".utf8))
        word(16)
        half(1)
        half(1)
        word(48000)
        word(96000)
        half(2)
        half(16)
        data.append(contentsOf: Array("data".utf8))
        word(UInt32(samples.count * 2))
        samples.withUnsafeBytes { data.append(contentsOf: $0) }
        try? FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try? data.write(to: URL(fileURLWithPath: directory).appendingPathComponent(name + ".wav"))
    }
}
