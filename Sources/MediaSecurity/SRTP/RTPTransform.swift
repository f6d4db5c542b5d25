/// The transform of a profile with its session keys, whatever the SSRC.
enum RTPTransform: ~Copyable {
    case counterMode(CounterModeTransform)
    case gcm(GCMTransform)

    /// From master key and salt, one behind the other and of the profile's lengths.
    init(_ profile: SRTPProfile, master: [UInt8]) throws(MediaSecurityError) {
        let derivation = try KeyDerivation(
            masterKey: Array(master.prefix(profile.keyLength)), masterSalt: Array(master.dropFirst(profile.keyLength)))
        let key = try derivation.derive(.encryption, count: profile.keyLength)
        let salt = try derivation.derive(.salt, count: profile.saltLength)
        switch profile {
        case .aes128CMSHA1_80:
            let authenticationKey = try derivation.derive(.authentication, count: 20)
            self = .counterMode(
                try CounterModeTransform(key: key, salt: salt, authenticationKey: authenticationKey))
        case .aeadAES128GCM:
            self = .gcm(try GCMTransform(key: key, salt: salt))
        }
    }

    /// Bytes behind the payload.
    var tagLength: Int {
        switch self {
        case .counterMode: HMACSHA1.Tag.length
        case .gcm: GCMCipher.tagLength
        }
    }

    /// Encrypts the `count` bytes and appends the tag, for which there must be room.
    func seal(
        _ packet: UnsafeMutableRawPointer, count: Int, _ header: RTPHeader, _ index: PacketIndex
    ) throws(SRTPError) {
        switch self {
        case .counterMode(let transform): try transform.seal(packet, count: count, header, index)
        case .gcm(let transform): try transform.seal(packet, count: count, header, index)
        }
    }

    /// Checks the tag behind the `count` bytes and decrypts them.
    func open(
        _ packet: UnsafeMutableRawPointer, count: Int, _ header: RTPHeader, _ index: PacketIndex
    ) throws(SRTPError) {
        switch self {
        case .counterMode(let transform): try transform.open(packet, count: count, header, index)
        case .gcm(let transform): try transform.open(packet, count: count, header, index)
        }
    }
}
