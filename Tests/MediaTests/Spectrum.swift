import Foundation

/// Short spectra of samples at 48 kHz, as an ear would group them.
enum Spectrum {
    static let length = 512

    /// Levels in decibels of 18 bands from 100 Hz to 10 kHz, of 512 samples from `start`; nothing outside the samples.
    static func bands(_ samples: [Int16], _ start: Int) -> [Double] {
        var real = [Double](repeating: 0, count: length)
        var imaginary = [Double](repeating: 0, count: length)
        for index in 0..<length where samples.indices.contains(start + index) {
            real[index] = Double(samples[start + index]) * window[index]
        }
        transform(&real, &imaginary)
        return zip(edges, edges.dropFirst()).map { low, high in
            var energy = 0.0
            for bin in low..<high { energy += real[bin] * real[bin] + imaginary[bin] * imaginary[bin] }
            // Below -68 dBFS nothing counts.
            return 10 * log10(energy / Double(high - low) + 3e6)
        }
    }

    private static let window = (0..<length).map {
        0.5 - 0.5 * cos(2 * Double.pi * (Double($0) + 0.5) / Double(length))
    }
    private static let edges = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 18, 22, 27, 34, 43, 55, 75, 107]
    private static let turns = (0..<length / 2).map { -2 * Double.pi * Double($0) / Double(length) }.map {
        ($0, cos($0), sin($0))
    }

    /// Root mean square of the differences between bands.
    static func distance(_ one: [Double], _ other: [Double]) -> Double {
        let squares = zip(one, other).reduce(0.0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        return (squares / Double(max(one.count, 1))).squareRoot()
    }

    private static func transform(_ real: inout [Double], _ imaginary: inout [Double]) {
        let count = real.count
        var swapped = 0
        for index in 1..<count {
            var bit = count >> 1
            while swapped & bit != 0 {
                swapped ^= bit
                bit >>= 1
            }
            swapped |= bit
            if index < swapped {
                real.swapAt(index, swapped)
                imaginary.swapAt(index, swapped)
            }
        }
        var size = 2
        while size <= count {
            let step = count / size
            for start in stride(from: 0, to: count, by: size) {
                for offset in 0..<size / 2 {
                    let (_, cosine, sine) = turns[offset * step]
                    let low = start + offset
                    let high = low + size / 2
                    let re = real[high] * cosine - imaginary[high] * sine
                    let im = real[high] * sine + imaginary[high] * cosine
                    real[high] = real[low] - re
                    imaginary[high] = imaginary[low] - im
                    real[low] += re
                    imaginary[low] += im
                }
            }
            size *= 2
        }
    }
}
