/// The last payload of comfort noise (RFC 3389) that came, until what was said before it has been played.
struct PendingComfort {
    private var octets = InlineArray<13, UInt8>(repeating: 0)
    private var count = 0
    private(set) var sequence: UInt16 = 0
    /// Whether the decoder has not been told of it.
    private(set) var isNew = false

    /// Keeps a payload unless a newer one is there.
    mutating func take(_ payload: UnsafeRawBufferPointer, sequence: UInt16) {
        guard count == 0 || Int16(bitPattern: sequence &- self.sequence) > 0 else { return }
        count = min(payload.count, 13)
        for index in 0..<count { octets[index] = payload[index] }
        self.sequence = sequence
        isNew = true
    }

    /// Whether it comes after a packet.
    func follows(_ other: UInt16) -> Bool { count > 0 && Int16(bitPattern: sequence &- other) > 0 }

    var isThere: Bool { count > 0 }

    /// Tells the decoder.
    mutating func give(to decoder: inout AudioDecoder) {
        isNew = false
        let count = count
        withUnsafeBytes(of: octets) { _ = decoder.takeComfort(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }
}
