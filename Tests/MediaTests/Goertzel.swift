import Foundation

/// Measures one frequency in samples at 48 kHz.
enum Goertzel {
    /// The peak level of the sine at `frequency`, in dBFS; -120 for nothing. Hann window.
    static func level(_ samples: some Collection<Int16>, _ frequency: Double) -> Double {
        let count = Double(samples.count)
        let omega = 2 * Double.pi * frequency / 48000
        var real = 0.0
        var imaginary = 0.0
        for (index, sample) in samples.enumerated() {
            let window = 0.5 - 0.5 * cos(2 * Double.pi * (Double(index) + 0.5) / count)
            real += Double(sample) * window * cos(omega * Double(index))
            imaginary += Double(sample) * window * sin(omega * Double(index))
        }
        let amplitude = 4 * (real * real + imaginary * imaginary).squareRoot() / count
        return amplitude < 0.04 ? -120 : 20 * log10(amplitude / 32767)
    }

    static func rms(_ samples: some Collection<Int16>) -> Double {
        let energy = samples.reduce(0.0) { $0 + Double($1) * Double($1) }
        return (energy / Double(max(samples.count, 1))).squareRoot()
    }
}
