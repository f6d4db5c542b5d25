/// An address in XMPP (RFC 7622): `local@domain/resource`.
///
/// Local part and domain are lower-cased, and characters that no part may hold are refused. The PRECIS profiles beyond
/// that (width mapping, bidi rule, the tables of disallowed characters) are not applied. Comparison is by canonical
/// equivalence, as that of `String` is.
public struct JID: Sendable, Hashable {
    /// Nil when there is none, never empty.
    public let local: String?
    /// A host name, or an IP address with IPv6 in brackets, without a final dot.
    public let domain: String
    /// Nil when there is none, never empty.
    public let resource: String?

    /// Largest size of a part, in bytes of UTF-8 (RFC 7622 sections 3.2 to 3.4).
    public static let maximumPartSize = 1023

    /// From text (RFC 7622 section 3.1); nil when it is not a JID.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count <= 4 * JID.maximumPartSize else { return nil }
        var rest = String(text)[...]
        var resource: Substring?
        if let slash = rest.utf8.firstIndex(of: UInt8(ascii: "/")) {
            resource = rest[rest.utf8.index(after: slash)...]
            rest = rest[..<slash]
        }
        var local: Substring?
        if let at = rest.utf8.firstIndex(of: UInt8(ascii: "@")) {
            local = rest[..<at]
            rest = rest[rest.utf8.index(after: at)...]
        }
        self.init(local: local.map(String.init), domain: String(rest), resource: resource.map(String.init))
    }

    /// From parts, each as it stands in a JID; nil when one is empty or holds what it may not.
    public init?(local: String?, domain: String, resource: String? = nil) {
        if let local {
            guard let local = JID.localpart(local) else { return nil }
            self.local = local
        } else {
            self.local = nil
        }
        guard let domain = JID.domainpart(domain) else { return nil }
        self.domain = domain
        if let resource {
            guard JID.isResourcepart(resource) else { return nil }
            self.resource = resource
        } else {
            self.resource = nil
        }
    }

    private init(unchecked local: String?, _ domain: String, _ resource: String?) {
        self.local = local
        self.domain = domain
        self.resource = resource
    }

    /// Without the resource.
    public var bare: JID { JID(unchecked: local, domain, nil) }
    public var isBare: Bool { resource == nil }
    public var isFull: Bool { resource != nil }

    /// The same bare JID with another resource; nil when the resource may not be one.
    public func with(resource: String) -> JID? {
        JID.isResourcepart(resource) ? JID(unchecked: local, domain, resource) : nil
    }
}

extension JID: LosslessStringConvertible {
    public var description: String {
        (local.map { $0 + "@" } ?? "") + domain + (resource.map { "/" + $0 } ?? "")
    }
}

extension JID {
    /// RFC 7622 section 3.3: not empty, at most 1023 bytes, none of `"&'/:<>@`, white space or controls.
    private static func localpart(_ text: String) -> String? {
        let forbidden: Set<Unicode.Scalar> = ["\"", "&", "'", "/", ":", "<", ">", "@"]
        guard text.utf8.count <= maximumPartSize else { return nil }
        let lowered = text.lowercased()
        guard (1...maximumPartSize).contains(lowered.utf8.count),
            lowered.unicodeScalars.allSatisfy({ isPrintable($0) && !forbidden.contains($0) })
        else { return nil }
        return lowered
    }

    /// RFC 7622 section 3.2, with a final dot taken away: letters of any script, digits, `-`, `_` and `.`, with no
    /// label empty, or an address.
    private static func domainpart(_ text: String) -> String? {
        guard text.utf8.count <= maximumPartSize + 1 else { return nil }
        var lowered = text.lowercased()
        if lowered.hasSuffix(".") { lowered.removeLast() }
        guard (1...maximumPartSize).contains(lowered.utf8.count) else { return nil }
        if lowered.hasPrefix("[") {
            let inner = lowered.dropFirst().dropLast()
            guard lowered.hasSuffix("]"), inner.utf8.contains(UInt8(ascii: ":")),
                inner.utf8.allSatisfy({ isHexDigit($0) || $0 == 0x3a || $0 == 0x2e })
            else { return nil }
            return lowered
        }
        let labels = lowered.split(separator: ".", omittingEmptySubsequences: false)
        let allowed: Set<Unicode.Scalar> = ["-", "_"]
        guard
            labels.allSatisfy({ label in
                !label.isEmpty
                    && label.unicodeScalars.allSatisfy { scalar in
                        if allowed.contains(scalar) { return true }
                        if scalar.isASCII {
                            return (0x61...0x7a).contains(scalar.value) || (0x30...0x39).contains(scalar.value)
                        }
                        return isPrintable(scalar)
                    }
            })
        else { return nil }
        return lowered
    }

    /// RFC 7622 section 3.4: not empty, at most 1023 bytes, no controls.
    private static func isResourcepart(_ text: String) -> Bool {
        (1...maximumPartSize).contains(text.utf8.count)
            && text.unicodeScalars.allSatisfy { scalar in
                switch scalar.properties.generalCategory {
                case .control, .lineSeparator, .paragraphSeparator, .unassigned, .surrogate: false
                default: XMLElement.isLegal(scalar)
                }
            }
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        guard !scalar.properties.isWhitespace, XMLElement.isLegal(scalar) else { return false }
        return switch scalar.properties.generalCategory {
        case .control, .unassigned, .surrogate, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }

    private static func isHexDigit(_ unit: UInt8) -> Bool {
        (0x30...0x39).contains(unit) || (0x61...0x66).contains(unit)
    }
}
