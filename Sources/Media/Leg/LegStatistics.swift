/// Counts and measures of one leg's media.
public struct LegStatistics: Sendable, Hashable {
    // MARK: What came

    public var packetsReceived: UInt64 = 0
    public var octetsReceived: UInt64 = 0
    /// Cumulative loss as RFC 3550 appendix A.3 counts it; negative when duplicates came.
    public var packetsLost: Int64 = 0
    /// Came after their time to be played had passed.
    public var packetsLate: UInt64 = 0
    public var packetsDuplicate: UInt64 = 0
    /// Thrown away to keep the delay bounded: a burst, or a shrinking buffer.
    public var packetsDiscarded: UInt64 = 0
    /// Not RTP or RTCP, cut off, or a payload that its codec cannot hold.
    public var packetsMalformed: UInt64 = 0
    /// A payload number that was not agreed.
    public var packetsWrongPayload: UInt64 = 0
    /// Another SSRC than the one that is heard.
    public var packetsWrongSource: UInt64 = 0
    /// Interarrival jitter (RFC 3550 section 6.4.1).
    public var jitter: Duration = .zero
    /// What the jitter buffer strives for, and what it holds now.
    public var targetDelay: Duration = .zero
    public var currentDelay: Duration = .zero
    /// 20 ms pieces made up because nothing came.
    public var framesConcealed: UInt64 = 0
    /// Packets restored from the forward error correction of the next.
    public var framesRecovered: UInt64 = 0
    /// Packets that were decoded.
    public var packetsDecoded: UInt64 = 0
    /// Packets that went to the other leg of two as they came.
    public var packetsRelayed: UInt64 = 0

    // MARK: What went

    public var packetsSent: UInt64 = 0
    public var octetsSent: UInt64 = 0
    /// Of those, with sound that was encoded here.
    public var packetsEncoded: UInt64 = 0
    /// Loss that the peer last reported, 0…1.
    public var remoteFractionLost: Double = 0
    /// Jitter that the peer last reported.
    public var remoteJitter: Duration = .zero
    /// From LSR and DLSR (RFC 3550 section 6.4.1); nil before the first report.
    public var roundTrip: Duration?

    public init() {}
}
