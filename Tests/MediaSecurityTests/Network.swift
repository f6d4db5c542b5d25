import MediaSecurity
import Primitives

extension SplitMix64 {
    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

/// Two DTLS connections and what lies between them, on a virtual clock.
struct Network {
    struct Flying {
        var due: Instant
        var to: Int
        var datagram: [UInt8]
    }

    var now = Instant.zero
    var peers: [DTLSConnection]
    var flying: [Flying] = []
    var sent: [(from: Int, datagram: [UInt8])] = []
    var dice: SplitMix64
    /// Percent of the datagrams that are lost, and that arrive twice.
    var loss = 0
    var duplication = 0
    /// Milliseconds on the way, at least and at most: a spread reorders.
    var delay = 10...10
    /// Decides about the n-th datagram of a peer, before chance does; false loses it.
    var passes: (_ from: Int, _ number: Int, _ datagram: [UInt8]) -> Bool = { _, _, _ in true }
    /// Called before a datagram is handed over, to put something else in its way.
    var before: (DTLSConnection, [UInt8], Instant) -> [DTLSOutcome] = { _, _, _ in [] }

    init(_ a: DTLSConnection, _ b: DTLSConnection, seed: UInt64 = 1) {
        peers = [a, b]
        dice = SplitMix64(seed)
    }

    mutating func send(_ outcome: DTLSOutcome, from: Int) {
        for datagram in outcome.datagrams {
            sent.append((from, datagram))
            let number = sent.count { $0.from == from }
            if !passes(from, number, datagram) || dice.below(100) < loss { continue }
            for _ in 0...(dice.below(100) < duplication ? 1 : 0) {
                let wait = delay.lowerBound + dice.below(delay.count)
                flying.append(Flying(due: now + .milliseconds(wait), to: 1 - from, datagram: datagram))
            }
        }
    }

    mutating func start() {
        for index in peers.indices { send(peers[index].start(now: now), from: index) }
    }

    /// Lets the next thing happen; false when nothing is left to happen.
    mutating func step() -> Bool {
        let arrival = flying.indices.min { flying[$0].due < flying[$1].due }
        let wake = peers.compactMap(\.nextWake).min()
        if let arrival, flying[arrival].due <= wake ?? flying[arrival].due {
            let flight = flying.remove(at: arrival)
            now = max(now, flight.due)
            for outcome in before(peers[flight.to], flight.datagram, now) { send(outcome, from: flight.to) }
            send(peers[flight.to].receive(flight.datagram, now: now), from: flight.to)
            return true
        }
        guard let wake else { return false }
        now = max(now, wake)
        for index in peers.indices where peers[index].nextWake.map({ $0 <= now }) ?? false {
            send(peers[index].wake(now: now), from: index)
        }
        return true
    }

    /// Until nothing is left to happen.
    mutating func run() {
        var steps = 0
        while steps < 5_000, step() { steps += 1 }
    }
}

extension DTLSConnection {
    var keys: SRTPKeys? { if case .connected(let keys) = state { keys } else { nil } }
}

extension Certificate {
    var announced: [CertificateFingerprint] { [CertificateFingerprint(hash: "sha-256", bytes: fingerprint)] }
}
