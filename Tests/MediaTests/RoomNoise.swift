import Foundation

@testable import Media

/// Quiet noise with the fall of a room's.
struct RoomNoise {
    private var random: SplitMix
    private let scale: Float
    private var low: Float = 0

    /// - Parameter level: root mean square in dBFS; held within -90…-40.
    init(seed: UInt64, level: Double = -70) {
        random = SplitMix(seed)
        // The filter leaves 0.167 of the power of white noise, which has a third of its peak's.
        scale = Float(32767 * pow(10, min(max(level, -90), -40) / 20) / 0.2361)
    }

    /// Adds a frame of it to a sum.
    mutating func add(to sum: UnsafeMutablePointer<Int32>, count: Int = AudioFrame.count) {
        var index = 0
        while index < count {
            var word = random.next()
            for place in index..<min(index + 4, count) {
                let white = Float(Int16(truncatingIfNeeded: word)) * (1 / 32768)
                word >>= 16
                // 6 dB an octave down from 1 kHz, and level again 12 dB below, where hiss would begin.
                low += (white - low) * 0.123
                sum[place] &+= SampleKernels.rounded((low + white * 0.25) * scale)
            }
            index += 4
        }
    }
}
