import COpenSSL

/// HMAC-SHA1 (RFC 2104) as SRTP uses it (RFC 3711 section 4.2.1), from the hash states after the two blocks of key.
///
/// The padding is written here and whole blocks are handed over, so that nothing is copied but a packet's end.
struct HMACSHA1 {
    private let inner: confab_sha1_state
    private let outer: confab_sha1_state

    /// A tag of 80 bits, the left half of the digest; or of fewer, its first bytes.
    struct Tag: Equatable {
        private let high: UInt64
        private let low: UInt16

        static let length = 10
        static let shortLength = 4

        init(_ state: confab_sha1_state) {
            high = UInt64(state.h0) << 32 | UInt64(state.h1)
            low = UInt16(truncatingIfNeeded: state.h2 >> 16)
        }

        /// Whether these are the bytes at `source`; in a time that does not depend on where they differ.
        func isWritten(at source: UnsafeRawPointer, count: Int) -> Bool {
            guard count == Tag.length else {
                return UInt32(bigEndian: source.loadUnaligned(as: UInt32.self)) == short
            }
            let high = UInt64(bigEndian: source.loadUnaligned(as: UInt64.self))
            let low = UInt16(bigEndian: source.loadUnaligned(fromByteOffset: 8, as: UInt16.self))
            return (self.high ^ high) | UInt64(self.low ^ low) == 0
        }

        /// Writes ten bytes, or four.
        func write(to target: UnsafeMutableRawPointer, count: Int) {
            guard count == Tag.length else { return target.storeBytes(of: short.bigEndian, as: UInt32.self) }
            target.storeBytes(of: high.bigEndian, as: UInt64.self)
            target.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt16.self)
        }

        private var short: UInt32 { UInt32(truncatingIfNeeded: high >> 32) }
    }

    /// A key of at most 64 bytes.
    init(key: [UInt8]) {
        inner = HMACSHA1.state(key, 0x36)
        outer = HMACSHA1.state(key, 0x5c)
    }

    /// The tag of a packet with a word behind it: RTP's roll-over counter, or RTCP's E flag and index.
    func tag(_ packet: UnsafeRawPointer, count: Int, word: UInt32) -> Tag {
        withUnsafeTemporaryAllocation(byteCount: 128, alignment: 16) { tail in
            guard let tail = tail.baseAddress else { return Tag(inner) }
            let whole = count / 64
            var state = whole > 0 ? confab_sha1_blocks(inner, packet, whole) : inner
            let rest = count % 64
            tail.initializeMemory(as: UInt8.self, repeating: 0, count: 128)
            tail.copyMemory(from: packet + 64 * whole, byteCount: rest)
            tail.storeBytes(of: word.bigEndian, toByteOffset: rest, as: UInt32.self)
            state = HMACSHA1.finish(state, tail, filled: rest + 4, total: 64 + count + 4)
            tail.initializeMemory(as: UInt8.self, repeating: 0, count: 64)
            tail.storeBytes(of: state.h0.bigEndian, toByteOffset: 0, as: UInt32.self)
            tail.storeBytes(of: state.h1.bigEndian, toByteOffset: 4, as: UInt32.self)
            tail.storeBytes(of: state.h2.bigEndian, toByteOffset: 8, as: UInt32.self)
            tail.storeBytes(of: state.h3.bigEndian, toByteOffset: 12, as: UInt32.self)
            tail.storeBytes(of: state.h4.bigEndian, toByteOffset: 16, as: UInt32.self)
            return Tag(HMACSHA1.finish(outer, tail, filled: 20, total: 64 + 20))
        }
    }

    /// Hashes the last `filled` bytes of a message of `total` with SHA-1's padding (RFC 3174 section 4). What follows
    /// them in the two blocks at `tail` is zero.
    private static func finish(
        _ state: confab_sha1_state, _ tail: UnsafeMutableRawPointer, filled: Int, total: Int
    ) -> confab_sha1_state {
        let blocks = filled + 9 <= 64 ? 1 : 2
        tail.storeBytes(of: 0x80, toByteOffset: filled, as: UInt8.self)
        tail.storeBytes(of: UInt64(8 * total).bigEndian, toByteOffset: 64 * blocks - 8, as: UInt64.self)
        return confab_sha1_blocks(state, tail, blocks)
    }

    private static func state(_ key: [UInt8], _ pad: UInt8) -> confab_sha1_state {
        var block = [UInt8](repeating: pad, count: 64)
        for (place, byte) in key.prefix(64).enumerated() { block[place] ^= byte }
        // The initial hash value of FIPS 180-4 section 5.3.1.
        let start = confab_sha1_state(
            h0: 0x6745_2301, h1: 0xefcd_ab89, h2: 0x98ba_dcfe, h3: 0x1032_5476, h4: 0xc3d2_e1f0)
        return confab_sha1_blocks(start, block, 1)
    }
}
