public import Primitives

/// A STUN message (RFC 8489 section 5).
public struct STUNMessage: Hashable, Sendable {
    public enum MessageClass: UInt16, Hashable, Sendable, CaseIterable { case request, indication, success, error }

    /// The method that ICE uses (RFC 8489 section 3).
    public static let binding: UInt16 = 1

    public var messageClass: MessageClass
    /// Twelve bits.
    public var method: UInt16
    public var transactionID: STUNTransactionID
    /// In the order sent, without MESSAGE-INTEGRITY and FINGERPRINT.
    public var attributes: [STUNAttribute]
    /// The MESSAGE-INTEGRITY that a decoded message carried.
    public private(set) var integrity: STUNIntegrity?

    public init(
        _ messageClass: MessageClass, method: UInt16 = STUNMessage.binding, _ transactionID: STUNTransactionID,
        _ attributes: [STUNAttribute] = []
    ) {
        self.messageClass = messageClass
        self.method = method & 0xfff
        self.transactionID = transactionID
        self.attributes = attributes
    }

    /// Whether a datagram is STUN among DTLS, RTP and RTCP (RFC 7983 section 7): a first byte of 0…3, and the cookie.
    @inlinable
    public static func looksLikeSTUN(_ bytes: some Collection<UInt8>) -> Bool {
        guard bytes.count >= 20, let first = bytes.first, first < 4 else { return false }
        return bytes.dropFirst(4).prefix(4).reduce(0 as UInt32) { $0 << 8 | UInt32($1) } == 0x2112_a442
    }

    /// - Parameters:
    ///   - key: adds MESSAGE-INTEGRITY under this key: the password of short-term credentials.
    ///   - fingerprint: adds FINGERPRINT, as ICE demands.
    public func encoded(key: [UInt8]?, hashing: Hashing, fingerprint: Bool = true) -> [UInt8] {
        var writer = ByteWriter(reserving: 128)
        let bits = messageClass.rawValue
        writer.integer(
            (method & 0xf80) << 2 | (method & 0x70) << 1 | method & 0xf | (bits & 2) << 7 | (bits & 1) << 4)
        writer.integer(UInt16(0))
        writer.integer(STUNAttribute.magicCookie)
        writer.integer(transactionID.high)
        writer.integer(transactionID.low)
        for attribute in attributes { Self.write(attribute.type, attribute.value(transactionID), to: &writer) }
        if let key {
            writer.patchLength(adding: 24)
            Self.write(STUNAttribute.messageIntegrity, hashing.hmacSHA1(key, writer.bytes), to: &writer)
        }
        if fingerprint {
            writer.patchLength(adding: 8)
            var value = ByteWriter()
            value.integer(CRC32.checksum(writer.bytes) ^ 0x5354_554e)
            Self.write(STUNAttribute.fingerprint, value.bytes, to: &writer)
        }
        writer.patchLength(adding: 0)
        return writer.bytes
    }

    private static func write(_ type: UInt16, _ value: [UInt8], to writer: inout ByteWriter) {
        let value = value.prefix(0xfff0)
        writer.integer(type)
        writer.integer(UInt16(value.count))
        writer.append(value)
        writer.pad(to: 4)
    }

    /// Whether the message carries a MESSAGE-INTEGRITY made with `key` (RFC 8489 section 14.5).
    public func isAuthentic(key: [UInt8], hashing: Hashing) -> Bool {
        guard let integrity else { return false }
        let mac = hashing.hmacSHA1(key, integrity.covered)
        return mac.count == integrity.mac.count && zip(mac, integrity.mac).reduce(0) { $0 | $1.0 ^ $1.1 } == 0
    }

    /// Types below 0x8000 that a receiver has to know and that this one does not (RFC 8489 section 6.3.1).
    public var unknownRequired: [UInt16] {
        attributes.compactMap { if case .other(let type, _) = $0, type < 0x8000 { type } else { nil } }
    }

    /// A message off the wire. FINGERPRINT is checked when it is there; MESSAGE-INTEGRITY by `isAuthentic`.
    public init(decoding bytes: [UInt8]) throws(STUNError) {
        var reader = ByteReader(bytes)
        guard let type = reader.u16(), let length = reader.u16(), let cookie = reader.u32(), type < 0x4000,
            cookie == STUNAttribute.magicCookie, let high = reader.u32(), let low = reader.u64(),
            let messageClass = MessageClass(rawValue: type >> 7 & 2 | type >> 4 & 1)
        else { throw .notSTUN }
        guard Int(length) == reader.remaining, length.isMultiple(of: 4) else { throw .wrongLength }
        self.messageClass = messageClass
        method = type >> 2 & 0xf80 | type >> 1 & 0x70 | type & 0xf
        transactionID = STUNTransactionID(high: high, low: low)
        attributes = []
        while reader.remaining > 0 {
            let start = reader.offset
            guard let type = reader.u16(), let length = reader.u16(), let value = reader.take(Int(length)),
                reader.skip((4 - Int(length) % 4) % 4)
            else { throw .wrongLength }
            switch type {
            case STUNAttribute.fingerprint:
                try Self.checkFingerprint(value, covered: bytes.prefix(start))
                guard reader.remaining == 0 else { throw .malformed(type) }
            case _ where integrity != nil:
                continue
            case STUNAttribute.messageIntegrity:
                guard value.count == 20 else { throw .malformed(type) }
                integrity = STUNIntegrity(covering: bytes.prefix(start), mac: Array(value))
            default:
                guard let attribute = STUNAttribute(type: type, value: value, transactionID) else {
                    throw .malformed(type)
                }
                attributes.append(attribute)
            }
        }
    }

    private static func checkFingerprint(_ value: ArraySlice<UInt8>, covered: ArraySlice<UInt8>) throws(STUNError) {
        var reader = ByteReader(value)
        guard value.count == 4, reader.u32() == CRC32.checksum(covered) ^ 0x5354_554e else { throw .wrongFingerprint }
    }
}

extension ByteWriter {
    /// Sets the header's length field as if `extra` more bytes had been written.
    fileprivate mutating func patchLength(adding extra: Int) {
        patch(UInt16(clamping: count - 20 + extra), at: 2)
    }
}
