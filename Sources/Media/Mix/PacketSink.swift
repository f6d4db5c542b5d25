/// Where a room puts what it sends. Specialised at compile time: the media thread's own batch, or a test's.
public protocol PacketSink: ~Copyable {
    /// Memory for the next packet, valid until `commit` or the next `reserve`: at least
    /// `PacketLimits.size + PacketLimits.headroom` bytes. Nil when there is no more room; the packet is not sent then.
    mutating func reserve() -> UnsafeMutableRawBufferPointer?
    /// The reserved memory now holds `length` bytes of packet for the leg in `slot`.
    mutating func commit(slot: Int, kind: PacketKind, length: Int)
}

/// RTP or RTCP.
public enum PacketKind: UInt8, Sendable, Hashable {
    case rtp, rtcp

    /// Tells the two apart where they share a port (RFC 5761 section 4); nil for what is neither.
    public init?(_ packet: UnsafeRawBufferPointer) {
        guard packet.count >= 2, packet[0] >> 6 == 2 else { return nil }
        self = (192...223).contains(packet[1]) ? .rtcp : .rtp
    }
}

/// Sizes that everyone on the packet path keeps to.
public enum PacketLimits {
    /// Most bytes of an RTP or RTCP packet, before SRTP.
    public static let size = 1500
    /// Spare bytes behind a packet, for what SRTP adds.
    public static let headroom = 64
}
