#if canImport(Glibc)
    import Glibc
#endif

/// Speech that nobody said: a formant synthesiser which babbles syllables in phrases with pauses, deterministic by its
/// seed, which also chooses the voice. Made for tests and for load: codecs, voice activity detectors and gates take it
/// for speech.
public struct SpeechSource: Sendable {
    /// What one piece of a syllable is made with.
    private struct Segment {
        /// Samples.
        var length = 0
        /// Pulses of the glottis, 0…1.
        var voice = 0.0
        /// Breath through the tract, 0…1.
        var noise = 0.0
        /// Where the breath is strongest, in hertz.
        var colour = 3000.0
        /// The first three formants, in hertz.
        var formants = SIMD4<Double>(500, 1500, 2500, 3500)
    }

    /// A second-order filter with one peak (Klatt's resonator): unity at 0 Hz.
    private struct Resonator {
        private var now = 1.0
        private var last = 0.0
        private var beforeLast = 0.0
        private var first = 0.0
        private var second = 0.0

        mutating func tune(_ frequency: Double, _ width: Double, _ rate: Double) {
            let radius = exp(-Double.pi * width / rate)
            beforeLast = -radius * radius
            last = 2 * radius * cos(2 * Double.pi * frequency / rate)
            now = 1 - last - beforeLast
        }

        mutating func pass(_ sample: Double) -> Double {
            let output = now * sample + last * first + beforeLast * second
            second = first
            first = output
            return output
        }
    }

    private enum Stage { case pause, onset, release, vowel, coda }

    /// F1, F2 and F3 of eight vowels of a man's voice.
    private static let vowels: InlineArray<8, SIMD4<Double>> = [
        SIMD4(730, 1150, 2450, 3500), SIMD4(510, 1850, 2500, 3500), SIMD4(310, 2200, 2950, 3600),
        SIMD4(480, 900, 2400, 3400), SIMD4(340, 820, 2300, 3400), SIMD4(500, 1450, 2500, 3500),
        SIMD4(660, 1650, 2400, 3500), SIMD4(320, 1650, 2200, 3400),
    ]
    /// Samples at 48 kHz between two looks at how the tract moves: 2.5 ms.
    private static let control = 400.0

    private let rate: Double
    private var random: SplitMix
    private let pitch: Double
    private let tract: Double
    private let breath: Double
    private let tempo: Double
    private let scale: Double
    private let floor: Double
    private let pauseShare: Double
    /// White noise is as loud in each hertz at every rate.
    private let hiss: Double

    private var stage = Stage.pause
    private var syllables = 0
    private var phrase = 0
    private var segment = Segment()
    private var position = 0
    private var formants = SIMD4<Double>(500, 1500, 2500, 3500)
    private var voice = 0.0
    private var noise = 0.0
    private var accent = 1.0
    private var currentPitch: Double
    private var untilPulse = 0.0
    private var untilControl = 0
    private var tilt = 0.0
    private var blockedInput = 0.0
    private var blockedOutput = 0.0
    private var tracts: InlineArray<4, Resonator> = .init(repeating: Resonator())
    private var mouth = Resonator()

    /// Whether the last sample belongs to a phrase, and not to the pause between two.
    public var isSpeaking: Bool { stage != .pause }

    /// - Parameters:
    ///   - seed: chooses the voice (pitch, length of the tract, tempo) and all that is said.
    ///   - level: of the phrases, root mean square in dBFS.
    ///   - noise: of the room, always there, root mean square in dBFS; -100 and less for none.
    ///   - activity: share of the time that phrases take, 0.1…0.95.
    ///   - rate: of the samples: 8000, 16000 or 48000.
    public init(
        seed: UInt64, level: Double = -20, noise: Double = -75, activity: Double = 0.7, rate: Int = 48000
    ) {
        self.rate = Double(min(max(rate, 8000), 48000))
        random = SplitMix(seed ^ 0x5eed_0f5b_eec4)
        let isHigh = Double.random(in: 0...1, using: &random) < 0.5
        pitch =
            isHigh ? Double.random(in: 170...230, using: &random) : Double.random(in: 90...135, using: &random)
        tract = (isHigh ? 1.12 : 0.98) * Double.random(in: 0.96...1.05, using: &random)
        breath = Double.random(in: 0.01...0.04, using: &random)
        tempo = Double.random(in: 0.85...1.2, using: &random)
        // Measured: brings the phrases to the level asked for.
        let loudness = self.rate < 16000 ? 0.178 : isHigh ? 0.288 : 0.208
        scale = 32767 * pow(10, min(level, -3) / 20) * loudness
        floor = noise <= -100 ? 0 : 32767 * pow(10, min(noise, -20) / 20)
        pauseShare = 1 / min(max(activity, 0.1), 0.95) - 1
        hiss = (self.rate / 16000).squareRoot()
        currentPitch = pitch
        for index in 0..<4 { tracts[index].tune(formants[index] * tract, 80, self.rate) }
        mouth.tune(3000, 1500, self.rate)
        segment.length = Int(self.rate * Double.random(in: 0.05...0.4, using: &random))
    }

    /// The next `count` samples.
    public mutating func generate(into samples: UnsafeMutablePointer<Int16>, count: Int) {
        for index in 0..<count {
            let room = floor > 0 ? (unit() + unit()) * floor * 1.2247 : 0
            let value = next() * scale + room
            samples[index] = Int16(min(max(value, -32000), 32000).rounded())
        }
    }

    /// -1…1, as cheap as can be.
    private mutating func unit() -> Double {
        Double(Int32(truncatingIfNeeded: random.next() >> 32)) * (1 / 2_147_483_648)
    }

    private mutating func next() -> Double {
        if position >= segment.length { advance() }
        position += 1
        if untilControl <= 0 { move() }
        untilControl -= 1
        var pulse = 0.0
        untilPulse -= 1
        if untilPulse <= 0 {
            let period = rate / currentPitch
            pulse = period
            untilPulse += period * (1 + 0.012 * unit())
        }
        let white = unit() * hiss
        let open = max(0, 1 - untilPulse * currentPitch / rate)
        tilt += (pulse * voice - tilt) * 1600 / rate
        var sound = tilt + white * voice * (breath + 0.05 * open)
        for index in 0..<4 { sound = tracts[index].pass(sound) }
        sound += mouth.pass(white * noise) * 3
        // Nothing at 0 Hz.
        blockedOutput = sound - blockedInput + (1 - 300 / rate) * blockedOutput
        blockedInput = sound
        return blockedOutput
    }

    /// Every 2.5 ms the tract, the glottis and the breath go on towards what the segment wants.
    private mutating func move() {
        untilControl = Int(rate / Self.control)
        formants += (segment.formants - formants) * 0.11
        voice += (segment.voice * accent - voice) * 0.25
        noise += (segment.noise - noise) * (segment.noise > noise ? 0.5 : 0.3)
        if segment.voice == 0, voice < 0.001 { voice = 0 }
        if segment.noise == 0, noise < 0.0005 { noise = 0 }
        let widths = SIMD4<Double>(70, 95, 140, 200)
        for index in 0..<4 {
            tracts[index].tune(min(formants[index] * tract, rate * 0.45), widths[index], rate)
        }
        mouth.tune(min(segment.colour, rate * 0.42), 1600, rate)
        // A phrase falls, a syllable bends.
        let fall = phrase > 0 ? Double(syllables) / Double(phrase) : 0.5
        let wanted = pitch * (0.88 + 0.24 * fall) * (0.9 + 0.12 * accent)
        currentPitch += (wanted - currentPitch) * 0.04
    }

    private mutating func length(_ range: ClosedRange<Double>) -> Int {
        max(Int(rate * Double.random(in: range, using: &random) * tempo / 1000), 1)
    }

    private mutating func advance() {
        position = 0
        switch stage {
        case .pause:
            phrase = Int.random(in: 4...11, using: &random)
            syllables = phrase
            beginSyllable()
        case .onset:
            guard segment.voice == 0, segment.noise == 0 else { return beginVowel() }
            // A plosive's burst.
            stage = .release
            segment.noise = 0.12
            segment.colour = Double.random(in: 1200...4500, using: &random)
            segment.length = length(12...30)
        case .release: beginVowel()
        case .vowel:
            syllables -= 1
            if Double.random(in: 0...1, using: &random) < 0.35 {
                stage = .coda
                setConsonant(isCoda: true)
            } else {
                endSyllable()
            }
        case .coda: endSyllable()
        }
    }

    private mutating func beginSyllable() {
        stage = .onset
        accent = Double.random(in: 0.7...1.25, using: &random)
        setConsonant(isCoda: false)
    }

    private mutating func beginVowel() {
        stage = .vowel
        segment.formants = Self.vowels[Int.random(in: 0..<8, using: &random)]
        segment.voice = 1
        segment.noise = 0
        segment.length = length(90...190)
    }

    private mutating func endSyllable() {
        if syllables > 0 { return beginSyllable() }
        stage = .pause
        segment.voice = 0
        segment.noise = 0
        // A phrase of n syllables takes about 200 ms each.
        let share = Double(phrase) * 200 * pauseShare * Double.random(in: 0.6...1.4, using: &random)
        segment.length = Int(rate * max(share, 40) / 1000)
    }

    private mutating func setConsonant(isCoda: Bool) {
        segment.voice = 0
        segment.noise = 0
        switch Int.random(in: 0..<(isCoda ? 8 : 10), using: &random) {
        case 0...2:
            // m, n, l, r: voiced, the mouth nearly closed.
            segment.voice = 0.45
            segment.formants = SIMD4(270, Double.random(in: 1000...1700, using: &random), 2300, 3300)
            segment.length = length(45...85)
        case 3...5:
            // s, sh, f.
            segment.noise = Double.random(in: 0.06...0.2, using: &random)
            segment.colour = Double.random(in: 2600...6500, using: &random)
            segment.length = length(60...120)
        case 6, 7:
            // z, v.
            segment.voice = 0.35
            segment.noise = 0.06
            segment.colour = Double.random(in: 2600...5500, using: &random)
            segment.formants = SIMD4(280, 1500, 2500, 3400)
            segment.length = length(50...80)
        default:
            // p, t, k: closed, then a burst.
            segment.length = length(35...70)
        }
    }
}
