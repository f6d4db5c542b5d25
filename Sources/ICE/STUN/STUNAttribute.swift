public import Primitives

/// An attribute of a STUN message (RFC 8489 section 14, RFC 8445 section 16.1).
public enum STUNAttribute: Hashable, Sendable {
    case mappedAddress(SocketAddress)
    case xorMappedAddress(SocketAddress)
    case username(String)
    case realm(String)
    case nonce(String)
    case software(String)
    /// A code of 300…699 and its reason phrase.
    case errorCode(Int, reason: String)
    case unknownAttributes([UInt16])
    case priority(UInt32)
    case useCandidate
    /// The sender's tie-breaker.
    case iceControlled(UInt64)
    case iceControlling(UInt64)
    /// An attribute this enumeration has no name for.
    case other(type: UInt16, value: [UInt8])

    /// The attribute type on the wire.
    public var type: UInt16 {
        switch self {
        case .mappedAddress: 0x0001
        case .username: 0x0006
        case .errorCode: 0x0009
        case .unknownAttributes: 0x000a
        case .realm: 0x0014
        case .nonce: 0x0015
        case .xorMappedAddress: 0x0020
        case .priority: 0x0024
        case .useCandidate: 0x0025
        case .software: 0x8022
        case .iceControlled: 0x8029
        case .iceControlling: 0x802a
        case .other(let type, _): type
        }
    }

    static let messageIntegrity: UInt16 = 0x0008
    static let messageIntegritySHA256: UInt16 = 0x001c
    static let fingerprint: UInt16 = 0x8028
    static let magicCookie: UInt32 = 0x2112_a442
}
