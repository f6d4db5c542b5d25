/// A sound to be played: 48 kHz, mono. Its memory is handed to the media threads and never given back, so there are to be
/// as many as there are files, not as there are plays.
public struct Recording: @unchecked Sendable {
    // Sendable: what it points to is written once, before anybody else sees it, and never freed.
    let samples: UnsafePointer<Int16>
    public let count: Int

    /// - Parameter samples: at 48 kHz.
    public init(_ samples: [Int16]) {
        let memory = UnsafeMutablePointer<Int16>.allocate(capacity: max(samples.count, 1))
        samples.withUnsafeBufferPointer {
            if let base = $0.baseAddress { memory.initialize(from: base, count: $0.count) }
        }
        self.samples = UnsafePointer(memory)
        count = samples.count
    }

    /// From a WAV file; nil when that is not one with 16-bit samples, one channel, and 8, 16 or 48 kHz.
    public init?(wav bytes: [UInt8]) {
        guard let file = WAVFile(bytes) else { return nil }
        guard file.rate != AudioFrame.rate else {
            self.init(file.samples)
            return
        }
        let resampler = Resampler(from: file.rate, to: AudioFrame.rate)
        guard resampler.isReady, !file.samples.isEmpty else { return nil }
        // A little silence pushes the end out of the resampler.
        let input = file.samples + [Int16](repeating: 0, count: file.rate / 100)
        var output = [Int16](repeating: 0, count: input.count * (AudioFrame.rate / file.rate))
        let capacity = output.count
        let written = output.withUnsafeMutableBufferPointer { out in
            input.withUnsafeBufferPointer { samples in
                guard let base = samples.baseAddress, let start = out.baseAddress else { return 0 }
                return resampler.process(base, count: samples.count, into: start, capacity: capacity)
            }
        }
        guard written > 0 else { return nil }
        self.init(Array(output[..<min(written, output.count)]))
    }
}
