public import Primitives

/// Where the accounts are reached: what REGISTERs say (RFC 3261 section 10.3).
public struct Registrar: Sendable {
    /// Why a REGISTER is refused.
    public struct Refusal: Error, Hashable, Sendable {
        public var status: Int
        public var reason: String?
        public var headers: [SIPHeader] = []
    }

    /// Seconds for which a binding is kept at most, where the phone does not say, and at least.
    public static let longest: UInt32 = 3600
    public static let shortest: UInt32 = 60
    /// Most bindings of one account; the one that was refreshed longest ago makes place for another.
    public static let limit = 10

    private var accounts: [String: [Binding]] = [:]
    private var changes: Set<String> = []
    /// When the next binding expires; may be early, never late.
    public private(set) var nextWake: Instant?

    public init() {}

    /// Accounts whose bindings are other than when this was last asked.
    public mutating func takeChanges() -> [String] {
        defer { changes = [] }
        return changes.sorted()
    }

    /// Where an account is reached, by its phones' own preference.
    public func bindings(of account: String, at now: Instant) -> [Binding] {
        (accounts[account] ?? []).filter { $0.expires > now }.sorted { $0.quality > $1.quality }
    }

    /// Puts back what was kept.
    public mutating func restore(_ bindings: [Binding], of account: String) {
        accounts[account] = Array(bindings.suffix(Registrar.limit))
        noteWake(bindings)
    }

    private mutating func noteWake(_ bindings: [Binding]) {
        nextWake = ([nextWake].compactMap(\.self) + bindings.map(\.expires)).min()
    }

    /// Does what a REGISTER of an account asks for, all of it or nothing.
    public mutating func register(
        _ account: String, _ request: SIPMessage, on flow: SIPFlow, at now: Instant
    ) throws(Refusal) {
        var bindings = self.bindings(of: account, at: now).sorted { $0.expires < $1.expires }
        if request.hasEveryContact {
            guard request.contacts.isEmpty, request.expires == 0 else { throw Refusal(status: 400, reason: "Bad *") }
            for binding in bindings { try checkOrder(request, after: binding) }
            bindings = []
        } else {
            guard request.contacts.count <= Registrar.limit else {
                throw Refusal(status: 403, reason: "More than \(Registrar.limit) contacts")
            }
            for contact in request.contacts { try bind(contact, request, flow, &bindings, at: now) }
        }
        let kept = Array(bindings.suffix(Registrar.limit))
        guard kept != accounts[account] ?? [] else { return }
        accounts[account] = kept.isEmpty ? nil : kept
        changes.insert(account)
        noteWake(kept)
    }

    private func bind(
        _ contact: NameAddress, _ request: SIPMessage, _ flow: SIPFlow, _ bindings: inout [Binding], at now: Instant
    ) throws(Refusal) {
        guard contact.uri.isSIP else { throw Refusal(status: 416, reason: "Only sip: and sips: can be called") }
        let seconds = try Registrar.seconds(contact, request)
        if let known = bindings.first(where: { Registrar.isSame($0.contact.uri, contact.uri) }) {
            try checkOrder(request, after: known)
        }
        let instance = contact.parameters["+sip.instance"]
        bindings.removeAll {
            Registrar.isSame($0.contact.uri, contact.uri) || instance != nil && $0.instance == instance
        }
        guard seconds > 0 else { return }
        var contact = contact
        contact.displayName = nil
        contact.parameters.remove("expires")
        bindings.append(
            Binding(
                contact: contact, flow: Registrar.way(to: contact.uri, request, flow), callID: request.callID,
                sequence: request.cseq.number, expires: now + .seconds(Int64(seconds))))
    }

    /// A REGISTER that was overtaken by a later one of the same phone changes nothing (step 7).
    private func checkOrder(_ request: SIPMessage, after binding: Binding) throws(Refusal) {
        guard binding.callID != request.callID || request.cseq.number > binding.sequence else {
            throw Refusal(status: 500, reason: "Out of order")
        }
    }

    /// The `expires` of the Contact, else Expires, else the longest; shortened, but never lengthened.
    private static func seconds(_ contact: NameAddress, _ request: SIPMessage) throws(Refusal) -> UInt32 {
        let asked = contact.parameters["expires"].flatMap { UInt32($0) } ?? request.expires ?? longest
        guard asked == 0 || asked >= shortest else {
            throw Refusal(status: 423, headers: [SIPHeader("Min-Expires", String(shortest))])
        }
        return min(asked, longest)
    }

    /// Over UDP a phone is called where its datagrams come from, as behind a NAT; one that does not ask for that (RFC 3581)
    /// at the port that it names, if the address is its own.
    private static func way(to uri: SIPURI, _ request: SIPMessage, _ flow: SIPFlow) -> SIPFlow {
        guard flow.transport == .udp, request.vias.first?.parameters.contains("rport") != true,
            let ip = IPAddress(uri.host), ip.unmapped == flow.remote.ip.unmapped
        else { return flow }
        var flow = flow
        flow.remote.port = uri.port ?? 5060
        return flow
    }

    /// RFC 3261 section 19.1.4, as far as Contacts of one phone differ: user, host, port and transport.
    private static func isSame(_ a: SIPURI, _ b: SIPURI) -> Bool {
        a.scheme == b.scheme && a.user == b.user && a.host.lowercased() == b.host.lowercased() && a.port == b.port
            && a.transport == b.transport
    }

    // MARK: Connections and time

    /// Connections by which somebody is reached.
    public var connections: Set<UInt64> { Set(accounts.values.joined().compactMap(\.flow.connection)) }

    /// A connection was closed: who was reached by it alone is reached no more (RFC 5626 section 5.3).
    public mutating func connectionClosed(_ connection: UInt64) {
        for (account, bindings) in accounts where bindings.contains(where: { $0.flow.connection == connection }) {
            let kept = bindings.compactMap { binding -> Binding? in
                guard binding.flow.connection == connection else { return binding }
                guard binding.isReachableAnew else { return nil }
                var binding = binding
                binding.flow = binding.wayAnew
                return binding
            }
            accounts[account] = kept.isEmpty ? nil : kept
            changes.insert(account)
        }
    }

    /// Forgets what has expired.
    public mutating func wake(at now: Instant) {
        guard let due = nextWake, due <= now else { return }
        for (account, bindings) in accounts where bindings.contains(where: { $0.expires <= now }) {
            let kept = bindings.filter { $0.expires > now }
            accounts[account] = kept.isEmpty ? nil : kept
            changes.insert(account)
        }
        nextWake = accounts.values.lazy.joined().map(\.expires).min()
    }
}
