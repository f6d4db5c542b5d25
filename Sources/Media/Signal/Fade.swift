#if canImport(Glibc)
    import Glibc
#endif

/// How a leg's frame enters and leaves a mix: on half a raised cosine, in place, before the sum.
enum Fade {
    /// 5 ms.
    static let inCount = 240
    /// 20 ms: the whole frame.
    static let outCount = AudioFrame.count

    private static let curveIn = curve(inCount)
    private static let curveOut = curve(outCount)

    /// Makes the curves, so that none is made in a tick.
    static func prepare() { _ = (curveIn.count, curveOut.count) }

    /// From 0 to 1.
    private static func curve(_ count: Int) -> [Float] {
        (0..<count).map { Float(0.5 - 0.5 * cos(Double.pi * (Double($0) + 0.5) / Double(count))) }
    }

    /// The first frame that is heard: its first 5 ms come in.
    static func enter(_ frame: UnsafeMutablePointer<Int16>) {
        curveIn.withUnsafeBufferPointer { gains in
            guard let base = gains.baseAddress else { return }
            SampleKernels.multiply(frame, by: base, count: inCount)
        }
    }

    /// The last frame that is heard: it goes out over its 20 ms.
    static func leave(_ frame: UnsafeMutablePointer<Int16>) {
        curveOut.withUnsafeBufferPointer { gains in
            guard let base = gains.baseAddress else { return }
            SampleKernels.multiplyReversed(frame, by: base, count: outCount)
        }
    }
}
