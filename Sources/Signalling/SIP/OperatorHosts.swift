import Conference
import Primitives
import SIP

/// Where the hosts are by which the operator's own calls go: trunks, those of routes, and registrars of the gateway's.
///
/// Names are looked up again and again. What the last lookup gave counts until the next one; what it no longer gives is
/// remembered for a while, as lists in the DNS are often cut, and turned.
struct OperatorHosts {
    static let interval = Duration.seconds(300)
    static let grace = Duration.seconds(900)
    /// Most addresses of one host.
    static let most = 64

    private struct Host {
        var isTrusted = false
        /// When each address was last found, and when any was.
        var seen: [IPAddress: Instant] = [:]
        var found = Instant.zero
        var askAt: Instant?

        mutating func forget(at now: Instant) {
            seen = seen.filter { $0.value == found || $0.value + OperatorHosts.grace > now }
        }
    }

    /// By host with port.
    private var hosts: [String: Host] = [:]
    /// When a name is to be looked up, or an address to be forgotten.
    private(set) var nextWake: Instant?

    init(_ configuration: SIPAdapterConfiguration) {
        for own in configuration.operatorHosts.union(configuration.trustedHosts) {
            var host = hosts[own.hostPort] ?? Host()
            if configuration.trustedHosts.contains(own) { host.isTrusted = true }
            if let address = own.address { host.seen[address.unmapped] = .zero } else { host.askAt = .zero }
            hosts[own.hostPort] = host
        }
        plan()
    }

    /// Whether there is such a host.
    func knows(_ host: String) -> Bool { hosts[host] != nil }

    /// Whether some host is there.
    func contains(_ address: IPAddress) -> Bool {
        let address = address.unmapped
        return hosts.values.contains { $0.seen[address] != nil }
    }

    /// Whether a host is there whose word is believed.
    func trusts(_ address: IPAddress) -> Bool {
        let address = address.unmapped
        return hosts.values.contains { $0.isTrusted && $0.seen[address] != nil }
    }

    /// Where a lookup found a host; one that found nothing says nothing.
    mutating func found(_ name: String, at addresses: [IPAddress], isTrusted: Bool = false, now: Instant) {
        guard !addresses.isEmpty else { return }
        var host = hosts[name] ?? Host()
        if isTrusted { host.isTrusted = true }
        host.found = now
        for address in addresses.prefix(OperatorHosts.most) { host.seen[address.unmapped] = now }
        host.forget(at: now)
        if host.seen.count > OperatorHosts.most { host.seen = host.seen.filter { $0.value == now } }
        hosts[name] = host
        plan()
    }

    /// Forgets what is over.
    /// - Returns: the names that are to be looked up now.
    mutating func wake(at now: Instant) -> [String] {
        guard let due = nextWake, due <= now else { return [] }
        var names: [String] = []
        for name in hosts.keys {
            hosts[name]?.forget(at: now)
            guard let askAt = hosts[name]?.askAt, askAt <= now else { continue }
            hosts[name]?.askAt = now + OperatorHosts.interval
            names.append(name)
        }
        plan()
        return names.sorted()
    }

    private mutating func plan() {
        nextWake = nil
        for host in hosts.values {
            for due in [host.askAt] + host.seen.values.map({ $0 == host.found ? nil : $0 + OperatorHosts.grace }) {
                if let due { nextWake = min(nextWake ?? due, due) }
            }
        }
    }
}

extension SIPAdapter {
    mutating func lookUpHosts(at now: Instant) {
        for name in hosts.wake(at: now) {
            guard let host = RegistrarHost(name) else { continue }
            var uri = SIPURI(host)
            uri.parameters["transport"] = configuration.transports[name]?.rawValue
            let search = SIPTargetSearch(uri, supported: configuration.outgoing, entropy: entropy)
            if search.question != nil { output.lookups.append(SIPLookup(owner: .host(name), search: search)) }
        }
    }

    /// Where a call is sent that goes to a host of the operator's. What somebody's own account names is no word on that.
    mutating func noteHost(of leg: SIPLeg, _ targets: [SIPTarget], at now: Instant) {
        let name = leg.peer.host.lowercased()
        guard leg.line == nil, leg.trunk != nil || hosts.knows(name) else { return }
        hosts.found(
            name, at: targets.map(\.address.ip), isTrusted: leg.trunk?.settings.isTrusted == true, now: now)
    }
}
