/// What the buffer says is to be played next.
enum JitterAction {
    /// Nothing is expected: before the first packet, or between talk spurts.
    case nothing
    /// The next packet's samples are to be played.
    case play(JitterPacket)
    /// The next packet is to be decoded and left out, to shorten the delay.
    case skip(JitterPacket)
    /// So many timestamp units were lost right before a packet that is here, and may help to restore them.
    case restore(units: Int64, from: JitterPacket)
    /// So many timestamp units are to be made up.
    case conceal(units: Int64)
}

/// A packet that comes out of the buffer; its memory is valid until the next `insert`.
struct JitterPacket {
    let payload: UnsafeRawBufferPointer
    let payloadType: UInt8
    let sequence: UInt16
    let timestamp: UInt32
}

/// What became of a packet that was put in.
enum JitterInsertion: Hashable {
    case accepted
    /// Its time to be played is past.
    case late
    case duplicate
    /// Far out of step; believed when the next one follows it (RFC 3550 appendix A.1).
    case suspicious
    /// The stream began anew with it.
    case restarted
    /// Empty, or larger than a packet can be.
    case refused
}
