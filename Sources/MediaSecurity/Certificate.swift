import COpenSSL

/// A self-signed ECDSA P-256 certificate, made at start and shown in every DTLS handshake (RFC 8827 section 6.5).
///
/// `@unchecked Sendable`: key, certificate and context are not changed after `init`, and OpenSSL counts references to
/// them atomically.
public final class Certificate: @unchecked Sendable {
    /// SHA-256 of the DER form: `a=fingerprint:sha-256 …`.
    public let fingerprint: [UInt8]
    /// What connections of either role are made from.
    let context: OpaquePointer

    public init() throws(MediaSecurityError) {
        guard let key = confab_generate_p256() else { throw .openSSL("no P-256 key") }
        defer { EVP_PKEY_free(key) }
        guard let certificate = Certificate.selfSigned(key) else { throw .openSSL("no certificate") }
        defer { X509_free(certificate) }
        fingerprint = Digest.of(certificate, EVP_sha256())
        guard let context = SSL_CTX_new(DTLS_method()) else { throw .openSSL("no context") }
        self.context = context
        guard confab_set_options(context) == 1, confab_set_groups(context, "X25519:P-256:P-384") == 1,
            SSL_CTX_set_cipher_list(context, Certificate.ciphers) == 1,
            SSL_CTX_use_certificate(context, certificate) == 1, SSL_CTX_use_PrivateKey(context, key) == 1
        else { throw .openSSL("context") }
        // Peers show self-signed certificates: what counts is the fingerprint, compared after the handshake.
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT) { _, _ in 1 }
    }

    deinit { SSL_CTX_free(context) }

    /// Forward secrecy, AEAD first; RSA for the certificates of old peers (RFC 8827 section 6.5).
    private static let ciphers = [
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305",
        "ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-AES128-SHA", "ECDHE-RSA-AES128-SHA",
    ].joined(separator: ":")

    /// Valid from yesterday, for clocks that are slow, and for ten years.
    private static func selfSigned(_ key: OpaquePointer) -> OpaquePointer? {
        guard let certificate = X509_new() else { return nil }
        var serial: UInt64 = 0
        let name = X509_get_subject_name(certificate)
        guard withUnsafeMutableBytes(of: &serial, { RAND_bytes($0.bindMemory(to: UInt8.self).baseAddress, 8) }) == 1,
            X509_set_version(certificate, 2) == 1,
            ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1) == 1,
            confab_set_common_name(name, "confab") == 1, X509_set_issuer_name(certificate, name) == 1,
            X509_gmtime_adj(X509_getm_notBefore(certificate), -86_400) != nil,
            X509_gmtime_adj(X509_getm_notAfter(certificate), 3650 * 86_400) != nil,
            X509_set_pubkey(certificate, key) == 1, X509_sign(certificate, key, EVP_sha256()) > 0
        else {
            X509_free(certificate)
            return nil
        }
        return certificate
    }
}
