import COpus

/// A libopus encoder, 48 kHz mono, for speech: AUDIO with the voice signal is SILK and CELT together like VOIP, without
/// the high-pass that turns the phases of low voices.
struct OpusEncoder: ~Copyable {
    /// Nil when it is not needed, or the library would not give one.
    private let pointer: OpaquePointer?
    var isReady: Bool { pointer != nil }
    /// What it was told last, to be told again where another's state is copied.
    private let settings: UnsafeMutablePointer<Settings>

    private struct Settings {
        var profile = OpusProfile.standard
        var configuration = MixConfiguration()
        var loss = 0
    }

    /// What libopus makes of the sound: speech made clear, sound as it is, or the least delay (CELT alone).
    enum Application { case voice, audio, lowDelay }

    init(needed: Bool, _ application: Application = .audio) {
        settings = .allocate(capacity: 1)
        settings.initialize(to: Settings())
        var status: Int32 = 0
        let code =
            switch application {
            case .voice: OPUS_APPLICATION_VOIP
            case .audio: OPUS_APPLICATION_AUDIO
            case .lowDelay: OPUS_APPLICATION_RESTRICTED_LOWDELAY
            }
        pointer = needed ? opus_encoder_create(48000, 1, code, &status) : nil
        guard let pointer else { return }
        _ = confab_opus_encoder_set(pointer, OPUS_SET_SIGNAL_REQUEST, OPUS_SIGNAL_VOICE)
        _ = confab_opus_encoder_set(pointer, OPUS_SET_DTX_REQUEST, 0)
    }

    deinit {
        if let pointer { opus_encoder_destroy(pointer) }
        settings.deallocate()
    }

    /// Band, bit rate, error correction and effort; no loss is expected until `expect`.
    func configure(_ profile: OpusProfile, _ configuration: MixConfiguration) {
        settings.pointee = Settings(profile: profile, configuration: configuration)
        apply()
    }

    /// Fits forward error correction to the loss that the listeners report, in per cent; nothing in a profile without.
    func expect(loss: Int, _ profile: OpusProfile, _ configuration: MixConfiguration) {
        settings.pointee = Settings(profile: profile, configuration: configuration, loss: loss)
        apply()
    }

    private func apply() {
        guard let pointer else { return }
        let (profile, configuration) = (settings.pointee.profile, settings.pointee.configuration)
        let complexity = Int32(clamping: min(max(configuration.opusComplexity, 0), 10))
        let bandwidth =
            switch profile.tier {
            case .full: OPUS_BANDWIDTH_FULLBAND
            case .wide, .low: OPUS_BANDWIDTH_WIDEBAND
            case .narrow: OPUS_BANDWIDTH_NARROWBAND
            }
        let rate = Int32(clamping: profile.bitRate(configuration.opusBitRate))
        let loss = profile.fec ? min(max(settings.pointee.loss, configuration.opusExpectedLoss, 2), 30) : 0
        _ = confab_opus_encoder_set(pointer, OPUS_SET_COMPLEXITY_REQUEST, complexity)
        _ = confab_opus_encoder_set(pointer, OPUS_SET_MAX_BANDWIDTH_REQUEST, bandwidth)
        _ = confab_opus_encoder_set(pointer, OPUS_SET_VBR_REQUEST, profile.isConstant ? 0 : 1)
        _ = confab_opus_encoder_set(pointer, OPUS_SET_INBAND_FEC_REQUEST, profile.fec ? 1 : 0)
        _ = confab_opus_encoder_set(pointer, OPUS_SET_PACKET_LOSS_PERC_REQUEST, Int32(clamping: loss))
        _ = confab_opus_encoder_set(pointer, OPUS_SET_BITRATE_REQUEST, rate)
    }

    /// Samples at 48 kHz by which what is decoded is behind what was encoded.
    static let lookAhead = 312

    /// Makes the next packets less dependent on what went before: for a decoder that heard something else.
    func setIndependent(_ on: Bool) {
        if let pointer { _ = confab_opus_encoder_set(pointer, OPUS_SET_PREDICTION_DISABLED_REQUEST, on ? 1 : 0) }
    }

    /// The packet's length; 0 when it could not be encoded.
    func encode(_ samples: UnsafePointer<Int16>, count: Int, into memory: UnsafeMutableRawBufferPointer) -> Int {
        guard let pointer, let base = memory.baseAddress else { return 0 }
        let length = opus_encode(
            pointer, samples, Int32(count), base.assumingMemoryBound(to: UInt8.self), Int32(clamping: memory.count))
        return max(Int(length), 0)
    }

    func reset() {
        if let pointer { _ = confab_opus_encoder_reset(pointer) }
    }

    /// Goes on as the other would. The state is one block without pointers, made to be copied so (`opus_encoder_init`).
    func copyState(of other: borrowing OpusEncoder) {
        guard let pointer, let model = other.pointer else { return }
        let size = Int(opus_encoder_get_size(1))
        UnsafeMutableRawPointer(pointer).copyMemory(from: UnsafeRawPointer(model), byteCount: size)
        apply()
    }
}

/// A libopus decoder, 48 kHz; stereo is brought down to mono by it.
struct OpusDecoder: ~Copyable {
    private let pointer: OpaquePointer?
    var isReady: Bool { pointer != nil }

    init() {
        var status: Int32 = 0
        pointer = opus_decoder_create(48000, 1, &status)
    }

    deinit {
        if let pointer { opus_decoder_destroy(pointer) }
    }

    /// Samples that a packet holds; nil when it is no Opus packet.
    static func samples(in packet: UnsafeRawBufferPointer) -> Int? {
        guard let bytes = packet.baseAddress, packet.count > 0 else { return nil }
        let count = opus_packet_get_nb_samples(
            bytes.assumingMemoryBound(to: UInt8.self), Int32(clamping: packet.count), 48000)
        return count > 0 ? Int(count) : nil
    }

    /// Samples decoded; 0 when the packet is bad.
    func decode(_ packet: UnsafeRawBufferPointer, into samples: UnsafeMutablePointer<Int16>, capacity: Int) -> Int {
        run(packet, samples, count: capacity, restoring: false)
    }

    /// Makes up `count` samples, a multiple of 120.
    func conceal(_ count: Int, into samples: UnsafeMutablePointer<Int16>) -> Int {
        guard let pointer else { return 0 }
        return max(Int(opus_decode(pointer, nil, 0, samples, Int32(clamping: count), 0)), 0)
    }

    /// Restores the `count` samples before a packet from the forward error correction in it.
    func recover(_ count: Int, from next: UnsafeRawBufferPointer, into samples: UnsafeMutablePointer<Int16>) -> Int {
        run(next, samples, count: count, restoring: true)
    }

    func reset() {
        if let pointer { _ = confab_opus_decoder_reset(pointer) }
    }

    private func run(
        _ packet: UnsafeRawBufferPointer, _ samples: UnsafeMutablePointer<Int16>, count: Int, restoring: Bool
    ) -> Int {
        guard let pointer, let bytes = packet.baseAddress, packet.count > 0 else { return 0 }
        let decoded = opus_decode(
            pointer, bytes.assumingMemoryBound(to: UInt8.self), Int32(clamping: packet.count), samples,
            Int32(clamping: count), restoring ? 1 : 0)
        return max(Int(decoded), 0)
    }
}
