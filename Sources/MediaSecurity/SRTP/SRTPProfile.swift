/// DTLS-SRTP protection profiles (RFC 5764 section 4.1.2, RFC 7714 section 14.2) under their IANA numbers.
public enum SRTPProfile: UInt16, Sendable, Hashable, CaseIterable {
    case aes128CMSHA1_80 = 0x0001
    case aeadAES128GCM = 0x0007

    /// The order in which profiles are offered and chosen: GCM first for its full-length tag; AES-CM is what every
    /// client has.
    public static let preferred: [SRTPProfile] = [.aeadAES128GCM, .aes128CMSHA1_80]

    /// Length of the master key in bytes.
    public var keyLength: Int { 16 }

    /// Length of the master salt in bytes.
    public var saltLength: Int {
        switch self {
        case .aes128CMSHA1_80: 14
        case .aeadAES128GCM: 12
        }
    }

    /// Bytes by which protection lengthens an RTP packet.
    public var rtpOverhead: Int {
        switch self {
        case .aes128CMSHA1_80: 10
        case .aeadAES128GCM: 16
        }
    }

    /// Bytes by which protection lengthens an RTCP packet: tag, and E flag with index (RFC 3711 section 3.4).
    public var rtcpOverhead: Int { rtpOverhead + 4 }

    /// The name OpenSSL knows it by.
    var name: String {
        switch self {
        case .aes128CMSHA1_80: "SRTP_AES128_CM_SHA1_80"
        case .aeadAES128GCM: "SRTP_AEAD_AES_128_GCM"
        }
    }
}
