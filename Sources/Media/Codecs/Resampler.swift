import CSpeexDSP

/// A speexdsp resampler between two rates, one a whole multiple of the other: counts come out exact.
struct Resampler: ~Copyable {
    /// Nil when it is not needed, or the library would not give one.
    private let pointer: OpaquePointer?
    var isReady: Bool { pointer != nil }

    /// Of speexdsp's 0…10: a passband to 3.4 of 4 kHz with 4 ms of delay.
    private static let quality: Int32 = 4

    init(from: Int, to: Int) {
        var status: Int32 = 0
        pointer =
            from == to
            ? nil
            : speex_resampler_init(1, UInt32(clamping: from), UInt32(clamping: to), Self.quality, &status)
    }

    deinit {
        if let pointer { speex_resampler_destroy(pointer) }
    }

    /// How many samples were written, at most `capacity`.
    func process(
        _ input: UnsafePointer<Int16>, count: Int, into output: UnsafeMutablePointer<Int16>, capacity: Int
    ) -> Int {
        guard let pointer else { return 0 }
        var taken = UInt32(clamping: count)
        var written = UInt32(clamping: capacity)
        guard speex_resampler_process_int(pointer, 0, input, &taken, output, &written) == 0 else { return 0 }
        return Int(written)
    }

    func reset() {
        if let pointer { _ = speex_resampler_reset_mem(pointer) }
    }
}
