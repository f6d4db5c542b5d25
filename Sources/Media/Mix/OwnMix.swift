/// What one talker gets: the mix without its own voice, from an encoder of its own.
struct OwnMix: ~Copyable {
    var encoder: AudioEncoder
    var limiter = Limiter()
    /// The last frame that was encoded.
    let samples = SampleBuffer(count: AudioFrame.count)
    /// The last tick that was encoded.
    var lastTick: UInt64?

    init(_ kind: AudioEncoder.Class, _ configuration: MixConfiguration) {
        encoder = AudioEncoder(kind, configuration)
    }

    /// As new, for a leg of some class of the same codec.
    mutating func begin(_ kind: AudioEncoder.Class, _ configuration: MixConfiguration) {
        encoder.reset()
        _ = encoder.become(kind, configuration)
        limiter = Limiter()
        lastTick = nil
    }
}
