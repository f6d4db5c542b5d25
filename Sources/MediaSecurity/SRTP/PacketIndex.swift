/// The index of an SRTP packet: roll-over counter and sequence number, 48 bits (RFC 3711 section 3.3.1).
struct PacketIndex: Comparable, Hashable, BitwiseCopyable {
    let value: UInt64

    init(rolloverCounter: UInt32, sequence: UInt16) {
        value = UInt64(rolloverCounter) << 16 | UInt64(sequence)
    }

    var rolloverCounter: UInt32 { UInt32(truncatingIfNeeded: value >> 16) }
    var sequence: UInt16 { UInt16(truncatingIfNeeded: value) }

    static func < (one: PacketIndex, other: PacketIndex) -> Bool { one.value < other.value }

    /// The index of the packet with this sequence number, when the receiver's highest index is this one: of those
    /// that the number can stand for, the nearest (RFC 3711 appendix A). Nil when that is the end of the key: the
    /// counter would start again, and the key stream with it (section 9.2).
    func estimate(_ sequence: UInt16) -> PacketIndex? {
        let (mine, theirs) = (Int(self.sequence), Int(sequence))
        var counter = rolloverCounter
        if mine < 0x8000 {
            if theirs - mine > 0x8000, counter > 0 { counter -= 1 }
        } else if mine - 0x8000 > theirs {
            guard counter < .max else { return nil }
            counter += 1
        }
        return PacketIndex(rolloverCounter: counter, sequence: sequence)
    }
}
