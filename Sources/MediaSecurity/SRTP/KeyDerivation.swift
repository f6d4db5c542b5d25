/// Session keys from the master key, with a key derivation rate of zero (RFC 3711 section 4.3, RFC 7714 section 11).
struct KeyDerivation: ~Copyable {
    /// Which session key (RFC 3711 section 4.3.2).
    enum Label: UInt8 {
        case encryption = 0
        case authentication = 1
        case salt = 2
        case rtcpEncryption = 3
        case rtcpAuthentication = 4
        case rtcpSalt = 5
    }

    /// The labels of RTP, or of RTCP.
    struct Labels {
        let encryption: Label
        let authentication: Label
        let salt: Label

        static let rtp = Labels(encryption: .encryption, authentication: .authentication, salt: .salt)
        static let rtcp = Labels(
            encryption: .rtcpEncryption, authentication: .rtcpAuthentication, salt: .rtcpSalt)
    }

    private let cipher: AESCounterCipher
    private let salt: CounterBlock

    init(masterKey: [UInt8], masterSalt: [UInt8]) throws(MediaSecurityError) {
        cipher = try AESCounterCipher(key: masterKey)
        salt = CounterBlock(salt: masterSalt)
    }

    /// From master key and salt, one behind the other and of the profile's lengths.
    init(_ profile: SRTPProfile, master: [UInt8]) throws(MediaSecurityError) {
        try self.init(
            masterKey: Array(master.prefix(profile.keyLength)), masterSalt: Array(master.dropFirst(profile.keyLength)))
    }

    /// The session key of this label and length.
    func derive(_ label: Label, count: Int) throws(MediaSecurityError) -> [UInt8] {
        var key = [UInt8](repeating: 0, count: count)
        let done = key.withUnsafeMutableBytes { cipher.apply(salt.derivation(label), to: $0) }
        guard done else { throw .openSSL("SRTP key derivation") }
        return key
    }
}
