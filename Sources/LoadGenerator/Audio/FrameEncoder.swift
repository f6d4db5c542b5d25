import COpus
import CSpanDSP

/// Encodes frames of 20 ms, or of `frames` times that for Opus.
struct FrameEncoder: ~Copyable {
    private let codec: LoadCodec
    private let opus: OpaquePointer?
    private let g722: UnsafeMutablePointer<g722_encode_state_t>?

    /// - Parameter channels: 2 for Opus in stereo, whose samples are then interleaved.
    init(_ codec: LoadCodec, bitRate: Int, isDTX: Bool = false, channels: Int32 = 1) throws(LoadError) {
        self.codec = codec
        var status: Int32 = 0
        opus = codec == .opus ? opus_encoder_create(48_000, channels, OPUS_APPLICATION_VOIP, &status) : nil
        g722 = codec == .g722 ? g722_encode_init(nil, 64_000, 0) : nil
        guard codec != .opus || opus != nil, codec != .g722 || g722 != nil else {
            throw LoadError("the encoder could not be made")
        }
        if let opus {
            _ = confab_opus_encoder_set(opus, OPUS_SET_BITRATE_REQUEST, Int32(clamping: bitRate))
            _ = confab_opus_encoder_set(opus, OPUS_SET_COMPLEXITY_REQUEST, 5)
            _ = confab_opus_encoder_set(opus, OPUS_SET_SIGNAL_REQUEST, OPUS_SIGNAL_VOICE)
            _ = confab_opus_encoder_set(opus, OPUS_SET_DTX_REQUEST, isDTX ? 1 : 0)
        }
    }

    deinit {
        if let opus { opus_encoder_destroy(opus) }
        if let g722 { _ = g722_encode_free(g722) }
    }

    /// The payload for `count` samples of each channel.
    func encode(_ samples: UnsafePointer<Int16>, _ count: Int) -> [UInt8] {
        switch codec {
        case .opus:
            guard let opus else { return [] }
            return [UInt8](unsafeUninitializedCapacity: 1275) { memory, length in
                guard let base = memory.baseAddress else { return }
                length = max(0, Int(opus_encode(opus, samples, Int32(count), base, 1275)))
            }
        case .g722:
            guard let g722 else { return [] }
            return [UInt8](unsafeUninitializedCapacity: count / 2 + 8) { memory, length in
                guard let base = memory.baseAddress else { return }
                length = max(0, Int(g722_encode(g722, base, samples, Int32(count))))
            }
        case .pcmu: return (0..<count).map { linear_to_ulaw(Int32(samples[$0])) }
        case .pcma: return (0..<count).map { linear_to_alaw(Int32(samples[$0])) }
        }
    }
}
