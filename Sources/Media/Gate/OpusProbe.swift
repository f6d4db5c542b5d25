import COpus

/// A small decoder that looks into single Opus packets of legs that sleep: 8 kHz, without memory from one to the next.
struct OpusProbe: ~Copyable {
    private let pointer: OpaquePointer?
    private let samples = SampleBuffer(count: 960)

    init() {
        var status: Int32 = 0
        pointer = opus_decoder_create(8000, 1, &status)
    }

    deinit {
        if let pointer { opus_decoder_destroy(pointer) }
    }

    /// How loud a packet is, in dBov.
    func level(_ packet: UnsafeRawBufferPointer) -> Float {
        guard let pointer, let bytes = packet.baseAddress, packet.count > 0 else { return Decibels.least }
        _ = confab_opus_decoder_reset(pointer)
        let count = opus_decode(
            pointer, bytes.assumingMemoryBound(to: UInt8.self), Int32(clamping: packet.count), samples.samples,
            Int32(clamping: samples.count), 0)
        guard count > 0 else { return Decibels.least }
        // A decoder without a past needs a moment.
        let half = Int(count) / 2
        return FrameMeasure(samples.samples + half, Int(count) - half).level
    }
}
