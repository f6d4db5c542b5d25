import Primitives
import Testing

@testable import ICE

/// Agents on a lossy, delaying, reordering network on a virtual clock.
struct VirtualNetwork {
    struct Datagram {
        let bytes: [UInt8]
        let from: SocketAddress
        let to: SocketAddress
        let arrival: Instant
    }

    /// A symmetric NAT: another public port for every destination, and only that destination gets in.
    struct NAT {
        let address: IPAddress
        var nextPort: UInt16 = 20_000
        var mappings: [(inside: SocketAddress, outside: SocketAddress, remote: SocketAddress)] = []

        init(_ address: IPAddress) { self.address = address }

        mutating func outside(_ inside: SocketAddress, to remote: SocketAddress) -> SocketAddress {
            if let known = mappings.first(where: { $0.inside == inside && $0.remote == remote }) {
                return known.outside
            }
            nextPort += 1
            mappings.append((inside, SocketAddress(address, nextPort), remote))
            return SocketAddress(address, nextPort)
        }

        func inside(_ outside: SocketAddress, from remote: SocketAddress) -> SocketAddress? {
            mappings.first { $0.outside == outside && $0.remote == remote }?.inside
        }
    }

    var now = Instant.zero
    var agents: [ICEAgent]
    var addresses: [[SocketAddress]]
    var nats: [NAT?]
    var events: [[(time: Instant, event: ICEEvent)]]
    var sent: [[(time: Instant, packet: ICEPacket)]]
    /// Chance of a datagram to get lost.
    var loss = 0.0
    var delay = 5...5
    var isCut = false
    private var random: SplitMix64
    private var flight: [Datagram] = []

    init(
        seed: UInt64 = 1, roles: [ICERole] = [.controlling, .controlled],
        addresses: [[SocketAddress]] = [["192.0.2.1:4000"], ["198.51.100.1:5000"]],
        configuration: ICEConfiguration = ICEConfiguration()
    ) {
        random = SplitMix64(seed)
        self.addresses = addresses
        agents = []
        for (index, role) in roles.enumerated() {
            let entropy = Entropy.seeded(seed &* 31 &+ UInt64(index) &+ 1)
            agents.append(
                ICEAgent(
                    credentials: .random(entropy), role: role, entropy: entropy, hashing: .test,
                    configuration: configuration))
        }
        nats = roles.map { _ in nil }
        events = roles.map { _ in [] }
        sent = roles.map { _ in [] }
        for index in agents.indices {
            for (position, address) in addresses[index].enumerated() {
                let place = addresses[index].prefix(position).count { $0.ip.isV6 == address.ip.isV6 }
                call(index) { agent, now in agent.addLocalCandidate(.host(address, index: place), now: now) }
            }
        }
    }

    /// Calls an agent, keeps its events and puts what it sends on the way.
    mutating func call(_ index: Int, _ body: (inout ICEAgent, Instant) -> [ICEEvent]) {
        for event in body(&agents[index], now) { events[index].append((now, event)) }
        for packet in agents[index].drain() {
            sent[index].append((now, packet))
            transmit(packet, by: index)
        }
        if let wake = agents[index].nextWake, wake <= now { Issue.record("an agent that was just called wants more") }
    }

    private mutating func transmit(_ packet: ICEPacket, by index: Int) {
        #expect(addresses[index].contains(packet.local))
        let source = nats[index]?.outside(packet.local, to: packet.remote) ?? packet.local
        guard !isCut, Double.random(in: 0..<1, using: &random) >= loss else { return }
        let arrival = now + .milliseconds(Int.random(in: delay, using: &random))
        flight.append(Datagram(bytes: packet.bytes, from: source, to: packet.remote, arrival: arrival))
    }

    private mutating func deliver(_ datagram: Datagram) {
        for index in agents.indices {
            let target =
                nats[index].map { $0.inside(datagram.to, from: datagram.from) } ?? datagram.to
            guard let target, addresses[index].contains(target) else { continue }
            call(index) { agent, now in agent.receive(datagram.bytes, from: datagram.from, to: target, now: now) }
        }
    }

    /// Runs until the condition holds or the time comes.
    mutating func run(until end: Instant, or done: (VirtualNetwork) -> Bool = { _ in false }) {
        while !done(self) {
            let wakes = agents.compactMap(\.nextWake)
            guard let next = (wakes + flight.map(\.arrival)).min(), next <= end else {
                now = max(now, end)
                return
            }
            now = max(now, next)
            let arrived = flight.filter { $0.arrival <= now }
            flight.removeAll { $0.arrival <= now }
            for datagram in arrived { deliver(datagram) }
            for index in agents.indices {
                if let wake = agents[index].nextWake, wake <= now { call(index) { $0.wake(now: $1) } }
            }
        }
    }

    /// Hands one agent's credentials to the other.
    mutating func introduce(_ from: Int, to: Int) {
        let credentials = agents[from].localCredentials
        call(to) { $0.setRemote(credentials, now: $1) }
    }

    /// Hands one agent's candidates to the other.
    mutating func signal(_ from: Int, to: Int) {
        let candidates = agents[from].localCandidates
        call(to) { $0.addRemoteCandidates(candidates, now: $1) }
    }

    mutating func introduceAll() {
        for (from, to) in [(0, 1), (1, 0)] {
            introduce(from, to: to)
            signal(from, to: to)
        }
    }

    var isCompleted: Bool { agents.allSatisfy { $0.state == .completed } }

    func happened(_ index: Int, _ event: ICEEvent) -> Bool { events[index].contains { $0.event == event } }

    /// Expects that both use one pair, seen from its two ends.
    func expectOnePair(_ source: SourceLocation = #_sourceLocation) {
        let pairs = agents.map(\.selectedPair)
        #expect(pairs[0]?.local.address == pairs[1]?.remote.address, sourceLocation: source)
        #expect(pairs[1]?.local.address == pairs[0]?.remote.address, sourceLocation: source)
        #expect(pairs.allSatisfy { $0?.isNominated == true }, sourceLocation: source)
    }
}
