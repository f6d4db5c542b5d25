/// What a receiver reports about a source (RFC 3550 section 6.4.1).
public struct RTCPReportBlock: Sendable, Hashable {
    /// The source that is reported on.
    public var ssrc: UInt32
    /// Loss since the last report, in 256ths.
    public var fractionLost: UInt8
    /// 24 bits, signed.
    public var cumulativeLost: Int32
    public var extendedHighest: UInt32
    /// In timestamp units.
    public var jitter: UInt32
    /// The middle 32 bits of the last sender report's NTP timestamp; 0 when none came.
    public var lastSR: UInt32
    /// In 65536ths of a second.
    public var delaySinceLastSR: UInt32

    static let size = 24

    init(
        ssrc: UInt32, fractionLost: UInt8, cumulativeLost: Int32, extendedHighest: UInt32, jitter: UInt32,
        lastSR: UInt32, delaySinceLastSR: UInt32
    ) {
        self.ssrc = ssrc
        self.fractionLost = fractionLost
        self.cumulativeLost = cumulativeLost
        self.extendedHighest = extendedHighest
        self.jitter = jitter
        self.lastSR = lastSR
        self.delaySinceLastSR = delaySinceLastSR
    }

    /// From 24 bytes that are there.
    init(_ bytes: UnsafeRawBufferPointer) {
        ssrc = bytes.u32(at: 0)
        let loss = bytes.u32(at: 4)
        fractionLost = UInt8(truncatingIfNeeded: loss >> 24)
        cumulativeLost = Int32(bitPattern: loss << 8) >> 8
        extendedHighest = bytes.u32(at: 8)
        jitter = bytes.u32(at: 12)
        lastSR = bytes.u32(at: 16)
        delaySinceLastSR = bytes.u32(at: 20)
    }

    /// The source hears of the path behind ours as well: gaps before us are gaps behind us, so that the greater loss is that
    /// of both. The two have one clock.
    mutating func take(_ beyond: RTCPReportBlock) {
        fractionLost = max(fractionLost, beyond.fractionLost)
        jitter = max(jitter, beyond.jitter)
    }

    func write(to writer: inout PacketWriter) {
        writer.u32(ssrc)
        writer.u32(UInt32(fractionLost) << 24 | UInt32(bitPattern: cumulativeLost) & 0xff_ffff)
        writer.u32(extendedHighest)
        writer.u32(jitter)
        writer.u32(lastSR)
        writer.u32(delaySinceLastSR)
    }
}

/// The sender's part of a sender report (RFC 3550 section 6.4.1).
public struct RTCPSenderInfo: Sendable, Hashable {
    public var ntp: UInt64
    public var rtpTimestamp: UInt32
    public var packets: UInt32
    public var octets: UInt32

    static let size = 20
}
