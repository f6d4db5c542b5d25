#if canImport(Glibc)
    import Glibc
#endif

/// A continuous sine at 48 kHz.
public struct ToneGenerator: Sendable {
    private let step: Double
    private let amplitude: Double
    private var phase = 0.0

    /// - Parameters:
    ///   - frequency: in hertz.
    ///   - level: peak against full scale, in dBFS: 0 is the loudest.
    public init(frequency: Double, level: Double) {
        step = 2 * Double.pi * frequency / 48000
        amplitude = 32767 * pow(10, min(level, 0) / 20)
    }

    /// The next `count` samples.
    public mutating func generate(into samples: UnsafeMutablePointer<Int16>, count: Int) {
        for index in 0..<count {
            samples[index] = Int16((sin(phase) * amplitude).rounded())
            phase += step
            if phase > 2 * Double.pi { phase -= 2 * Double.pi }
        }
    }
}
