import CSpanDSP

/// A spandsp G.722 encoder: 16 kHz to 64 kbit/s, one byte for two samples.
struct G722Encoder: ~Copyable {
    /// Nil when it is not needed, or the library would not give one.
    private let state: UnsafeMutablePointer<g722_encode_state_t>?
    var isReady: Bool { state != nil }

    init(needed: Bool) { state = needed ? g722_encode_init(nil, 64000, 0) : nil }

    deinit {
        if let state { _ = g722_encode_free(state) }
    }

    func encode(_ samples: UnsafePointer<Int16>, count: Int, into memory: UnsafeMutableRawBufferPointer) -> Int {
        guard let state, let base = memory.baseAddress, memory.count >= count / 2 else { return 0 }
        return Int(g722_encode(state, base.assumingMemoryBound(to: UInt8.self), samples, Int32(clamping: count)))
    }

    func reset() {
        if let state { _ = g722_encode_init(state, 64000, 0) }
    }

    /// Goes on as the other would.
    func copyState(of other: borrowing G722Encoder) {
        guard let state, let model = other.state else { return }
        state.pointee = model.pointee
    }
}

/// A spandsp G.722 decoder: one byte to two samples at 16 kHz.
struct G722Decoder: ~Copyable {
    private let state: UnsafeMutablePointer<g722_decode_state_t>?
    var isReady: Bool { state != nil }

    init() { state = g722_decode_init(nil, 64000, 0) }

    deinit {
        if let state { _ = g722_decode_free(state) }
    }

    /// Writes two samples for each byte; the memory must hold them.
    func decode(_ packet: UnsafeRawBufferPointer, into samples: UnsafeMutablePointer<Int16>) -> Int {
        guard let state, let base = packet.baseAddress, packet.count > 0 else { return 0 }
        let bytes = base.assumingMemoryBound(to: UInt8.self)
        return Int(g722_decode(state, samples, bytes, Int32(clamping: packet.count)))
    }

    func reset() {
        if let state { _ = g722_decode_init(state, 64000, 0) }
    }
}
