import Foundation

/// How near what is heard is to what was said. Both are brought to 16 kHz, laid over each other piece by piece, so that
/// delay and time-stretching do not count, and brought to one level.
struct SpeechScore {
    /// Mean over 20 ms frames of speech, each within -10…35 dB. Of waveforms: a codec for speech has less than a
    /// telephone.
    private(set) var segmentalSNR = 0.0
    /// Mean distance of the spectra in third-octave bands, in dB: 0 is the same, 2 is near, 6 is far.
    private(set) var spectralDistance = 0.0
    /// Correlation of the bands' envelopes over 384 ms, 0…1, as in STOI.
    private(set) var intelligibility = 0.0
    /// Median delay of what is heard, in milliseconds.
    private(set) var delay = 0.0
    /// How much louder it is, in dB.
    private(set) var gain = 0.0
    /// Share of the frames of speech of which next to nothing is heard.
    private(set) var lost = 0.0

    private static let rate = 16000.0
    private static let piece = 3840
    private static let hop = 256
    private static let size = 512

    /// - Parameter bandwidth: in hertz, up to 7000; what is above is not compared.
    init(of heard: [Int16], against said: [Int16], rate: Int = 48000, bandwidth: Double = 7000) {
        let said = Self.resampled(said, rate)
        let heard = Self.resampled(heard, rate)
        let pieces = Self.aligned(said, heard)
        guard !pieces.isEmpty else { return }
        let lags = pieces.map(\.lag).sorted()
        delay = lags[lags.count / 2] / Self.rate * 1000
        compareWaves(said, heard, pieces)
        compareSpectra(said, heard, pieces, bandwidth)
    }

    /// A piece of what was said, and how much later it is heard, in samples.
    private struct Piece {
        var start: Int
        var lag: Double
    }

    // MARK: Resampling

    /// By a windowed sinc of 48 samples of the lower rate.
    private static func resampled(_ samples: [Int16], _ rate: Int) -> [Double] {
        guard rate != 16000 else { return samples.map(Double.init) }
        let ratio = Double(rate) / Self.rate
        let cutoff = min(1, 1 / ratio) * 0.88
        let reach = Int(24 * max(1, ratio))
        // 48 and 8 kHz have one and two phases.
        let phases = rate < 16000 ? 2 : 1
        let kernels = (0..<phases).map { phase in
            (-reach...reach).map { tap -> Double in
                let x = Double(tap) - Double(phase) / Double(phases)
                let window = 0.5 + 0.5 * cos(Double.pi * x / Double(reach + 1))
                return (x == 0 ? cutoff : sin(Double.pi * cutoff * x) / (Double.pi * x)) * window
            }
        }
        let count = Int(Double(samples.count) / ratio)
        var output = [Double](repeating: 0, count: count)
        samples.withUnsafeBufferPointer { samples in
            for index in 0..<count {
                let position = Double(index) * ratio
                let base = Int(position)
                let kernel = kernels[phases == 1 ? 0 : index % 2]
                var value = 0.0
                kernel.withUnsafeBufferPointer { kernel in
                    var tap = max(0, reach - base)
                    let end = min(kernel.count, samples.count - base + reach)
                    while tap < end {
                        value += kernel[tap] * Double(samples[base + tap - reach])
                        tap += 1
                    }
                }
                output[index] = value
            }
        }
        return output
    }

    // MARK: Alignment

    private static func energy(_ samples: [Double], _ start: Int, _ count: Int) -> Double {
        var sum = 0.0
        for index in max(start, 0)..<max(min(start + count, samples.count), max(start, 0)) {
            sum += samples[index] * samples[index]
        }
        return sum
    }

    /// The energy of any part, from sums that are made once.
    private static func running(_ samples: [Double]) -> (_ start: Int, _ count: Int) -> Double {
        var sums = [0.0]
        for sample in samples { sums.append((sums.last ?? 0) + sample * sample) }
        return { sums[min(max($0 + $1, 0), samples.count)] - sums[min(max($0, 0), samples.count)] }
    }

    private static func envelope(_ samples: [Double]) -> [Double] {
        let energies = stride(from: 0, to: samples.count - 159, by: 160).map { energy(samples, $0, 160) }
        // What is 30 dB below the loudest is a pause like any other.
        let floor = max((energies.max() ?? 0) * 0.001, 1)
        let levels = energies.map { log(max($0, floor)) }
        let mean = levels.reduce(0, +) / Double(max(levels.count, 1))
        return levels.map { $0 - mean }
    }

    private static func product(_ one: [Double], _ start: Int, _ other: [Double], _ from: Int, _ count: Int) -> Double {
        var sum = 0.0
        one.withUnsafeBufferPointer { one in
            other.withUnsafeBufferPointer { other in
                var index = max(0, -start, -from)
                let end = min(count, one.count - start, other.count - from)
                while index < end {
                    sum += one[start + index] * other[from + index]
                    index += 1
                }
            }
        }
        return sum
    }

    private static func every4th(_ samples: [Double]) -> [Double] {
        var smooth = samples
        for _ in 0..<2 {
            var sum = 0.0
            var next = smooth
            for index in smooth.indices {
                sum += smooth[index] - (index >= 4 ? smooth[index - 4] : 0)
                next[index] = sum / 4
            }
            smooth = next
        }
        return stride(from: 0, to: smooth.count, by: 4).map { smooth[$0] }
    }

    private static func best(_ range: ClosedRange<Int>, _ score: (Int) -> Double) -> (lag: Int, score: Double) {
        var best = (lag: range.lowerBound, score: -Double.infinity)
        for lag in range {
            let value = score(lag)
            if value > best.score { best = (lag, value) }
        }
        return best
    }

    /// First by the envelopes, up to 4 s and half of what was said; then each piece by the waves at 4 kHz, within 60 ms of the piece before; then
    /// at 16 kHz and between its samples.
    private static func aligned(_ said: [Double], _ heard: [Double]) -> [Piece] {
        let saidEnvelope = envelope(said)
        let heardEnvelope = envelope(heard)
        let reach = min(400, saidEnvelope.count / 2)
        let coarse = best(-reach...reach) { product(saidEnvelope, 0, heardEnvelope, $0, saidEnvelope.count) }.lag * 160
        let saidLow = every4th(said)
        let heardLow = every4th(heard)
        let starts = Array(stride(from: 0, to: said.count - piece, by: piece))
        let energies = starts.map { energy(said, $0, piece) }
        let mean = energies.reduce(0, +) / Double(max(energies.count, 1))
        let power = running(heard)
        let lowPower = running(heardLow)
        var pieces: [Piece] = []
        var last = coarse
        for (start, own) in zip(starts, energies) where own > mean * 0.02 {
            let first = last / 4 - 240
            let low = (0...480).map { shift in
                let from = start / 4 + first + shift
                let other = lowPower(from, piece / 4)
                return product(saidLow, start / 4, heardLow, from, piece / 4) / (other + 1).squareRoot()
            }
            let score = { (lag: Int) -> Double in
                let other = power(start + lag, piece)
                return product(said, start, heard, start + lag, piece) / (other * own + 1).squareRoot()
            }
            // Speech is like itself a pitch period later: all that is near the best is looked at closely.
            let highest = low.max() ?? 0
            let peaks = (1..<480).filter {
                low[$0] > highest * 0.85 && low[$0] >= low[$0 - 1] && low[$0] > low[$0 + 1]
            }
            var fine = (lag: last, score: 0.0)
            for peak in peaks {
                let near = best((first + peak) * 4 - 5...(first + peak) * 4 + 5, score)
                if near.score > fine.score { fine = near }
            }
            guard fine.score > 0.4 else {
                pieces.append(Piece(start: start, lag: Double(last)))
                continue
            }
            // The correlation is as smooth as the waves: its peak is found between the samples as theirs are.
            let around = (-20...20).map { score(fine.lag + $0) }
            let part = best(-50...50) { product(kernel(Double($0) / 100), 0, around, $0 < 0 ? 0 : 1, 40) }.lag
            pieces.append(Piece(start: start, lag: Double(fine.lag) + Double(part) / 100))
            last = fine.lag
        }
        return pieces
    }

    // MARK: Waves

    /// Takes what is `part` of a sample after (or, below 0, before) one of 40: the 20th, or below 0 the 21st.
    private static func kernel(_ part: Double) -> [Double] {
        (-19...20).map { tap in
            let x = Double(tap) - (part < 0 ? part + 1 : part)
            return abs(x) < 1e-9 ? 1 : sin(Double.pi * x) / (Double.pi * x) * (0.5 + 0.5 * cos(Double.pi * x / 20.5))
        }
    }

    /// `count` samples from `position` on, which may lie between two.
    private static func taken(_ samples: [Double], _ position: Double, _ count: Int) -> [Double] {
        let base = Int(position.rounded(.down))
        let part = position - Double(base)
        let kernel = kernel(part)
        return (0..<count).map { product(kernel, 0, samples, base + $0 - 19, 40) }
    }

    private mutating func compareWaves(_ said: [Double], _ heard: [Double], _ pieces: [Piece]) {
        let frame = 320
        var ratios: [Double] = []
        var energies = (said: 0.0, heard: 0.0)
        var missing = 0
        let active = pieces.map { Self.energy(said, $0.start, Self.piece) }.reduce(0, +) / Double(pieces.count * 12)
        for piece in pieces {
            let own = Array(said[piece.start..<piece.start + Self.piece])
            let other = Self.taken(heard, Double(piece.start) + piece.lag, Self.piece)
            let power = Self.energy(other, 0, other.count)
            let factor = power > 0 ? max(Self.product(own, 0, other, 0, own.count) / power, 0) : 0
            energies.said += Self.energy(own, 0, own.count)
            energies.heard += power
            for start in stride(from: 0, to: Self.piece, by: frame) {
                let signal = Self.energy(own, start, frame)
                guard signal > active * 0.02 else { continue }
                var noise = 0.0
                for index in start..<start + frame {
                    let error = own[index] - factor * other[index]
                    noise += error * error
                }
                ratios.append(min(max(10 * log10(signal / (noise + 1)), -10), 35))
                if Self.energy(other, start, frame) * max(factor * factor, 0.01) < signal * 0.01 { missing += 1 }
            }
        }
        segmentalSNR = ratios.reduce(0, +) / Double(max(ratios.count, 1))
        gain = 10 * log10((energies.heard + 1) / (energies.said + 1))
        lost = Double(missing) / Double(max(ratios.count, 1))
    }

    // MARK: Spectra

    private mutating func compareSpectra(
        _ said: [Double], _ heard: [Double], _ pieces: [Piece], _ bandwidth: Double
    ) {
        // Third octaves from 150 Hz.
        let edges = (0...17).map { 150 * pow(2, (Double($0) - 0.5) / 3) }.filter { $0 <= bandwidth }
        let bins = edges.map { Int(($0 / Self.rate * Double(Self.size)).rounded()) }
        // One level for all, and up to 6 dB more or less for a piece, as a gain that follows the speech is no distortion.
        let whole = pow(10, -gain / 10)
        var rows: [(frame: Int, said: [Double], heard: [Double])] = []
        for piece in pieces {
            let laid = Self.taken(heard, Double(piece.start) + piece.lag, Self.piece + Self.size)
            let own = Self.energy(said, piece.start, Self.piece)
            let factor = min(max(own / (Self.energy(laid, 0, Self.piece) + 1), whole / 4), whole * 4)
            for start in stride(from: piece.start, to: piece.start + Self.piece, by: Self.hop) {
                let (one, other) = ScoreSpectrum.powers(said, start, laid, start - piece.start)
                var row = (frame: start / Self.hop, said: [Double](), heard: [Double]())
                for (low, high) in zip(bins, bins.dropFirst()) {
                    row.said.append(one[low..<max(high, low + 1)].reduce(0, +))
                    row.heard.append(other[low..<max(high, low + 1)].reduce(0, +) * factor)
                }
                rows.append(row)
            }
        }
        let loudest = rows.map { $0.said.reduce(0, +) }.max() ?? 0
        var distances: [Double] = []
        for row in rows where row.said.reduce(0, +) > loudest * 0.001 {
            // What is 60 dB below the loudest is not heard.
            let squares = zip(row.said, row.heard).map {
                pow(10 * log10(($0 + loudest * 1e-6) / ($1 + loudest * 1e-6)), 2)
            }
            distances.append((squares.reduce(0, +) / Double(squares.count)).squareRoot())
        }
        spectralDistance = distances.reduce(0, +) / Double(max(distances.count, 1))
        intelligibility = Self.envelopes(rows)
    }

    /// The mean correlation of each band over 24 frames, what is heard held within -15 dB of noise (Taal 2011).
    private static func envelopes(_ rows: [(frame: Int, said: [Double], heard: [Double])]) -> Double {
        let span = 24
        var scores: [Double] = []
        for start in stride(from: 0, through: rows.count - span, by: 6) {
            let part = rows[start..<start + span]
            guard let first = part.first, let last = part.last, last.frame - first.frame < span * 2 else { continue }
            for band in first.said.indices {
                let own = part.map { $0.said[band].squareRoot() }
                let other = part.map { $0.heard[band].squareRoot() }
                let energy = own.reduce(0) { $0 + $1 * $1 }
                guard energy > 0 else { continue }
                let scale = (energy / (other.reduce(0) { $0 + $1 * $1 } + 1e-9)).squareRoot()
                let clipped = zip(own, other).map { min($1 * scale, $0 * (1 + pow(10, 15.0 / 20))) }
                let meanOwn = own.reduce(0, +) / Double(span)
                let meanOther = clipped.reduce(0, +) / Double(span)
                var sums = (both: 0.0, own: 0.0, other: 0.0)
                for (one, two) in zip(own, clipped) {
                    sums.both += (one - meanOwn) * (two - meanOther)
                    sums.own += (one - meanOwn) * (one - meanOwn)
                    sums.other += (two - meanOther) * (two - meanOther)
                }
                scores.append(sums.both / ((sums.own * sums.other).squareRoot() + 1e-9))
            }
        }
        return scores.reduce(0, +) / Double(max(scores.count, 1))
    }
}

/// The power spectra of two real pieces of 512 samples, by one complex transform.
private enum ScoreSpectrum {
    private static let size = 512
    private static let turns = (0..<size / 2).map {
        (cos(2 * Double.pi * Double($0) / 512), -sin(2 * Double.pi * Double($0) / 512))
    }
    private static let window = (0..<size).map { 0.5 - 0.5 * cos(2 * Double.pi * (Double($0) + 0.5) / 512) }

    static func powers(_ one: [Double], _ start: Int, _ other: [Double], _ from: Int) -> ([Double], [Double]) {
        var real = [Double](repeating: 0, count: size)
        var imaginary = real
        for index in 0..<size {
            if start + index >= 0, start + index < one.count { real[index] = one[start + index] * window[index] }
            if from + index >= 0, from + index < other.count { imaginary[index] = other[from + index] * window[index] }
        }
        transform(&real, &imaginary)
        var powers = ([Double](repeating: 0, count: size / 2), [Double](repeating: 0, count: size / 2))
        for bin in 1..<size / 2 {
            let (a, b, c, d) = (real[bin], imaginary[bin], real[size - bin], imaginary[size - bin])
            powers.0[bin] = ((a + c) * (a + c) + (b - d) * (b - d)) / 4
            powers.1[bin] = ((b + d) * (b + d) + (a - c) * (a - c)) / 4
        }
        return powers
    }

    private static func transform(_ real: inout [Double], _ imaginary: inout [Double]) {
        real.withUnsafeMutableBufferPointer { real in
            imaginary.withUnsafeMutableBufferPointer { imaginary in
                turns.withUnsafeBufferPointer { turns in
                    var mirrored = 0
                    for index in 1..<size {
                        var bit = size >> 1
                        while mirrored & bit != 0 {
                            mirrored ^= bit
                            bit >>= 1
                        }
                        mirrored |= bit
                        if index < mirrored {
                            real.swapAt(index, mirrored)
                            imaginary.swapAt(index, mirrored)
                        }
                    }
                    var half = 1
                    while half < size {
                        var group = 0
                        while group < size {
                            for index in 0..<half {
                                let (c, s) = turns[index * (size / 2 / half)]
                                let (low, high) = (group + index, group + index + half)
                                let x = real[high] * c - imaginary[high] * s
                                let y = real[high] * s + imaginary[high] * c
                                real[high] = real[low] - x
                                imaginary[high] = imaginary[low] - y
                                real[low] += x
                                imaginary[low] += y
                            }
                            group += half * 2
                        }
                        half *= 2
                    }
                }
            }
        }
    }
}
