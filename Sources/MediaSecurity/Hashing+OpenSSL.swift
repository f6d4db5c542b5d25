import COpenSSL
public import Primitives

extension Hashing {
    /// The hash functions of OpenSSL's libcrypto.
    public static let openSSL = Hashing(
        md5: { Digest.of($0, EVP_md5()) },
        sha1: { Digest.of($0, EVP_sha1()) },
        sha256: { Digest.of($0, EVP_sha256()) },
        hmacSHA1: { key, message in
            var code = [UInt8](repeating: 0, count: 20)
            var length: UInt32 = 0
            let keyLength = Int32(truncatingIfNeeded: key.count)
            let done = HMAC(EVP_sha1(), key, keyLength, message, message.count, &code, &length)
            return done == nil ? [] : code
        })
}
