/// The hash functions that protocols need, handed in so that protocol values link no crypto library.
public struct Hashing: Sendable {
    public let md5: @Sendable ([UInt8]) -> [UInt8]
    public let sha1: @Sendable ([UInt8]) -> [UInt8]
    public let sha256: @Sendable ([UInt8]) -> [UInt8]
    /// (key, message) to 20 bytes.
    public let hmacSHA1: @Sendable ([UInt8], [UInt8]) -> [UInt8]

    public init(
        md5: @escaping @Sendable ([UInt8]) -> [UInt8],
        sha1: @escaping @Sendable ([UInt8]) -> [UInt8],
        sha256: @escaping @Sendable ([UInt8]) -> [UInt8],
        hmacSHA1: @escaping @Sendable ([UInt8], [UInt8]) -> [UInt8]
    ) {
        self.md5 = md5
        self.sha1 = sha1
        self.sha256 = sha256
        self.hmacSHA1 = hmacSHA1
    }
}
