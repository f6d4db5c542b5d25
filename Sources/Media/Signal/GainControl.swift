#if canImport(Glibc)
    import Glibc
#endif

/// Brings the loudness of a talker's speech slowly near a target: one for each leg that is decoded, 50 frames a second.
///
/// It learns from speech only: frames of a leg that speaks, above a floor, while the level goes up and down as syllables
/// do. A steady tone, a fan and speech near the target pass to the bit.
struct GainControl: Sendable {
    /// Root mean square of active speech, in dBFS.
    static let target: Float = -20
    /// Speech within so many dB of it is left alone; what is further off is brought so near.
    static let tolerance: Float = 3
    /// Most that it brings up or down, in dB.
    static let range: Float = 12
    /// dB a frame: 1.5 dB/s up, 2.5 dB/s down.
    private static let rise: Float = 0.03
    private static let fall: Float = 0.05
    /// What is quieter is not speech, in dBFS.
    private static let floor: Float = -50
    /// Noise between the words is not brought above this, in dBFS.
    private static let noiseCeiling: Float = -48
    /// Mean change of level from frame to frame from which it counts as syllables, in dB. Speech has 3 to 5, noise 0.5.
    private static let syllabic: Float = 1.2
    /// Frames of speech before anything is changed.
    private static let patience: Int32 = 75
    /// Frames that the measured level spans: 3 s of speech.
    private static let memory: Float = 150
    /// What is brought up has no peak above -0.5 dBFS.
    private static let ceiling: Float = 30900

    /// dB by which a frame is brought up or down at its end.
    private(set) var decibels: Float = 0
    /// dB by which it is to be brought in the end, by what is known.
    private(set) var wanted: Float = 0
    private var factor: Float = 1
    /// Mean power of active speech, against full scale, of as many frames.
    private var power: Float = 0
    private var learnt: Int32 = 0
    /// Least level of late, in dBFS: what is between the words.
    private var noise: Float = 0
    /// Mean change of level from frame to frame, and the last frame's level.
    private var swing: Float = 0
    private var last: Float = -100

    init() {}

    /// Scales a frame in place, and learns from it.
    /// - Parameter isSpeech: false freezes the gain: who knows better says that nobody speaks.
    /// - Returns: whether the frame was changed.
    @discardableResult
    mutating func process(_ frame: UnsafeMutablePointer<Int16>, isSpeech: Bool = true) -> Bool {
        let energy = SampleKernels.energy(frame, count: AudioFrame.count)
        if energy > 0, learn(Float(energy) * (1 / (960 * 32767 * 32767)), isSpeech) { approach() }
        let goal = factor(of: decibels)
        guard goal != 1 || factor != 1 else { return false }
        guard energy > 0 else {
            factor = goal
            return false
        }
        scale(frame, to: goal)
        return true
    }

    /// Learns from a frame that others hear as it is.
    mutating func hear(_ frame: UnsafePointer<Int16>, isSpeech: Bool) {
        let energy = SampleKernels.energy(frame, count: AudioFrame.count)
        if energy > 0 { _ = learn(Float(energy) * (1 / (960 * 32767 * 32767)), isSpeech) }
    }

    /// Another source: as new.
    mutating func reset() { self = GainControl() }

    private func factor(of decibels: Float) -> Float { decibels == 0 ? 1 : exp2(decibels * 0.166_096_4) }

    /// - Returns: whether enough speech was heard, with this frame, to bring it anywhere.
    private mutating func learn(_ frame: Float, _ isSpeech: Bool) -> Bool {
        let level = 3.010_3 * log2(frame)
        noise = min(level, noise + 0.02)
        defer { last = level }
        guard isSpeech, level > Self.floor, last > Self.floor else { return false }
        swing += (min(abs(level - last), 12) - swing) * 0.04
        // Active: within 16 dB of the mean (as in ITU-T P.56).
        guard swing > Self.syllabic, frame > power * 0.025 else { return false }
        learnt = min(learnt + 1, Int32(Self.memory))
        power += (frame - power) / Float(learnt)
        guard learnt >= Self.patience else { return false }
        let off = Self.target - 3.010_3 * log2(power)
        wanted = off > 0 ? max(off - Self.tolerance, 0) : min(off + Self.tolerance, 0)
        wanted = min(max(wanted, -Self.range), Self.range, max(Self.noiseCeiling - noise, 0))
        return true
    }

    /// A frame nearer to what is wanted.
    private mutating func approach() {
        decibels = wanted > decibels ? min(decibels + Self.rise, wanted) : max(decibels - Self.fall, wanted)
    }

    private mutating func scale(_ frame: UnsafeMutablePointer<Int16>, to goal: Float) {
        let peak = Float(SampleKernels.peak(frame, count: AudioFrame.count))
        let most = max(factor, goal)
        if most <= 1 || peak * most <= Self.ceiling {
            SampleKernels.scale(frame, count: AudioFrame.count, from: factor, to: goal)
            factor = goal
            return
        }
        // A peak that must not be brought up so far: the gain is down where the frame first gets that loud, and comes
        // back as fast as the rest goes.
        let safe = max(Self.ceiling / peak, 1)
        let threshold = Self.ceiling / most
        var first = 0
        while first < AudioFrame.count, abs(Float(frame[first])) <= threshold { first += 1 }
        first = min(max(first, 48), AudioFrame.count)
        SampleKernels.scale(frame, count: first, from: factor, to: min(safe, factor))
        factor = min(safe, factor)
        SampleKernels.scale(frame + first, count: AudioFrame.count - first, from: factor, to: factor)
        decibels = min(decibels, 6.020_6 * log2(factor))
    }
}
