public import Primitives

/// The SIP domains that a certificate stands for (RFC 5922 section 7.1).
public struct SIPCertificateNames: Hashable, Sendable {
    /// Host names, in lower case.
    public private(set) var domains: Set<String> = []
    public private(set) var addresses: Set<IPAddress> = []

    public init() {}

    /// Takes a `uniformResourceIdentifier` of subjectAltName: of `sip:` URIs without a user the host counts.
    public mutating func add(uri text: String) {
        guard let uri = SIPURI(text), uri.scheme == "sip", uri.user == nil, !uri.host.isEmpty else { return }
        add(name: uri.host)
    }

    /// Takes a `dNSName`.
    public mutating func add(name: String) {
        if let ip = IPAddress(name) { addresses.insert(ip) } else { domains.insert(SIPCertificateNames.folded(name)) }
    }

    /// Takes an `iPAddress`; other than four or sixteen bytes are none.
    public mutating func add(address bytes: some Collection<UInt8>) {
        if let ip = IPAddress(bytes: bytes) { addresses.insert(ip) }
    }

    /// Whether the certificate is for a domain: by its whole name, without wildcards (RFC 5922 section 7.2).
    public func contains(_ domain: String) -> Bool {
        if let ip = IPAddress(domain) { return addresses.contains { $0.unmapped == ip.unmapped } }
        return domains.contains(SIPCertificateNames.folded(domain))
    }

    private static func folded(_ name: String) -> String {
        let name = name.lowercased()
        return name.last == "." ? String(name.dropLast()) : name
    }
}
