public import Primitives

/// Finds out where to send a request to a URI: transport, address and port, in the order of trying (RFC 3263 section 4).
///
/// A value: the owner asks the DNS what `question` says and hands in the answer, until there is no question left. A
/// numeric address has none from the start.
public struct SIPTargetSearch: Sendable {
    /// A service to be looked up, or what there is instead.
    private enum Step: Sendable {
        case naptr
        case srv(SIPTransport, String)
        case addresses(SIPTransport, String, UInt16)
    }

    /// Most records of one answer that are followed, and most targets.
    private static let records = 8
    private static let maximum = 16
    /// Most questions for one URI.
    private static let questions = 32

    private let domain: String
    private let host: String
    private let isSecure: Bool
    private let wanted: SIPTransport?
    private let supported: [SIPTransport]
    private let entropy: Entropy
    private var steps: [Step] = []
    private var asked = 0
    /// Whether some SRV record was found, even one that says there is no such service.
    private var hasService = false
    /// What can be sent to, best first; complete once `question` is nil.
    public private(set) var targets: [SIPTarget] = []

    /// - Parameter supported: what can be used to reach others, best first.
    public init(_ uri: SIPURI, supported: [SIPTransport], entropy: Entropy) {
        domain = uri.host
        host = uri.parameters["maddr"] ?? uri.host
        let isSecure = uri.scheme == "sips"
        self.isSecure = isSecure
        wanted = SIPTransport(wantedBy: uri)
        self.supported = supported.filter { !isSecure || $0.isSecure }
        self.entropy = entropy
        let transport = SIPTransport(of: uri)
        if let ip = IPAddress(host) {
            add(transport, [ip], uri.port ?? transport.defaultPort)
        } else if let port = uri.port {
            steps = self.supported.contains(transport) ? [.addresses(transport, host, port)] : []
        } else if let wanted {
            steps = self.supported.contains(wanted) ? [SIPTargetSearch.service(wanted, of: host)] : []
        } else {
            steps = [.naptr]
        }
    }

    /// What the DNS is to be asked next.
    public var question: DNSQuestion? {
        guard asked < SIPTargetSearch.questions else { return nil }
        return switch steps.first {
        case .naptr: .naptr(host)
        case .srv(_, let name): .srv(name)
        case .addresses(_, let name, _): .addresses(name)
        case nil: nil
        }
    }

    /// Takes the answer to `question`; one of another kind counts as empty.
    public mutating func take(_ answer: DNSAnswer) {
        guard !steps.isEmpty else { return }
        asked += 1
        switch steps.removeFirst() {
        case .naptr:
            let records = if case .naptr(let records) = answer { records } else { [] as [NAPTRRecord] }
            let services = services(in: records)
            steps =
                services.isEmpty
                ? supported.filter { !$0.isWebSocket }.map { SIPTargetSearch.service($0, of: host) } : services
        case .srv(let transport, _):
            let records = if case .srv(let records) = answer { records } else { [] as [SRVRecord] }
            follow(records, transport)
        case .addresses(let transport, _, let port):
            if case .addresses(let found) = answer { add(transport, found, port) }
        }
    }

    /// RFC 3263 section 4.1: of the records whose transports we have, those of the lowest order, by preference.
    private func services(in records: [NAPTRRecord]) -> [Step] {
        let usable = records.compactMap { record -> (NAPTRRecord, SIPTransport)? in
            guard record.flags.lowercased() == "s", record.regexp.isEmpty, !record.replacement.isEmpty,
                let transport = SIPTargetSearch.transport(ofService: record.service), supported.contains(transport)
            else { return nil }
            return (record, transport)
        }
        guard let order = usable.map(\.0.order).min() else { return [] }
        return usable.filter { $0.0.order == order }.sorted { $0.0.preference < $1.0.preference }
            .prefix(SIPTargetSearch.records)
            .map { .srv($0.1, $0.0.replacement) }
    }

    /// SRV records end the looking for services, and are followed; without any, and no service left to ask for, the
    /// host itself is the place (RFC 3263 section 4.2).
    private mutating func follow(_ records: [SRVRecord], _ transport: SIPTransport) {
        if !records.isEmpty { hasService = true }
        let usable = records.filter { !$0.target.isEmpty && $0.port > 0 }
        if !usable.isEmpty {
            steps = SRVRecord.inOrder(usable, entropy: entropy).prefix(SIPTargetSearch.records)
                .map { .addresses(transport, $0.target, $0.port) }
        } else if steps.isEmpty, !hasService {
            let transport = wanted ?? (isSecure ? .tls : .udp)
            if supported.contains(transport) { steps = [.addresses(transport, host, transport.defaultPort)] }
        }
    }

    private mutating func add(_ transport: SIPTransport, _ addresses: [IPAddress], _ port: UInt16) {
        guard supported.contains(transport) else { return }
        for ip in addresses where targets.count < SIPTargetSearch.maximum {
            let target = SIPTarget(transport, SocketAddress(ip.unmapped, port), domain: domain)
            if !targets.contains(target) { targets.append(target) }
        }
    }

    private static func service(_ transport: SIPTransport, of host: String) -> Step {
        switch transport {
        case .udp: .srv(transport, "_sip._udp.\(host)")
        case .tcp: .srv(transport, "_sip._tcp.\(host)")
        case .tls: .srv(transport, "_sips._tcp.\(host)")
        case .ws: .srv(transport, "_sip._ws.\(host)")
        case .wss: .srv(transport, "_sips._ws.\(host)")
        }
    }

    /// RFC 3263 section 4.1.
    private static func transport(ofService service: String) -> SIPTransport? {
        switch service.uppercased() {
        case "SIP+D2U": .udp
        case "SIP+D2T": .tcp
        case "SIPS+D2T": .tls
        default: nil
        }
    }
}
