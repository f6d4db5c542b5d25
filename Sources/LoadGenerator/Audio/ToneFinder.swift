import Glibc

/// Finds the marker's bursts in what a listener hears, in blocks of 5 ms, also among talkers.
///
/// quiet → rising, when 80 ms have enough of a steady tone; rising → sounding after 40 ms more, when the onset is told;
/// sounding → quiet, when the burst must be over. What makes it a tone and no voice is that its phase stays.
struct ToneFinder {
    private enum Stage: Hashable {
        case quiet
        case rising(blocks: Int)
        /// Blocks since the onset, the length of the present hole, and holes so far.
        case sounding(blocks: Int, hole: Int, holes: Int, amplitude: Double)
    }

    private struct Block {
        var real = 0.0
        var imaginary = 0.0
        var energy = 0.0
        var label: Int64 = 0
    }

    private static let window = 16
    private static let history = 40
    private static let rise = 8
    /// Blocks in a burst, and from its onset until the next may be looked for.
    private static let burst = 40
    private static let rest = 60
    /// Amplitude below which nothing counts: 20 dB under the marker as sent.
    private static let least = Marker.amplitude / 10
    /// Share of the energy that must be the tone's.
    private static let share = 0.08

    private let blockLength: Int
    private let turn: (cosine: Double, sine: Double)
    private var phase = (real: 1.0, imaginary: 0.0)
    private var block = Block()
    private var filled = 0
    private var blocks: [Block] = []
    private var stage = Stage.quiet
    private var onsets: [Int64] = []
    /// Bursts that were heard to their end, and those of them with a hole.
    private(set) var heard = 0
    private(set) var broken = 0

    init(rate: Int) {
        blockLength = rate / 200
        let angle = 2 * Double.pi * Marker.frequency / Double(rate)
        turn = (cos(angle), sin(angle))
        blocks.reserveCapacity(ToneFinder.history + 1)
    }

    /// Hears samples; `label` tells which packet brought them.
    mutating func hear(_ samples: UnsafeBufferPointer<Int16>, label: Int64) {
        for sample in samples {
            if filled == 0 { block.label = label }
            let value = Double(sample)
            block.real += value * phase.real
            block.imaginary -= value * phase.imaginary
            block.energy += value * value
            phase = (
                phase.real * turn.cosine - phase.imaginary * turn.sine,
                phase.real * turn.sine + phase.imaginary * turn.cosine
            )
            filled += 1
            if filled == blockLength { endBlock() }
        }
    }

    /// The labels of the packets with which bursts began, since last asked.
    mutating func takeOnsets() -> [Int64] {
        if onsets.isEmpty { return [] }
        defer { onsets.removeAll(keepingCapacity: true) }
        return onsets
    }

    mutating func forgetCounts() {
        broken = 0
        heard = 0
    }

    private mutating func endBlock() {
        // The phasor is kept on the unit circle.
        let length = (phase.real * phase.real + phase.imaginary * phase.imaginary).squareRoot()
        phase = (phase.real / length, phase.imaginary / length)
        blocks.append(block)
        if blocks.count > ToneFinder.history { blocks.removeFirst() }
        block = Block()
        filled = 0
        switch stage {
        case .quiet: if isTone { stage = .rising(blocks: 0) }
        case .rising(let count) where count < ToneFinder.rise: stage = .rising(blocks: count + 1)
        case .rising: begin()
        case .sounding(let count, let hole, let holes, let amplitude):
            goOn(count, hole: hole, holes: holes, amplitude)
        }
    }

    /// The tone in the last blocks, its phase kept: real and imaginary part, and the energy of all.
    private var sum: Block {
        var sum = Block()
        for block in blocks.suffix(ToneFinder.window) {
            sum.real += block.real
            sum.imaginary += block.imaginary
            sum.energy += block.energy
        }
        return sum
    }

    private func amplitude(_ real: Double, _ imaginary: Double, blocks: Int) -> Double {
        2 * (real * real + imaginary * imaginary).squareRoot() / Double(blocks * blockLength)
    }

    private var isTone: Bool {
        guard blocks.count >= ToneFinder.window else { return false }
        let sum = sum
        let amplitude = amplitude(sum.real, sum.imaginary, blocks: ToneFinder.window)
        // Of a pure tone the energy is half the squared amplitude for each sample.
        let tone = amplitude * amplitude / 2 * Double(ToneFinder.window * blockLength)
        return amplitude > ToneFinder.least && tone > ToneFinder.share * sum.energy
    }

    /// Looks for the first of the blocks kept from which on the tone is there, in its phase.
    private mutating func begin() {
        let sum = sum
        let size = (sum.real * sum.real + sum.imaginary * sum.imaginary).squareRoot()
        let amplitude = amplitude(sum.real, sum.imaginary, blocks: ToneFinder.window)
        guard size > 0, isTone else {
            stage = .quiet
            return
        }
        let parts = blocks.map { block in
            2 * (block.real * sum.real + block.imaginary * sum.imaginary) / (size * Double(blockLength))
        }
        let first = parts.indices.first { index in
            index + 4 <= parts.count && parts[index] > amplitude * 0.3
                && parts[(index + 1)..<(index + 4)].allSatisfy { $0 > amplitude * 0.5 }
        }
        guard let first else {
            stage = .quiet
            return
        }
        onsets.append(blocks[first].label)
        stage = .sounding(blocks: blocks.count - first, hole: 0, holes: 0, amplitude: amplitude)
    }

    private mutating func goOn(_ count: Int, hole: Int, holes: Int, _ amplitude: Double) {
        guard count < ToneFinder.rest, let last = blocks.last else {
            heard += 1
            if holes > 0 { broken += 1 }
            stage = .quiet
            return
        }
        let isThere = self.amplitude(last.real, last.imaginary, blocks: 1) > amplitude * 0.25
        // Silence of 10 ms and more, with more of the burst after it.
        let isHole = isThere && hole >= 2 && count < ToneFinder.burst
        stage = .sounding(
            blocks: count + 1, hole: isThere ? 0 : hole + 1, holes: holes + (isHole ? 1 : 0), amplitude: amplitude)
    }
}
