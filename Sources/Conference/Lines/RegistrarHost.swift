public import Primitives

/// Where a registrar or proxy is: `pbx.example.net`, `192.0.2.1:5080`, `pbx.example.net;transport=tls`.
public struct RegistrarHost: Hashable, Sendable, CustomStringConvertible {
    /// A name in lower case, or an address, IPv6 in brackets.
    public let name: String
    public let port: UInt16?
    /// `udp`, `tcp` or `tls`, where that is not left to the DNS.
    public let transport: String?

    /// Nil for what is no host.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count <= 300 else { return nil }
        let parts = text.lowercased().split(separator: ";", omittingEmptySubsequences: false)
        guard let first = parts.first, parts.count <= 2 else { return nil }
        if parts.count == 2 {
            let pair = parts[1].split(separator: "=", omittingEmptySubsequences: false)
            guard pair.count == 2, pair[0] == "transport", ["udp", "tcp", "tls"].contains(pair[1]) else { return nil }
            transport = String(pair[1])
        } else {
            transport = nil
        }
        var host = first
        var port: UInt16?
        if let colon = first.lastIndex(of: ":"), first.last != "]" {
            guard let number = UInt16(first[first.index(after: colon)...]), number > 0 else { return nil }
            port = number
            host = first[..<colon]
        }
        guard RegistrarHost.isHost(host) else { return nil }
        name = String(host)
        self.port = port
    }

    private static func isHost(_ host: Substring) -> Bool {
        if host.first == "[" { return host.last == "]" && IPAddress(host.dropFirst().dropLast()) != nil }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        return host.utf8.count <= 253
            && labels.allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy {
                        (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d || $0 == 0x5f
                    }
            }
    }

    /// The address that stands in the place of a name.
    public var address: IPAddress? { IPAddress(name.first == "[" ? name.dropFirst().dropLast() : name[...]) }

    /// Host with port, as in an address.
    public var hostPort: String { name + (port.map { ":\($0)" } ?? "") }

    public var description: String { hostPort + (transport.map { ";transport=\($0)" } ?? "") }
}
