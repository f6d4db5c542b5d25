/// What is heard, for one frame more, of those who left at once: their last frame backwards, fading. It goes on where
/// they were, so that nothing clicks.
struct Farewell: ~Copyable {
    private let sums: UnsafeMutablePointer<Int32>
    private let frame = SampleBuffer(count: AudioFrame.count)
    private(set) var isEmpty = true

    init() {
        sums = .allocate(capacity: AudioFrame.count)
        sums.initialize(repeating: 0, count: AudioFrame.count)
    }

    deinit { sums.deallocate() }

    mutating func add(_ last: UnsafePointer<Int16>) {
        for index in 0..<AudioFrame.count { frame.samples[index] = last[AudioFrame.count - 1 - index] }
        Fade.leave(frame.samples)
        SampleKernels.add(frame.samples, to: sums, count: AudioFrame.count)
        isEmpty = false
    }

    /// Adds it to a sum, once.
    mutating func give(to sum: inout MixSum) {
        guard !isEmpty else { return }
        sum.add(sums)
        sums.update(repeating: 0, count: AudioFrame.count)
        isEmpty = true
    }
}
