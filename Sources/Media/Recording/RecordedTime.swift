/// Turns a room's ticks into packets without a gap, so that a second of the call is a second of the recording.
public struct RecordedTime: Sendable {
    /// Ticks without a packet for which a player's decoder is let make up what is missing: a lost packet of one who talks
    /// alone, or the end of what he says. After that there is silence.
    static let concealed: UInt64 = 3
    /// Longest time that is filled up; a machine that slept for longer has its time left out.
    static let longest: UInt64 = 50 * 3600

    /// What is to be written for a tick.
    public enum Piece: Sendable, Hashable {
        case packet
        /// One octet, of which a decoder makes 20 ms by itself (RFC 6716 section 3.2.1, RFC 7845 section 4.1).
        case concealment(UInt8)
        case silence
    }

    private var next: UInt64?
    private var empty: UInt64 = 0
    private var lastTOC: UInt8?
    /// Ticks that were written.
    public private(set) var count: UInt64 = 0

    public init() {}

    /// What came in a tick, and all ticks before it of which nothing is known.
    /// - Parameter first: the first octet of the tick's packet; nil when there is none.
    public mutating func take(_ tick: UInt64, _ first: UInt8?, _ write: (Piece) -> Void) {
        let expected = next ?? tick
        guard tick >= expected else { return }
        next = tick &+ 1
        for _ in 0..<min(tick - expected, Self.longest) { fill(write) }
        guard let first else { return fill(write) }
        (empty, lastTOC) = (0, first)
        count += 1
        write(.packet)
    }

    private mutating func fill(_ write: (Piece) -> Void) {
        empty += 1
        count += 1
        guard empty <= Self.concealed, let lastTOC else { return write(.silence) }
        write(.concealment(lastTOC & 0xfc))
    }
}
