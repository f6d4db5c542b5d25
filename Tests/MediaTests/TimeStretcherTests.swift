import Primitives
import Testing

@testable import Media

@Suite struct TimeStretcherTests {
    /// Sounds of ten seconds that can be repeated without a seam.
    enum Sound: CaseIterable {
        case tone, voice

        func samples() -> [Int16] {
            switch self {
            case .tone:
                var tone = ToneGenerator(frequency: 437, level: -9)
                let memory = SampleBuffer(count: 48000)
                tone.generate(into: memory.samples, count: 48000)
                return (0..<480_000).map { memory.samples[$0 % 48000] }
            case .voice:
                // A voice that glides, in syllables of 400 ms with a short pause now and then.
                var phases = [Double](repeating: 0, count: 20)
                var random = SplitMix(4)
                return (0..<480_000).map { index in
                    let time = Double(index) / 48000
                    let pitch = 120 + 25 * sine(time * 0.3)
                    let syllable = index / 19_200
                    let place = Double(index % 19_200) / 19_200
                    let shape = syllable % 4 == 3 ? 0 : min(place * 8, (1 - place) * 8, 1)
                    var sum = 0.0
                    for harmonic in 1...20 {
                        phases[harmonic - 1] += pitch * Double(harmonic) / 48000
                        let weight =
                            syllable.isMultiple(of: 2) ? 1 / Double(harmonic) : 1 / Double(1 + abs(harmonic - 5))
                        sum += weight * sine(phases[harmonic - 1])
                    }
                    let noise = Double(Int(truncatingIfNeeded: random.next() >> 60)) - 7.5
                    return Int16(sum * shape * 5000 + noise)
                }
            }
        }
    }

    /// The largest change of slope: a click stands out in it.
    private func roughness(_ samples: some Collection<Int16>) -> Int {
        var most = 0
        var one = 0
        var two = 0
        for (index, sample) in samples.enumerated() {
            let sample = Int(sample)
            if index > 1 { most = max(most, abs(sample - 2 * one + two)) }
            two = one
            one = sample
        }
        return most
    }

    private func stretch(_ samples: [Int16], _ order: StretchOrder) -> [Int16] {
        let memory = SampleBuffer(count: 6720)
        for (index, sample) in samples.enumerated() { memory.samples[index] = sample }
        let count = TimeStretcher().apply(order, to: memory.samples, count: samples.count, capacity: memory.count)
        return (0..<count).map { memory.samples[$0] }
    }

    @Test func aToneKeepsItsShapeWhateverItsPitch() {
        for frequency in [80.0, 105, 313, 440, 1000, 1733, 3100] {
            var tone = ToneGenerator(frequency: frequency, level: -6)
            let memory = SampleBuffer(count: 960)
            tone.generate(into: memory.samples, count: 960)
            let samples = (0..<960).map { memory.samples[$0] }
            let before = roughness(samples)
            for order in [StretchOrder.shorten(700), .lengthen(700), .shorten(300), .lengthen(30)] {
                let after = stretch(samples, order)
                if frequency > 200 { #expect(after.count != 960, "\(frequency) \(order)") }
                if case .shorten(let amount) = order { #expect(after.count <= 960 && after.count >= 960 - amount) }
                if case .lengthen = order { #expect(after.count >= 960 && after.count <= 960 + 720) }
                #expect(roughness(after) <= before + before / 3 + 20, "\(frequency) \(order)")
                // The ends are as they were: what comes before and after fits.
                #expect(after.first == samples.first && after.suffix(8) == samples.suffix(8))
            }
        }
    }

    @Test func silenceTakesAnyAmount() {
        var random = SplitMix64(4)
        for amount in [1, 5, 100, 119, 240, 479, 480, 600, 720] {
            for level in [0, 100] {
                let samples = (0..<960).map { _ in Int16.random(in: Int16(-level)...Int16(level), using: &random) }
                let shorter = stretch(samples, .shorten(amount))
                let longer = stretch(samples, .lengthen(amount))
                if level == 0 || amount < 480 {
                    #expect(shorter.count == 960 - amount && longer.count == 960 + amount)
                } else {
                    #expect((amount - 240...amount).contains(960 - shorter.count))
                    #expect((amount - 240...amount).contains(longer.count - 960))
                }
                #expect((shorter + longer).allSatisfy { abs($0) <= level })
            }
        }
    }

    @Test func whatIsNotAlikeIsLeftAlone() {
        var random = SplitMix64(12)
        for _ in 0..<20 {
            let samples = (0..<960).map { _ in Int16.random(in: -12_000...12_000, using: &random) }
            #expect(stretch(samples, .shorten(600)) == samples)
            #expect(stretch(samples, .lengthen(600)) == samples)
        }
    }

    @Test func anySizeAndOrderStaysWithinItsMemory() {
        var random = SplitMix64(99)
        for _ in 0..<3000 {
            let count = Int.random(in: 0...6720, using: &random)
            let capacity = min(6720, count + Int.random(in: 0...300, using: &random))
            let memory = SampleBuffer(count: 6800)
            let loud = Int16([3, 300, 32_767].randomElement(using: &random) ?? 3)
            for index in 0..<6800 { memory.samples[index] = .random(in: -loud...loud, using: &random) }
            let amount = Int.random(in: -5...5000, using: &random)
            let order: StretchOrder = Bool.random(using: &random) ? .shorten(amount) : .lengthen(amount)
            let beyond = (capacity..<6800).map { memory.samples[$0] }
            let after = TimeStretcher().apply(order, to: memory.samples, count: count, capacity: capacity)
            #expect(after >= 0 && after <= capacity)
            #expect((capacity..<6800).map { memory.samples[$0] } == beyond)
        }
    }

    @Test(arguments: [-200.0, 200], Sound.allCases)
    func anHourOfClockDriftLeavesNoClickAndNoDelay(_ partsPerMillion: Double, _ sound: Sound) {
        let source = sound.samples()
        let limit = roughness(source + source.prefix(2))
        var buffer = JitterBuffer(clockRate: 48000)
        var queue = SampleQueue(capacity: 6720)
        let frame = SampleBuffer(count: 960)
        let stretcher = TimeStretcher()
        var random = SplitMix64(UInt64(partsPerMillion + 1000))
        var number = 0
        var watch = 0
        var heard: [Int16] = []
        var last: [Int16] = []
        var roughest = 0
        var changes = 0
        var concealed = 0
        var ahead: [Int64] = []
        func arrival(_ number: Int) -> Int64 {
            Int64(Double(number) * 20_000 * (1 - partsPerMillion / 1e6)) + Int64((number &* 7919) % 1500)
        }
        let start: Int64 = 8_000_000
        var upcoming = arrival(0)
        for tick in 0..<Int64(180_000) {
            let now = tick * 20_000 + 9000
            while upcoming <= now {
                withUnsafeBytes(of: UInt32(number)) {
                    _ = buffer.insert(
                        sequence: UInt16(truncatingIfNeeded: number),
                        timestamp: UInt32(truncatingIfNeeded: number * 960),
                        payloadType: 0, duration: 960, payload: $0,
                        arrival: Instant(nanoseconds: (start + upcoming) * 1000))
                }
                number += 1
                upcoming = arrival(number)
            }
            var wasChanged = false
            while queue.count < 960 {
                let action = buffer.pull(
                    Instant(nanoseconds: (start + now) * 1000), ahead: Int64(queue.count) * 1000 / 48,
                    wanted: Int64(960 - queue.count), silent: heard.allSatisfy { abs($0) <= 330 } && watch > 0)
                switch action {
                case .play(let packet):
                    let place = Int(packet.payload.loadUnaligned(as: UInt32.self)) * 960 % source.count
                    source.withUnsafeBufferPointer {
                        if let base = $0.baseAddress { queue.end.update(from: base + place, count: 960) }
                    }
                    queue.append(960)
                    let change = stretcher.apply(buffer.order, to: &queue)
                    if buffer.order != .keep { buffer.stretched(by: change) }
                    if change != 0 {
                        changes += 1
                        wasChanged = true
                    }
                case .nothing: queue.appendSilence(960 - queue.count)
                case .conceal(let units), .restore(let units, _):
                    concealed += 1
                    queue.appendSilence(Int(units))
                case .skip: Issue.record("skipped")
                }
            }
            if tick > 3000, tick % 500 == 0 { ahead.append(buffer.delay - buffer.target) }
            _ = queue.take(960, into: frame.samples)
            // Everything but what is near a change is as it came.
            if wasChanged { watch = 4 }
            let isNear = watch > 0
            if isNear {
                heard = (0..<960).map { frame.samples[$0] }
                roughest = max(roughest, roughness(last + heard))
                watch -= 1
            }
            if Int.random(in: 0..<300, using: &random) == 0 { watch = max(watch, 2) }
            last = (0..<2).map { frame.samples[958 + $0] }
        }
        #expect(concealed == 0 && buffer.late == 0)
        // An hour at 200 ppm is 720 ms: a pitch period at a time.
        #expect(Double(changes) >= abs(partsPerMillion) * 3.6 / 20)
        #expect((ahead.min() ?? -99_999) >= -3000)
        #expect((ahead.max() ?? 99_999) <= 45_000)
        #expect(roughest <= limit + limit / 4 + 8)
    }
}

private func sine(_ turns: Double) -> Double {
    // Bhaskara's approximation is not smooth enough: the series is, for a quarter of a turn.
    var x = turns - turns.rounded(.down)
    var sign = 1.0
    if x >= 0.5 {
        x -= 0.5
        sign = -1
    }
    if x > 0.25 { x = 0.5 - x }
    let angle = 2 * Double.pi * x
    let square = angle * angle
    let series = 1 - square / 6 * (1 - square / 20 * (1 - square / 42 * (1 - square / 72)))
    return sign * angle * series
}
