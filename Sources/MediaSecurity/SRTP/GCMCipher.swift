import COpenSSL

/// AES-128-GCM with a 96-bit IV and a 128-bit tag. The key is set once, the IV for each message.
struct GCMCipher: ~Copyable {
    private let context: OpaquePointer

    static let tagLength = 16

    init(key: [UInt8]) throws(MediaSecurityError) {
        guard key.count == 16, let context = EVP_CIPHER_CTX_new() else {
            throw .openSSL("AES-GCM")
        }
        guard EVP_EncryptInit_ex2(context, EVP_aes_128_gcm(), key, nil, nil) == 1 else {
            EVP_CIPHER_CTX_free(context)
            throw .openSSL("AES-GCM")
        }
        self.context = context
    }

    deinit { EVP_CIPHER_CTX_free(context) }

    /// Encrypts `text` in place and writes the 16 bytes of tag.
    /// - Parameter more: associated data behind `header`.
    /// - Returns: whether OpenSSL worked.
    func seal(
        iv: SIMD16<UInt8>, header: UnsafeRawBufferPointer,
        more: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0),
        text: UnsafeMutableRawBufferPointer, tag: UnsafeMutableRawPointer
    ) -> Bool {
        let started = withUnsafePointer(to: iv) {
            EVP_EncryptInit_ex2(context, nil, nil, UnsafeRawPointer($0).assumingMemoryBound(to: UInt8.self), nil)
        }
        var written: Int32 = 0
        guard started == 1,
            let (additional, additionalCount) = GCMCipher.bytes(header),
            EVP_EncryptUpdate(context, nil, &written, additional, additionalCount) == 1
        else { return false }
        if let (bytes, count) = GCMCipher.bytes(more) {
            guard EVP_EncryptUpdate(context, nil, &written, bytes, count) == 1 else { return false }
        }
        if let (bytes, count) = GCMCipher.bytes(UnsafeRawBufferPointer(text)) {
            guard EVP_EncryptUpdate(context, UnsafeMutablePointer(mutating: bytes), &written, bytes, count) == 1 else {
                return false
            }
        }
        // Nothing is left for the end to write: it takes any pointer.
        return EVP_EncryptFinal_ex(context, tag.assumingMemoryBound(to: UInt8.self), &written) == 1
            && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(GCMCipher.tagLength), tag) == 1
    }

    /// Decrypts `text` in place.
    /// - Parameter more: associated data behind `header`.
    /// - Returns: whether the tag is right. If it is not, `text` is not to be used.
    func open(
        iv: SIMD16<UInt8>, header: UnsafeRawBufferPointer,
        more: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0),
        text: UnsafeMutableRawBufferPointer, tag: UnsafeMutableRawPointer
    ) -> Bool {
        let started = withUnsafePointer(to: iv) {
            EVP_DecryptInit_ex2(context, nil, nil, UnsafeRawPointer($0).assumingMemoryBound(to: UInt8.self), nil)
        }
        var written: Int32 = 0
        guard started == 1,
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(GCMCipher.tagLength), tag) == 1,
            let (additional, additionalCount) = GCMCipher.bytes(header),
            EVP_DecryptUpdate(context, nil, &written, additional, additionalCount) == 1
        else { return refused() }
        if let (bytes, count) = GCMCipher.bytes(more) {
            guard EVP_DecryptUpdate(context, nil, &written, bytes, count) == 1 else { return refused() }
        }
        if let (bytes, count) = GCMCipher.bytes(UnsafeRawBufferPointer(text)) {
            guard EVP_DecryptUpdate(context, UnsafeMutablePointer(mutating: bytes), &written, bytes, count) == 1 else {
                return refused()
            }
        }
        guard EVP_DecryptFinal_ex(context, tag.assumingMemoryBound(to: UInt8.self), &written) == 1 else {
            return refused()
        }
        return true
    }

    /// A forged packet leaves an error in the thread's queue, which is not for the next one there to find.
    private func refused() -> Bool {
        ERR_clear_error()
        return false
    }

    /// Nil for none: OpenSSL would take an update of nothing for the end.
    private static func bytes(_ buffer: UnsafeRawBufferPointer) -> (UnsafePointer<UInt8>, Int32)? {
        guard let base = buffer.baseAddress, let count = Int32(exactly: buffer.count), count > 0 else { return nil }
        return (base.assumingMemoryBound(to: UInt8.self), count)
    }
}
