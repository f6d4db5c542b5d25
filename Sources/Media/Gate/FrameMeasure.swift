/// How loud samples are.
struct FrameMeasure {
    let peak: Int16
    /// Root mean square in dBov.
    let level: Float

    init(_ samples: UnsafePointer<Int16>, _ count: Int) {
        peak = SampleKernels.peak(samples, count: count)
        let energy = peak == 0 ? 0 : SampleKernels.energy(samples, count: count)
        level = Decibels.of(meanSquare: Float(energy) / Float(max(count, 1)))
    }
}
