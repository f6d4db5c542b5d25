import Synchronization

/// What a caller says as the name, on its way from a media thread to the control side: three seconds at most, in memory that
/// is there before the first sample comes.
///
/// `@unchecked Sendable`: the samples belong to the media thread until `count` tells of them (release).
public final class NameTape: @unchecked Sendable {
    /// Three seconds at 48 kHz.
    public static let limit = 3 * AudioFrame.rate
    /// A frame sounds from this energy on (-46 dBov), and a name from so many of them (RFC 3551 frames of 20 ms).
    private static let audible: Double = 230 * 230
    private static let leastFrames = 5
    /// What is left of the silence around it: 40 ms.
    private static let margin = 2

    private let samples: UnsafeMutablePointer<Int16>
    private let count = Atomic<Int>(0)

    public init() {
        samples = .allocate(capacity: Self.limit)
        // Touched here, so that the media thread does not wait for pages.
        samples.initialize(repeating: 0, count: Self.limit)
    }

    deinit { samples.deallocate() }

    /// Media thread: 20 ms more.
    /// - Returns: whether there is room for another frame.
    func add(_ frame: UnsafePointer<Int16>) -> Bool {
        let position = count.load(ordering: .relaxed)
        guard position + AudioFrame.count <= Self.limit else { return false }
        (samples + position).update(from: frame, count: AudioFrame.count)
        count.store(position + AudioFrame.count, ordering: .releasing)
        return position + 2 * AudioFrame.count <= Self.limit
    }

    /// Control side, when the media thread has let go of it: the name without the silence around it; nil for silence.
    public func name() -> Recording? {
        let frames = count.load(ordering: .acquiring) / AudioFrame.count
        let sounding = (0..<frames).filter { isAudible($0) }
        guard sounding.count >= Self.leastFrames, let first = sounding.first, let last = sounding.last else {
            return nil
        }
        let from = max(first - Self.margin, 0) * AudioFrame.count
        let to = min(last + 1 + Self.margin, frames) * AudioFrame.count
        return Recording(UnsafeBufferPointer(start: samples + from, count: to - from))
    }

    private func isAudible(_ frame: Int) -> Bool {
        var energy = 0.0
        for index in 0..<AudioFrame.count {
            let sample = Double(samples[frame * AudioFrame.count + index])
            energy += sample * sample
        }
        return energy / Double(AudioFrame.count) >= Self.audible
    }
}
