import Primitives

@testable import SIP

/// A virtual clock and a network that delays, loses and repeats datagrams, between transaction layers.
struct VirtualNetwork {
    private(set) var now = Instant.zero
    private var peers: [SocketAddress: Peer] = [:]
    private var inFlight: [(due: Instant, packet: Outgoing, from: SocketAddress)] = []
    private var generator: SplitMix64
    var loss = 0.0
    var repeats = 0.0
    var transport = SIPTransport.udp
    /// Every message that was put on the wire, with its sender.
    private(set) var wire: [(from: SocketAddress, message: SIPMessage)] = []
    /// What each layer told its user.
    private(set) var events: [SocketAddress: [TransactionEvent]] = [:]
    /// Messages to drop once, by predicate; each is taken out when it matched.
    var drops: [(SIPMessage) -> Bool] = []

    typealias User = (inout TransactionLayer, TransactionEvent, Instant) -> Void

    private struct Peer {
        var layer: TransactionLayer
        var user: User
    }

    init(seed: UInt64 = 1) { generator = SplitMix64(seed) }

    mutating func add(_ address: SocketAddress, user: @escaping User = { _, _, _ in }) {
        peers[address] = Peer(layer: TransactionLayer(entropy: .seeded(UInt64(address.port))), user: user)
        events[address] = []
    }

    mutating func with<Result>(_ address: SocketAddress, _ body: (inout TransactionLayer, Instant) -> Result) -> Result?
    {
        guard var peer = peers[address] else { return nil }
        let result = body(&peer.layer, now)
        peers[address] = peer
        post(from: address)
        return result
    }

    func flow(_ local: SocketAddress, _ remote: SocketAddress) -> SIPFlow {
        SIPFlow(transport, local: local, remote: remote, connection: transport == .tcp ? 1 : nil)
    }

    func count(_ address: SocketAddress) -> Int { peers[address]?.layer.count ?? 0 }

    /// Lets time pass, with everything that happens in it.
    mutating func run(for duration: Duration) {
        let end = now + duration
        while let next = nextDue, next <= end {
            now = max(now, next)
            deliver()
            for address in peers.keys.sorted(by: { $0.port < $1.port }) {
                guard var peer = peers[address], let due = peer.layer.nextWake, due <= now else { continue }
                let fired = peer.layer.wake(at: now)
                peers[address] = peer
                tell(address, fired)
            }
        }
        now = end
    }

    private var nextDue: Instant? {
        (inFlight.map(\.due) + peers.values.compactMap(\.layer.nextWake)).min()
    }

    private mutating func deliver() {
        let arriving = inFlight.filter { $0.due <= now }
        inFlight.removeAll { $0.due <= now }
        for (_, packet, from) in arriving {
            guard let message = try? SIPMessage(parsing: packet.bytes), var peer = peers[packet.flow.remote] else {
                continue
            }
            let heard = peer.layer.receive(message, on: flow(packet.flow.remote, from), at: now)
            peers[packet.flow.remote] = peer
            tell(packet.flow.remote, heard)
        }
    }

    private mutating func tell(_ address: SocketAddress, _ heard: [TransactionEvent]) {
        guard var peer = peers[address] else { return }
        for event in heard {
            events[address]?.append(event)
            peer.user(&peer.layer, event, now)
        }
        peers[address] = peer
        post(from: address)
    }

    private mutating func post(from address: SocketAddress) {
        guard var peer = peers[address] else { return }
        let packets = peer.layer.drain()
        peers[address] = peer
        for packet in packets {
            guard let message = try? SIPMessage(parsing: packet.bytes) else { continue }
            wire.append((address, message))
            if let index = drops.firstIndex(where: { $0(message) }) {
                drops.remove(at: index)
                continue
            }
            if transport == .udp, Double.random(in: 0..<1, using: &generator) < loss { continue }
            let copies = transport == .udp && Double.random(in: 0..<1, using: &generator) < repeats ? 2 : 1
            for _ in 0..<copies {
                let delay = transport == .udp ? Int64.random(in: 5...40, using: &generator) : 10
                inFlight.append((now + .milliseconds(delay), packet, address))
            }
        }
    }
}
