/// Preallocated 16-bit samples, zero at first, owned by this value alone.
struct SampleBuffer: ~Copyable {
    let samples: UnsafeMutablePointer<Int16>
    let count: Int

    init(count: Int) {
        self.count = count
        samples = .allocate(capacity: count)
        samples.initialize(repeating: 0, count: count)
    }

    deinit { samples.deallocate() }

    func clear() { samples.update(repeating: 0, count: count) }

    func copy(_ other: UnsafePointer<Int16>) { samples.update(from: other, count: count) }
}

/// The tick that everything is mixed in: 20 ms at 48 kHz, mono.
public enum AudioFrame {
    public static let rate = 48000
    public static let count = 960
    public static let duration = Duration.milliseconds(20)
}
