import ICE
import Primitives

/// How this host is seen from outside, and the relays it may be reached by.
struct Traversal {
    /// Servers in use at a time, of each kind: each candidate is one more for every peer to check.
    static let maximumReflexive = 16
    static let maximumRelays = 8
    /// Hosts to which one call may have packets relayed: each costs the server a permission.
    static let maximumHosts = 20
    /// How long credentials made of a shared secret last.
    static let credentialLifetime: Int64 = 86_400

    var reflexive: [Reflexive] = []
    /// By index, as media threads and channels name them.
    var relays: [Relay?] = []
    var lastSerial: UInt64 = 0

    var isEmpty: Bool { reflexive.isEmpty && relays.isEmpty }

    var nextWake: Instant? {
        (reflexive.map(\.mapping.nextWake) + relays.map { $0?.client.nextWake }).compactMap(\.self).min()
    }

    /// The relay whose address this is, as a base of candidates.
    func relay(base: SocketAddress) -> Int? {
        relays.firstIndex { $0?.client.relayed.contains(base) == true }
    }

    /// Candidates that stand beside those of the hosts: server-reflexive ones where a NAT is in between, and relayed ones.
    func candidates(_ sockets: [SocketAddress]) -> [Candidate] {
        var found: [Candidate] = []
        for entry in reflexive where entry.isOffered {
            guard sockets.indices.contains(entry.socket), let mapped = entry.mapping.mapped,
                !sockets.contains(mapped), !found.contains(where: { $0.address == mapped })
            else { continue }
            let base = sockets[entry.socket]
            found.append(
                Candidate(
                    kind: .srflx, address: mapped, base: base,
                    foundation: Candidate.foundation(.srflx, base: base.ip, server: entry.server),
                    priority: Candidate.priority(
                        .srflx, localPreference: Candidate.localPreference(base.ip, index: entry.socket), component: 1))
            )
        }
        // By UDP before TCP before TLS.
        let order = relays.enumerated().compactMap { index, relay in relay.map { (index, $0) } }
            .sorted { ($0.1.rank, $0.0) < ($1.1.rank, $1.0) }
        for (rank, (_, relay)) in order.enumerated() {
            for address in relay.client.relayed where !found.contains(where: { $0.address == address }) {
                found.append(
                    Candidate(
                        kind: .relay, address: address,
                        foundation: Candidate.foundation(.relay, base: address.ip, server: relay.server),
                        priority: Candidate.priority(
                            .relay, localPreference: Candidate.localPreference(address.ip, index: rank), component: 1)))
            }
        }
        return found
    }
}

extension Relay {
    fileprivate var rank: Int {
        switch place.server.transport {
        case .udp: 0
        case .tcp: 1
        case .tls: 2
        }
    }
}
