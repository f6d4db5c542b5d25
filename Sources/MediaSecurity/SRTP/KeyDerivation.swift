/// Session keys from the master key, with a key derivation rate of zero (RFC 3711 section 4.3, RFC 7714 section 11).
struct KeyDerivation: ~Copyable {
    /// Which session key (RFC 3711 section 4.3.2).
    enum Label: UInt8 {
        case encryption = 0
        case authentication = 1
        case salt = 2
    }

    private let cipher: AESCounterCipher
    private let salt: CounterBlock

    init(masterKey: [UInt8], masterSalt: [UInt8]) throws(MediaSecurityError) {
        cipher = try AESCounterCipher(key: masterKey)
        salt = CounterBlock(salt: masterSalt)
    }

    /// The session key of this label and length.
    func derive(_ label: Label, count: Int) throws(MediaSecurityError) -> [UInt8] {
        var key = [UInt8](repeating: 0, count: count)
        let done = key.withUnsafeMutableBytes { cipher.apply(salt.derivation(label), to: $0) }
        guard done else { throw .openSSL("SRTP key derivation") }
        return key
    }
}
