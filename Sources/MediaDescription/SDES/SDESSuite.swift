/// The crypto suites whose keys can be used (RFC 4568 section 6.2, RFC 7714 section 14.1).
public enum SDESSuite: String, Hashable, Sendable, CaseIterable {
    case aes128CMSHA1_80 = "AES_CM_128_HMAC_SHA1_80"
    case aeadAES128GCM = "AEAD_AES_128_GCM"
    case aes128CMSHA1_32 = "AES_CM_128_HMAC_SHA1_32"

    /// The order in which they are offered.
    public static let preferred: [SDESSuite] = [.aes128CMSHA1_80, .aeadAES128GCM, .aes128CMSHA1_32]

    /// Bytes of master key and master salt together.
    public var keyLength: Int {
        switch self {
        case .aes128CMSHA1_80, .aes128CMSHA1_32: 16 + 14
        case .aeadAES128GCM: 16 + 12
        }
    }
}
