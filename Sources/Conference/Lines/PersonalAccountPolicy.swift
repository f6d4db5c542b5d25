public import Primitives

/// Which XMPP users may have an account of their own on the SIP side, and where.
public struct PersonalAccountPolicy: Hashable, Sendable {
    public enum Who: Hashable, Sendable {
        case nobody
        /// Users of the bridged domains.
        case bridged
        case domains(Set<String>)
    }

    public var who = Who.nobody
    /// Most accounts in all, and of one domain.
    public var maximum = 1000
    public var maximumOfDomain = 1000
    /// Registrars that may be named: `pbx.example.net`, `*.example.net`, `*`.
    public var hosts: [String] = ["*"]
    /// Networks in which registrars may be, beside the public Internet.
    public var networks: [IPNetwork] = []

    public init() {}

    /// Whether somebody of that domain may.
    public func admits(_ domain: String, bridged: Set<String>) -> Bool {
        switch who {
        case .nobody: false
        case .bridged: bridged.contains(domain.lowercased())
        case .domains(let domains): domains.contains(domain.lowercased())
        }
    }

    /// Whether the operator names that very host.
    public func names(_ host: RegistrarHost) -> Bool { hosts.contains(host.name) }

    /// Whether a registrar may be named. An address in the place of a name has to be one that may be sent to.
    public func allows(_ host: RegistrarHost) -> Bool {
        if let address = host.address {
            return hosts.contains(host.name)
                || allows(address, foundFor: host)
                    && (hosts.contains("*") || networks.contains { $0.contains(address.unmapped) })
        }
        return hosts.contains { PersonalAccountPolicy.matches($0, host.name) }
    }

    /// Whether what a name leads to may be sent to: nothing inside of our own network, unless the operator says so.
    public func allows(_ address: IPAddress, foundFor host: RegistrarHost) -> Bool {
        let address = address.unmapped
        if hosts.contains(host.name) || networks.contains(where: { $0.contains(address) }) { return true }
        return !PersonalAccountPolicy.reserved.contains { $0.contains(address) }
    }

    private static func matches(_ pattern: String, _ name: String) -> Bool {
        if pattern == "*" || pattern == name { return true }
        return pattern.hasPrefix("*.") && name.hasSuffix(pattern.dropFirst())
    }

    /// Networks that are nobody's on the Internet: RFC 6890, multicast, and addresses that hold one of IPv4.
    private static let reserved: [IPNetwork] =
        IPNetwork.notRouted
        + [
            "0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24",
            "203.0.113.0/24", "224.0.0.0/3", "::/96", "::ffff:0:0/96", "64:ff9b::/96", "100::/64", "2002::/16",
            "2001:db8::/32", "ff00::/8", "fec0::/10",
        ].compactMap { IPNetwork($0) }
}
