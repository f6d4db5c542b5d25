/// A cursor over bytes that came from outside: every read is checked and none traps.
public struct ByteReader: Sendable {
    private let bytes: [UInt8]
    /// Index of the next byte to read.
    public private(set) var offset: Int
    private let end: Int

    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
        offset = 0
        end = bytes.count
    }

    public init(_ bytes: ArraySlice<UInt8>) { self.init(Array(bytes)) }

    /// How many bytes are left.
    public var remaining: Int { end - offset }

    public mutating func u8() -> UInt8? {
        guard offset < end else { return nil }
        defer { offset += 1 }
        return bytes[offset]
    }

    /// The next big-endian integer of the type's width; nil, and nothing consumed, when too few bytes are left.
    public mutating func integer<T: FixedWidthInteger & UnsignedInteger>(_ type: T.Type = T.self) -> T? {
        let size = T.bitWidth / 8
        guard remaining >= size else { return nil }
        defer { offset += size }
        return bytes[offset..<offset + size].reduce(0) { $0 << 8 | T($1) }
    }

    public mutating func u16() -> UInt16? { integer() }
    public mutating func u32() -> UInt32? { integer() }
    public mutating func u64() -> UInt64? { integer() }

    /// The next `count` bytes; nil, and nothing consumed, when fewer are left or `count` is negative.
    public mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, remaining >= count else { return nil }
        defer { offset += count }
        return bytes[offset..<offset + count]
    }

    /// Skips `count` bytes; false, and nothing skipped, when fewer are left.
    @discardableResult
    public mutating func skip(_ count: Int) -> Bool { take(count) != nil }

    /// All that is left.
    public mutating func rest() -> ArraySlice<UInt8> { take(remaining) ?? [] }
}
