import COpenSSL

/// Message digests of libcrypto.
enum Digest {
    /// The digest of a message; empty, and so equal to no digest, if the library refuses the algorithm.
    static func of(_ message: [UInt8], _ algorithm: OpaquePointer?) -> [UInt8] {
        collect { EVP_Digest(message, message.count, $0, $1, algorithm, nil) }
    }

    /// The digest of a certificate's DER form.
    static func of(_ certificate: OpaquePointer, _ algorithm: OpaquePointer?) -> [UInt8] {
        collect { X509_digest(certificate, algorithm, $0, $1) }
    }

    /// The hash functions of RFC 8122 that are accepted, the strongest first.
    static func algorithm(_ name: String) -> (strength: Int, algorithm: OpaquePointer?)? {
        switch name.lowercased() {
        case "sha-512": (4, EVP_sha512())
        case "sha-384": (3, EVP_sha384())
        case "sha-256": (2, EVP_sha256())
        case "sha-224": (1, EVP_sha224())
        case "sha-1": (0, EVP_sha1())
        default: nil
        }
    }

    private static func collect(_ fill: (UnsafeMutablePointer<UInt8>, UnsafeMutablePointer<UInt32>) -> Int32) -> [UInt8]
    {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        let done = digest.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return Int32(0) }
            return fill(base, &length)
        }
        return done == 1 ? Array(digest.prefix(Int(length))) : []
    }
}
