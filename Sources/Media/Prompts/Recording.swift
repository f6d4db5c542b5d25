/// A sound to be played: 48 kHz, mono.
public struct Recording: @unchecked Sendable {
    // Sendable: what it points to is written once, before anybody else sees it, and freed with the last copy.
    let samples: UnsafePointer<Int16>
    public let count: Int
    private var memory: RecordingMemory

    /// - Parameter samples: at 48 kHz.
    public init(_ samples: some Collection<Int16>) {
        memory = RecordingMemory(samples)
        self.samples = UnsafePointer(memory.samples)
        count = memory.count
    }

    /// Whether this is the only copy: nobody plays it, or is going to. Whoever keeps it until then frees it, and not a
    /// media thread.
    public mutating func isUnused() -> Bool { isKnownUniquelyReferenced(&memory) }

    /// From a WAV file; nil when that is not one with 16-bit samples, one channel, and 8, 16, 22.05 or 48 kHz.
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
        var output = [Int16](repeating: 0, count: input.count * AudioFrame.rate / file.rate + 1)
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
