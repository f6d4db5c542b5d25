/// The addresses that begin with the same bits: `192.168.0.0/16`, `fd00::/8`.
public struct IPNetwork: Hashable, Sendable, CustomStringConvertible {
    public let base: IPAddress
    /// How many leading bits count: up to 32, or 128.
    public let length: Int

    /// Nil when the family has no so many bits.
    public init?(_ base: IPAddress, length: Int) {
        guard (0...(base.isV6 ? 128 : 32)).contains(length) else { return nil }
        self.base = base
        self.length = length
    }

    /// From `ADDRESS/LENGTH`, or a single address.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let first = parts.first, parts.count <= 2, let base = IPAddress(first) else { return nil }
        let all = base.isV6 ? 128 : 32
        guard parts.count == 2 else {
            self.init(base, length: all)
            return
        }
        guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(parts[1]) else { return nil }
        self.init(base, length: length)
    }

    public func contains(_ address: IPAddress) -> Bool {
        guard address.isV6 == base.isV6 else { return false }
        var left = length
        for (a, b) in zip(address.bytes, base.bytes) where left > 0 {
            let mask = left >= 8 ? 0xff : UInt8(truncatingIfNeeded: 0xff00 >> left)
            if a & mask != b & mask { return false }
            left -= 8
        }
        return true
    }

    public var description: String { "\(base)/\(length)" }

    /// Networks that no router of the Internet passes on: RFC 1918, RFC 4193, loopback and link-local.
    public static let notRouted: [IPNetwork] = [
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "::1/128", "fc00::/7",
        "fe80::/10",
    ].compactMap { IPNetwork($0) }
}
