/// An IPv4 or IPv6 address, without a zone.
public enum IPAddress: Hashable, Sendable {
    /// The address in host order: 127.0.0.1 is `0x7f000001`.
    case v4(UInt32)
    /// The sixteen bytes as two big-endian halves.
    case v6(high: UInt64, low: UInt64)

    public static let loopback4 = IPAddress.v4(0x7f00_0001)
    public static let loopback6 = IPAddress.v6(high: 0, low: 1)
    public static let any4 = IPAddress.v4(0)
    public static let any6 = IPAddress.v6(high: 0, low: 0)

    public var isV6: Bool { if case .v6 = self { true } else { false } }

    public var isLoopback: Bool {
        switch self {
        case .v4(let bits): bits >> 24 == 127
        case .v6(let high, let low): high == 0 && low == 1
        }
    }

    /// `0.0.0.0` or `::`.
    public var isUnspecified: Bool { self == .any4 || self == .any6 }

    /// fe80::/10 or 169.254/16.
    public var isLinkLocal: Bool {
        switch self {
        case .v4(let bits): bits >> 16 == 0xa9fe
        case .v6(let high, _): high >> 54 == 0xfe80 >> 6
        }
    }

    /// An IPv4-mapped IPv6 address (::ffff:a.b.c.d) as the IPv4 address it stands for.
    public var unmapped: IPAddress {
        if case .v6(0, let low) = self, low >> 32 == 0xffff { return .v4(UInt32(truncatingIfNeeded: low)) }
        return self
    }

    /// As what a peer is counted: a whole IPv6 network (/64) of one customer is one.
    public var customer: IPAddress {
        if case .v6(let high, _) = unmapped { return .v6(high: high, low: 0) }
        return unmapped
    }

    /// Four or sixteen bytes in network order.
    public var bytes: [UInt8] {
        switch self {
        case .v4(let bits): (0..<4).map { UInt8(truncatingIfNeeded: bits >> (24 - 8 * UInt32($0))) }
        case .v6(let high, let low):
            (0..<16).map { UInt8(truncatingIfNeeded: ($0 < 8 ? high : low) >> (56 - 8 * UInt64($0 & 7))) }
        }
    }

    /// From four or sixteen bytes in network order; nil for any other count.
    public init?(bytes: some Collection<UInt8>) {
        switch bytes.count {
        case 4: self = .v4(bytes.reduce(0) { $0 << 8 | UInt32($1) })
        case 16:
            self = .v6(
                high: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
                low: bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) })
        default: return nil
        }
    }
}
