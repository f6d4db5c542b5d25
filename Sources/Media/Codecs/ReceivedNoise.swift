/// Comfort noise (RFC 3389): the noise of a room while nothing is sent, as a level and a shape, at 8 kHz.
struct ReceivedNoise {
    /// Most reflection coefficients that are taken; more are not wrong, only left out.
    static let order = 12

    /// Nothing is heard until a payload came.
    private(set) var isActive = false
    private var random = SplitMix(0x6e6f697365)

    init() {}

    /// Writes a payload of the send side, without a shape.
    /// - Parameter level: of the noise in -dBov, 0…127; 127 is silence.
    /// - Returns: the payload's length; 0 when there is no room.
    static func write(level: Int, into memory: UnsafeMutableRawBufferPointer) -> Int {
        guard memory.count >= 1 else { return 0 }
        memory[0] = UInt8(min(max(level, 0), 127))
        return 1
    }

    /// Takes a payload that came; the noise goes over to it within 20 ms.
    /// - Returns: whether it was one.
    mutating func take(_ payload: UnsafeRawBufferPointer) -> Bool { false }

    /// Writes `count` samples at 8 kHz; zeros while not active.
    mutating func generate(into samples: UnsafeMutablePointer<Int16>, count: Int) {
        samples.update(repeating: 0, count: count)
    }

    /// Sound comes again.
    mutating func reset() {}
}
