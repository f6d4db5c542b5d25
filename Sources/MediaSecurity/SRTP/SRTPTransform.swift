/// The transform of a profile with its session keys for RTP or for RTCP, whatever the SSRC.
enum SRTPTransform: ~Copyable {
    case counterMode(CounterModeTransform)
    case gcm(GCMTransform)

    /// - Parameter tagLength: what the tag of the counter mode is cut to; GCM's is always whole.
    init(
        _ profile: SRTPProfile, _ derivation: borrowing KeyDerivation, _ labels: KeyDerivation.Labels, tagLength: Int
    ) throws(MediaSecurityError) {
        let key = try derivation.derive(labels.encryption, count: profile.keyLength)
        let salt = try derivation.derive(labels.salt, count: profile.saltLength)
        switch profile {
        case .aes128CMSHA1_80, .aes128CMSHA1_32:
            let authenticationKey = try derivation.derive(labels.authentication, count: 20)
            self = .counterMode(
                try CounterModeTransform(
                    key: key, salt: salt, authenticationKey: authenticationKey, tagLength: tagLength))
        case .aeadAES128GCM:
            self = .gcm(try GCMTransform(key: key, salt: salt))
        }
    }

    /// Bytes of tag.
    var tagLength: Int {
        switch self {
        case .counterMode(let transform): transform.tagLength
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

    /// Encrypts the `count` bytes of RTCP and appends tag and trailer, for which there must be room.
    func seal(_ packet: UnsafeMutableRawPointer, count: Int, _ ssrc: UInt32, _ trailer: RTCPTrailer) throws(SRTPError) {
        switch self {
        case .counterMode(let transform): try transform.seal(packet, count: count, ssrc, trailer)
        case .gcm(let transform): try transform.seal(packet, count: count, ssrc, trailer)
        }
    }

    /// Checks the tag of the `count` bytes of RTCP, behind which tag and trailer stand, and decrypts them.
    func open(_ packet: UnsafeMutableRawPointer, count: Int, _ ssrc: UInt32, _ trailer: RTCPTrailer) throws(SRTPError) {
        switch self {
        case .counterMode(let transform): try transform.open(packet, count: count, ssrc, trailer)
        case .gcm(let transform): try transform.open(packet, count: count, ssrc, trailer)
        }
    }

    /// The trailer of an SRTCP packet of `count` bytes: with GCM behind the tag (RFC 7714 section 9.1), else before it
    /// (RFC 3711 section 3.4).
    func trailer(_ packet: UnsafeMutableRawPointer, count: Int) -> RTCPTrailer {
        switch self {
        case .counterMode(let transform): RTCPTrailer(at: packet + count - transform.tagLength - RTCPTrailer.length)
        case .gcm: RTCPTrailer(at: packet + count - RTCPTrailer.length)
        }
    }
}
