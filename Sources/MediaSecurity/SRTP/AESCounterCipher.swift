import COpenSSL

/// AES-128 in counter mode (RFC 3711 section 4.1.1).
///
/// The counter blocks go through the block cipher in one call, which needs no new IV: that alone costs several times
/// what the key stream of a voice packet does.
struct AESCounterCipher: ~Copyable {
    private let context: OpaquePointer

    /// Key stream made at once, in bytes.
    private static let stride = 512

    init(key: [UInt8]) throws(MediaSecurityError) {
        guard key.count == 16, let context = EVP_CIPHER_CTX_new() else {
            throw .openSSL("AES")
        }
        guard EVP_EncryptInit_ex2(context, EVP_aes_128_ecb(), key, nil, nil) == 1,
            EVP_CIPHER_CTX_set_padding(context, 0) == 1
        else {
            EVP_CIPHER_CTX_free(context)
            throw .openSSL("AES")
        }
        self.context = context
    }

    deinit { EVP_CIPHER_CTX_free(context) }

    /// Adds the key stream that starts at `block` to `data`. Twice is none at all.
    /// - Returns: whether OpenSSL worked.
    func apply(_ block: CounterBlock, to data: UnsafeMutableRawBufferPointer) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: AESCounterCipher.stride, alignment: 16) { stream in
            guard let stream = stream.baseAddress, let data = data.baseAddress.map({ ($0, data.count) }) else {
                return true
            }
            var (rest, count) = data
            var low = block.low
            while count > 0 {
                let length = min(count, AESCounterCipher.stride)
                let padded = (length + 15) & ~15
                for offset in Swift.stride(from: 0, to: padded, by: 16) {
                    stream.storeBytes(of: block.high.bigEndian, toByteOffset: offset, as: UInt64.self)
                    stream.storeBytes(of: low.bigEndian, toByteOffset: offset + 8, as: UInt64.self)
                    low &+= 1
                }
                let bytes = stream.assumingMemoryBound(to: UInt8.self)
                var written: Int32 = 0
                guard EVP_EncryptUpdate(context, bytes, &written, bytes, Int32(padded)) == 1 else { return false }
                AESCounterCipher.add(stream, to: rest, length)
                rest += length
                count -= length
            }
            return true
        }
    }

    private static func add(_ stream: UnsafeMutableRawPointer, to data: UnsafeMutableRawPointer, _ count: Int) {
        var offset = 0
        while offset + 16 <= count {
            let sum =
                data.loadUnaligned(fromByteOffset: offset, as: SIMD2<UInt64>.self)
                ^ stream.load(fromByteOffset: offset, as: SIMD2<UInt64>.self)
            data.storeBytes(of: sum, toByteOffset: offset, as: SIMD2<UInt64>.self)
            offset += 16
        }
        while offset < count {
            let sum =
                data.load(fromByteOffset: offset, as: UInt8.self) ^ stream.load(fromByteOffset: offset, as: UInt8.self)
            data.storeBytes(of: sum, toByteOffset: offset, as: UInt8.self)
            offset += 1
        }
    }
}
