import Glibc

/// Finds the marker's bursts in what a listener hears, in blocks of 5 ms.
///
/// quiet → sounding, when eight blocks in a row are mostly the marker's tone; sounding → quiet, when twenty are not.
struct ToneFinder {
    /// A burst that began.
    struct Onset: Hashable {
        /// The label given with the samples in which it began.
        var label: Int64
    }

    private static let confirming = 8
    private static let ending = 20
    /// Amplitude below which nothing counts: 20 dB under the marker as sent.
    private static let least = Marker.amplitude / 10

    private let blockLength: Int
    private let coefficient: Double
    private var first = 0.0
    private var second = 0.0
    private var energy = 0.0
    private var filled = 0
    private var isSounding = false
    private var run = 0
    private var missing = 0
    private var runLabel: Int64 = 0
    private var blockLabel: Int64 = 0
    private var toneBlocks = 0
    private var holes = 0
    private(set) var onsets: [Onset] = []
    /// Bursts that were heard with a hole in them.
    private(set) var broken = 0
    private(set) var heard = 0

    init(rate: Int) {
        blockLength = rate / 200
        coefficient = 2 * cos(2 * Double.pi * Marker.frequency / Double(rate))
    }

    /// Hears samples; `label` tells which packet brought them.
    mutating func hear(_ samples: UnsafeBufferPointer<Int16>, label: Int64) {
        for sample in samples {
            if filled == 0 { blockLabel = label }
            let value = Double(sample)
            let next = value + coefficient * first - second
            second = first
            first = next
            energy += value * value
            filled += 1
            if filled == blockLength { endBlock() }
        }
    }

    /// The onsets since last asked.
    mutating func takeOnsets() -> [Onset] {
        defer { onsets.removeAll(keepingCapacity: true) }
        return onsets
    }

    mutating func forgetCounts() {
        broken = 0
        heard = 0
    }

    private mutating func endBlock() {
        let power = max(0, first * first + second * second - coefficient * first * second)
        let amplitude = 2 * power.squareRoot() / Double(blockLength)
        // Of a pure tone the energy is half the squared amplitude for each sample.
        let share = energy > 0 ? amplitude * amplitude / 2 * Double(blockLength) / energy : 0
        let isTone = amplitude > ToneFinder.least && share > 0.3
        first = 0
        second = 0
        energy = 0
        filled = 0
        if isSounding { sounding(isTone) } else { quiet(isTone) }
    }

    private mutating func quiet(_ isTone: Bool) {
        guard isTone else {
            run = 0
            return
        }
        if run == 0 { runLabel = blockLabel }
        run += 1
        guard run == ToneFinder.confirming else { return }
        isSounding = true
        missing = 0
        holes = 0
        onsets.append(Onset(label: runLabel))
    }

    private mutating func sounding(_ isTone: Bool) {
        if isTone {
            // Silence of 10 ms and more between two parts of one burst.
            if missing >= 2 { holes += 1 }
            missing = 0
            return
        }
        missing += 1
        guard missing == ToneFinder.ending else { return }
        isSounding = false
        run = 0
        heard += 1
        if holes > 0 { broken += 1 }
    }
}
