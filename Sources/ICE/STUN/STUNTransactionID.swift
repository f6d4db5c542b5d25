public import Primitives

/// The 96 bits that tie a response to its request (RFC 8489 section 5).
public struct STUNTransactionID: Hashable, Sendable {
    public var high: UInt32
    public var low: UInt64

    public init(high: UInt32, low: UInt64) {
        self.high = high
        self.low = low
    }

    public static func random(_ entropy: Entropy) -> STUNTransactionID {
        STUNTransactionID(high: entropy.u32(), low: entropy.u64())
    }

    /// The transaction id of an encoded message; nil when it is shorter than a header.
    init?(header bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard reader.skip(8), let high = reader.u32(), let low = reader.u64() else { return nil }
        self.init(high: high, low: low)
    }
}
