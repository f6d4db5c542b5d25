/// Packet loss concealment for codecs that have none: the last pitch period goes on and fades, and what comes after is
/// blended in (after the idea of ITU-T G.711 appendix I). Works at the codec's own rate.
struct Concealer: ~Copyable {
    private let rate: Int
    /// 2.5 ms … 15 ms: voices from 66 to 400 Hz.
    private let shortest: Int
    private let longest: Int
    private let window: Int
    private let blend: Int
    /// The newest samples that went out, oldest first.
    private let history: SampleBuffer
    /// The pitch period that is repeated.
    private let period: SampleBuffer
    private var periodLength = 0
    private var position = 0
    /// Samples made up since the last good one.
    private var concealed = 0

    init(rate: Int) {
        self.rate = rate
        shortest = rate / 400
        longest = rate * 15 / 1000
        window = rate * 20 / 1000
        blend = rate * 4 / 1000
        history = SampleBuffer(count: window + longest)
        period = SampleBuffer(count: longest)
    }

    mutating func reset() {
        history.clear()
        periodLength = 0
        concealed = 0
    }

    /// Good samples came: they are blended with what was made up before, and remembered.
    mutating func good(_ samples: UnsafeMutablePointer<Int16>, count: Int) {
        if concealed > 0, periodLength > 0 {
            let length = min(blend, count)
            for index in 0..<length {
                let made = Int32(next())
                let real = Int32(samples[index])
                samples[index] = Int16(
                    clamping: (made * Int32(length - index) + real * Int32(index)) / Int32(length))
            }
        }
        concealed = 0
        periodLength = 0
        remember(samples, count)
    }

    /// Makes up `count` samples.
    mutating func conceal(into samples: UnsafeMutablePointer<Int16>, count: Int) {
        if periodLength == 0 { begin() }
        for index in 0..<count { samples[index] = next() }
        remember(samples, count)
    }

    private func remember(_ samples: UnsafePointer<Int16>, _ count: Int) {
        let kept = min(count, history.count)
        let rest = history.count - kept
        if rest > 0 { history.samples.update(from: history.samples + kept, count: rest) }
        (history.samples + rest).update(from: samples + (count - kept), count: kept)
    }

    /// Full for 10 ms, then down to nothing at 60 ms.
    private func gain(_ position: Int) -> Int32 {
        let hold = rate / 100
        let end = rate * 6 / 100
        if position <= hold { return 32768 }
        if position >= end { return 0 }
        return Int32(32768 * (end - position) / (end - hold))
    }

    private mutating func next() -> Int16 {
        let sample = Int32(period.samples[position])
        position += 1
        if position >= periodLength { position = 0 }
        let scaled = (sample &* gain(concealed)) >> 15
        concealed = min(concealed + 1, rate)
        return Int16(clamping: scaled)
    }

    /// Finds the pitch by the best normalised correlation of the last 20 ms, every other sample at 16 kHz, and keeps
    /// the last period with its end blended into what came before its beginning, so that it closes on itself.
    private mutating func begin() {
        let step = rate / 8000
        let end = history.samples + history.count
        var best = longest
        var bestScore: Double = 0
        for lag in shortest...longest {
            var product: Int64 = 0
            var energy: Int64 = 0
            var index = step
            while index <= window {
                let now = Int64(end[-index])
                let before = Int64(end[-index - lag])
                product &+= now &* before
                energy &+= before &* before
                index += step
            }
            guard product > 0, energy > 0 else { continue }
            let score = Double(product) * Double(product) / Double(energy)
            if score > bestScore {
                bestScore = score
                best = lag
            }
        }
        periodLength = best
        position = 0
        concealed = 0
        period.samples.update(from: end - best, count: best)
        let seam = best / 4
        for index in 0..<seam {
            let place = best - seam + index
            let own = Int32(period.samples[place])
            let before = Int32(end[-best - seam + index])
            period.samples[place] = Int16(
                clamping: (own * Int32(seam - index) + before * Int32(index)) / Int32(max(seam, 1)))
        }
    }
}
