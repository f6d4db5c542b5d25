#if canImport(Glibc)
    import Glibc
#endif

/// Comfort noise that a peer describes (RFC 3389): the noise of its room while it sends nothing, as a level and a
/// shape, at 8 kHz.
struct ReceivedNoise {
    /// Most reflection coefficients that are taken; more are not wrong, only left out.
    static let order = 12

    /// Nothing is heard until a payload came.
    private(set) var isActive = false
    private var random = SplitMix(0x6e_6f69_7365)
    /// Peak of the white noise that excites the filter: now, and where it goes within 20 ms.
    private var gain: Float = 0
    private var wantedGain: Float = 0
    private var coefficients = InlineArray<12, Float>(repeating: 0)
    private var memory = InlineArray<12, Float>(repeating: 0)

    init() {}

    /// Writes a payload of the send side, without a shape (RFC 3389 section 3).
    /// - Parameter level: of the noise in -dBov, 0…127; 127 is silence.
    /// - Returns: the payload's length; 0 when there is no room.
    static func write(level: Int, into memory: UnsafeMutableRawBufferPointer) -> Int {
        guard memory.count >= 1 else { return 0 }
        memory[0] = UInt8(min(max(level, 0), 127))
        return 1
    }

    /// Takes a payload that came: its level in -dBov, then quantised reflection coefficients, (N - 127) / 128.
    /// - Returns: whether it was one.
    mutating func take(_ payload: UnsafeRawBufferPointer) -> Bool {
        guard let first = payload.first else { return false }
        isActive = true
        // The power that the all-pole lattice adds is taken off the excitation: the level is that of what is heard.
        var power: Float = 1
        for index in 0..<Self.order {
            let octet = index + 1 < payload.count ? Float(payload[index + 1]) : 127
            let coefficient = min(max((octet - 127) / 128, -0.98), 0.98)
            coefficients[index] = coefficient
            power *= 1 - coefficient * coefficient
        }
        let level = Float(min(first & 0x7f, 127))
        // White noise that is even between its peaks has a third of the peak's power.
        let rms = level >= 127 ? 0 : 32768 * pow(10, -max(level, 20) / 20)
        wantedGain = rms * (3 * power).squareRoot()
        return true
    }

    /// Writes `count` samples at 8 kHz; zeros while not active.
    mutating func generate(into samples: UnsafeMutablePointer<Int16>, count: Int) {
        guard isActive else {
            samples.update(repeating: 0, count: count)
            return
        }
        for place in 0..<count {
            gain += (wantedGain - gain) * 0.02
            var forward = Float(Int32(truncatingIfNeeded: random.next())) * (1 / 2_147_483_648) * gain
            for index in stride(from: Self.order - 1, through: 0, by: -1) {
                forward -= coefficients[index] * memory[index]
                if index + 1 < Self.order { memory[index + 1] = memory[index] + coefficients[index] * forward }
            }
            memory[0] = forward
            samples[place] = Int16(min(max(forward, -32000), 32000).rounded())
        }
    }

    /// Sound comes again.
    mutating func reset() {
        isActive = false
        gain = 0
        wantedGain = 0
        for index in 0..<Self.order { memory[index] = 0 }
    }
}
