import COpus
import CSpanDSP

/// Decodes what one listener hears, at the codec's sample rate.
struct FrameDecoder: ~Copyable {
    let codec: LoadCodec
    private let opus: OpaquePointer?
    private let g722: UnsafeMutablePointer<g722_decode_state_t>?

    init(_ codec: LoadCodec) {
        self.codec = codec
        var status: Int32 = 0
        opus = codec == .opus ? opus_decoder_create(48_000, 1, &status) : nil
        g722 = codec == .g722 ? g722_decode_init(nil, 64_000, 0) : nil
    }

    deinit {
        if let opus { opus_decoder_destroy(opus) }
        if let g722 { _ = g722_decode_free(g722) }
    }

    /// Samples decoded; 0 for a payload that cannot be. The memory must hold 5760.
    func decode(_ payload: UnsafeRawBufferPointer, into samples: UnsafeMutablePointer<Int16>) -> Int {
        guard let base = payload.baseAddress, payload.count > 0, payload.count <= 1500 else { return 0 }
        let bytes = base.assumingMemoryBound(to: UInt8.self)
        switch codec {
        case .opus:
            guard let opus else { return 0 }
            return max(0, Int(opus_decode(opus, bytes, Int32(payload.count), samples, 5760, 0)))
        case .g722:
            guard let g722 else { return 0 }
            return max(0, Int(g722_decode(g722, samples, bytes, Int32(payload.count))))
        case .pcmu:
            for index in 0..<payload.count { samples[index] = ulaw_to_linear(bytes[index]) }
            return payload.count
        case .pcma:
            for index in 0..<payload.count { samples[index] = alaw_to_linear(bytes[index]) }
            return payload.count
        }
    }
}
