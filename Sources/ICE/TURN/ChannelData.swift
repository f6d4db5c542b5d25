import Primitives

/// A ChannelData message (RFC 8656 section 12.4): four octets before what a peer sent or is sent.
public struct ChannelData: Hashable, Sendable {
    /// The numbers that a client may bind (RFC 8656 section 12).
    public static let numbers: ClosedRange<UInt16> = 0x4000...0x4fff
    public static let headerSize = 4

    public var channel: UInt16
    public var payload: [UInt8]

    public init(channel: UInt16, payload: [UInt8]) {
        self.channel = channel
        self.payload = payload
    }

    /// A datagram; nil when it is no ChannelData, or shorter than it says. Over UDP padding may follow.
    public init?(decoding bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard let channel = reader.u16(), Self.numbers.contains(channel), let length = reader.u16(),
            let payload = reader.take(Int(length))
        else { return nil }
        self.init(channel: channel, payload: Array(payload))
    }

    /// As a datagram, without padding. What is too long for the length field is cut off.
    public var encoded: [UInt8] {
        let payload = payload.prefix(Int(UInt16.max))
        var writer = ByteWriter(reserving: Self.headerSize + payload.count)
        writer.integer(channel)
        writer.integer(UInt16(payload.count))
        writer.append(payload)
        return writer.bytes
    }

    /// The first octets of a datagram that may be one (RFC 7983 section 7).
    @inlinable
    public static func begins(with first: UInt8) -> Bool { first >= 0x40 && first <= 0x4f }
}
