import CSpanDSP

/// Keys heard in the sound itself (ITU-T Q.23), where telephone-event was not agreed: G.711 alone keeps them clear enough.
struct InbandKeys: ~Copyable {
    private let state: OpaquePointer
    private let samples = SampleBuffer(count: 160)

    /// Nil when there is no memory.
    init?() {
        guard let state = dtmf_rx_init(nil, nil, nil) else { return nil }
        self.state = state
    }

    deinit { dtmf_rx_free(state) }

    /// A packet, in the order they come.
    /// - Returns: the first key that began in it, as RFC 4733 numbers them; there is never a second in so short a time.
    mutating func hear(_ payload: UnsafeRawBufferPointer, _ codec: AudioCodec) -> UInt8? {
        guard codec == .pcmu || codec == .pcma else { return nil }
        var start = 0
        while start < payload.count {
            let count = min(samples.count, payload.count - start)
            for index in 0..<count {
                let byte = payload[start + index]
                samples.samples[index] = codec == .pcmu ? G711.linear(ulaw: byte) : G711.linear(alaw: byte)
            }
            _ = dtmf_rx(state, samples.samples, Int32(truncatingIfNeeded: count))
            start += count
        }
        var digits: (CChar, CChar) = (0, 0)
        let found = withUnsafeMutableBytes(of: &digits) { memory in
            memory.baseAddress.map { dtmf_rx_get(state, $0.assumingMemoryBound(to: CChar.self), 1) } ?? 0
        }
        return found > 0 ? Self.code(UInt8(bitPattern: digits.0)) : nil
    }

    private static func code(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "*"): 10
        case UInt8(ascii: "#"): 11
        case UInt8(ascii: "A")...UInt8(ascii: "D"): character - UInt8(ascii: "A") + 12
        default: nil
        }
    }
}

extension LegMediaSettings {
    /// Whether keys are to be looked for in the sound.
    var wantsInbandKeys: Bool {
        receiveEvents.isEmpty && receive.contains { $0.codec == .pcmu || $0.codec == .pcma }
    }
}
