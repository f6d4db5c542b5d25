import Primitives
import Testing

@testable import ICE

/// A client and its server on a lossy, delaying network on a virtual clock.
struct TURNTestNetwork {
    var now = Instant.zero
    var client: TURNClient
    var server = TURNTestServer()
    var loss = 0.0
    var isCut = false
    var events: [(time: Instant, event: TURNEvent)] = []
    /// All that the client sent, lost or not.
    var sent = 0
    private var random: SplitMix64
    private var flight: [(arrival: Instant, bytes: [UInt8], toServer: Bool)] = []

    init(
        seed: UInt64 = 1, username: String = "confab", password: String = "secret", isReliable: Bool = false,
        configuration: TURNConfiguration = TURNConfiguration()
    ) {
        random = SplitMix64(seed)
        client = TURNClient(
            credentials: TURNCredentials(username: username, password: Redacted(password)), isReliable: isReliable,
            entropy: .seeded(seed &+ 7), hashing: .turnTest, configuration: configuration)
    }

    mutating func call(_ body: (inout TURNClient, Instant) -> [TURNEvent]) {
        for event in body(&client, now) { events.append((now, event)) }
        for packet in client.drain() {
            sent += 1
            put(packet, toServer: true)
        }
        if let wake = client.nextWake, wake <= now { Issue.record("a client that was just called wants more") }
    }

    mutating func start() { call { $0.start(now: $1) } }

    mutating func send(_ text: String, to peer: SocketAddress) {
        call { client, now in
            client.send(Array(text.utf8), to: peer, now: now)
            return []
        }
    }

    mutating func bind(_ peer: SocketAddress) {
        call { client, now in
            _ = client.bind(peer, now: now)
            return []
        }
    }

    mutating func comes(_ text: String, from peer: SocketAddress) {
        if let bytes = server.relay(Array(text.utf8), from: peer, now: now) { put(bytes, toServer: false) }
    }

    mutating func put(_ bytes: [UInt8], toServer: Bool) {
        guard !isCut, Double.random(in: 0..<1, using: &random) >= loss else { return }
        flight.append((now + .milliseconds(Int.random(in: 5...30, using: &random)), bytes, toServer))
    }

    mutating func run(for duration: Duration) {
        let end = now + duration
        while let next = ([client.nextWake] + flight.map(\.arrival)).compactMap(\.self).min(), next <= end {
            now = max(now, next)
            let arrived = flight.filter { $0.arrival <= now }
            flight.removeAll { $0.arrival <= now }
            for packet in arrived {
                if packet.toServer {
                    if let answer = server.receive(packet.bytes, now: now) { put(answer, toServer: false) }
                } else {
                    call { $0.receive(packet.bytes, now: $1) }
                }
            }
            if let wake = client.nextWake, wake <= now { call { $0.wake(now: $1) } }
        }
        now = end
    }

    var texts: [String] { server.delivered.map { String(decoding: $0.bytes, as: UTF8.self) } }

    var received: [String] {
        events.compactMap {
            if case .data(let bytes, _) = $0.event { String(decoding: bytes, as: UTF8.self) } else { nil }
        }
    }

    func count(_ matches: (TURNEvent) -> Bool) -> Int { events.count { matches($0.event) } }

    var failures: [TURNFailure] {
        events.compactMap { if case .lost(let failure) = $0.event { failure } else { nil } }
    }
}
