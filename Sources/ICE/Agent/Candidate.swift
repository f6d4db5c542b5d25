public import Primitives

/// A transport address that may receive media over UDP (RFC 8445 section 5.1), one of ours or one of the peer's.
public struct Candidate: Hashable, Sendable {
    /// Raw values as in `a=candidate` (RFC 8839 section 5.1).
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case host, srflx, prflx, relay

        /// RFC 8445 section 5.1.2.2.
        public var typePreference: UInt32 {
            switch self {
            case .host: 126
            case .prflx: 110
            case .srflx: 100
            case .relay: 0
            }
        }
    }

    public var kind: Kind
    public var address: SocketAddress
    /// Where packets for this candidate are sent from; the candidate itself for host and relay, and for all the peer's.
    public var base: SocketAddress
    public var foundation: String
    /// 1 for RTP with rtcp-mux, the only one an agent handles.
    public var component: Int
    public var priority: UInt32

    public init(
        kind: Kind, address: SocketAddress, base: SocketAddress? = nil, foundation: String, component: Int = 1,
        priority: UInt32
    ) {
        self.kind = kind
        self.address = address
        self.base = base ?? address
        self.foundation = foundation
        self.component = component
        self.priority = priority
    }

    /// A local host candidate with the foundation and priority computed.
    /// - Parameter index: the address's place among the machine's addresses of the same family, best first.
    public static func host(_ address: SocketAddress, index: Int = 0, component: Int = 1) -> Candidate {
        Candidate(
            kind: .host, address: address, foundation: foundation(.host, base: address.ip), component: component,
            priority: priority(
                .host, localPreference: localPreference(address.ip, index: index), component: component))
    }

    /// RFC 8445 section 5.1.2.1.
    public static func priority(_ kind: Kind, localPreference: UInt16, component: Int) -> UInt32 {
        kind.typePreference << 24 | UInt32(localPreference) << 8 | UInt32(256 - min(max(component, 1), 256))
    }

    /// A local preference for an address: IPv6 and IPv4 take turns with IPv6 first (RFC 8421 section 4), link-local
    /// addresses come after all those, loopback addresses last.
    public static func localPreference(_ ip: IPAddress, index: Int) -> UInt16 {
        let scope: UInt16 = ip.isLoopback ? 0 : ip.isLinkLocal ? 0x4000 : 0x8000
        let rank = UInt16(min(max(index, 0), 0x1000)) * 2 + (ip.isV6 ? 0 : 1)
        return scope + (0x3fff - rank)
    }

    /// The same for candidates of one type, base address and server (RFC 8445 section 5.1.1.3).
    public static func foundation(_ kind: Kind, base: IPAddress, server: SocketAddress? = nil) -> String {
        let text = "\(kind.rawValue) udp \(base) \(server.map(\.description) ?? "-")"
        return String(CRC32.checksum(text.utf8))
    }
}
