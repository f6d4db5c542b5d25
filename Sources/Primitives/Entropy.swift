/// Randomness, handed in: the system's in production, a seeded sequence in tests.
public struct Entropy: Sendable {
    private let draw: @Sendable () -> UInt64

    /// - Parameter draw: gives 64 fresh random bits each time it is called.
    public init(_ draw: @escaping @Sendable () -> UInt64) { self.draw = draw }

    /// The operating system's generator; cryptographically secure.
    public static let system = Entropy {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }

    public func u64() -> UInt64 { draw() }
    public func u32() -> UInt32 { UInt32(truncatingIfNeeded: draw()) }
    public func u16() -> UInt16 { UInt16(truncatingIfNeeded: draw()) }

    public func bytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            let word = draw()
            for shift in stride(from: 0, to: 64, by: 8) where bytes.count < count {
                bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
            }
        }
        return bytes
    }

    /// `count` characters of `[a-z0-9]`, about five bits each: branches, tags, ice-ufrag and ice-pwd.
    public func token(_ count: Int) -> String {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8)
        return String(decoding: bytes(count).map { alphabet[Int($0) % alphabet.count] }, as: UTF8.self)
    }

    /// A random (version 4) UUID in lower case, RFC 9562 section 5.4.
    public func uuid() -> String {
        var bytes = bytes(16)
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        let hex = Hex.encode(bytes)
        var text = ""
        for (index, character) in hex.enumerated() {
            if [8, 12, 16, 20].contains(index) { text.append("-") }
            text.append(character)
        }
        return text
    }
}
