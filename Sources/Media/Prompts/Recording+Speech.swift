extension Recording {
    /// As loud as the recorded words are: -22 dBFS where it sounds.
    private static let loudness = 2600.0
    private static let peak = 32_000.0
    /// Below is silence.
    private static let audible: Int16 = 200

    /// From what a synthesiser wrote: without the silence around it, at one loudness; nil when it says nothing.
    public init?(spoken wav: [UInt8]) {
        guard let whole = Recording(wav: wav) else { return nil }
        let samples = UnsafeBufferPointer(start: whole.samples, count: whole.count)
        let isLoud = { (sample: Int16) in sample > Self.audible || sample < -Self.audible }
        guard let first = samples.firstIndex(where: isLoud), let last = samples.lastIndex(where: isLoud) else {
            return nil
        }
        let margin = AudioFrame.rate / 25
        let part = samples[max(0, first - margin)..<min(samples.count, last + margin)]
        var energy = 0.0
        var count = 0.0
        for sample in part where isLoud(sample) {
            energy += Double(sample) * Double(sample)
            count += 1
        }
        let gain = Self.loudness / (energy / max(count, 1)).squareRoot()
        self.init(part.map { Int16(max(-Self.peak, min(Self.peak, Double($0) * gain))) })
    }
}
