import Primitives

@testable import Media

/// Talkers whose packets reach one room, whose ticks are made as soon as all frames are there, at the latest on their
/// deadlines. Times in microseconds.
struct PaceSimulation {
    struct Talker {
        /// When the packets come, in order of sequence; nil is lost.
        var arrivals: [Int64?]
        var every: Int64 = 20_000
        /// Index of the first packet of a spurt: the timestamps leave a gap before it.
        var restarts: Set<Int> = []
        var canRestore = false
    }

    /// Of each packet played: how long it lay in the buffer until its tick was made.
    var waits: [[Int64]] = []
    var concealed: [Int] = []
    var restored: [Int] = []
    var ticks: [Int64] = []
    var targets: [Int64] = []

    init(_ talkers: [Talker], phase: Int64, until end: Int64, isEarly: Bool = true, isSilent: Bool = false) {
        let origin: Int64 = 5_000_000_000
        var legs: [Leg] = []
        for talker in talkers { legs.append(Leg(talker, origin)) }
        func instant(_ micros: Int64) -> Instant { Instant(nanoseconds: (origin + micros) * 1000) }
        waits = .init(repeating: [], count: talkers.count)
        concealed = .init(repeating: 0, count: talkers.count)
        restored = concealed
        var deadline = phase
        while deadline < end {
            let start = deadline - 20_000
            for leg in legs { leg.arrive(until: start, instant) }
            var time = start
            func isReady() -> Bool {
                var some = false
                for leg in legs {
                    guard leg.buffer.isSteady else { return false }
                    switch leg.buffer.readiness(instant(deadline), wanted: 960 - leg.ahead) {
                    case .ready: some = true
                    case .missing: return false
                    case .idle: break
                    }
                }
                return some
            }
            while !(isEarly && isReady()) {
                let next = legs.compactMap(\.nextArrival).min() ?? .max
                guard next < deadline else {
                    time = deadline
                    break
                }
                time = next
                for leg in legs { leg.arrive(until: time, instant) }
            }
            for (index, leg) in legs.enumerated() {
                leg.play(instant(deadline), isSilent: isSilent) { number in
                    waits[index].append(time - (talkers[index].arrivals[number] ?? time))
                }
                concealed[index] = leg.concealed
                restored[index] = leg.restored
            }
            ticks.append(time)
            deadline += 20_000
        }
        targets = legs.map { $0.buffer.target }
    }

    private final class Leg {
        var buffer = JitterBuffer(clockRate: 48000)
        var ahead: Int64 = 0
        var concealed = 0
        var restored = 0
        private var packets: [(number: Int, at: Int64, timestamp: UInt32)] = []
        private var next = 0
        private let units: Int64

        init(_ talker: Talker, _ origin: Int64) {
            units = talker.every * 48 / 1000
            buffer.canRestore = talker.canRestore
            var timestamp: Int64 = 1000
            for (number, arrival) in talker.arrivals.enumerated() {
                if talker.restarts.contains(number), let arrival { timestamp = 1000 + arrival * 48 / 1000 }
                if let arrival { packets.append((number, arrival, UInt32(timestamp))) }
                timestamp += units
            }
            packets.sort { $0.at < $1.at }
        }

        var nextArrival: Int64? { next < packets.count ? packets[next].at : nil }

        func arrive(until time: Int64, _ instant: (Int64) -> Instant) {
            while next < packets.count, packets[next].at <= time {
                let packet = packets[next]
                next += 1
                withUnsafeBytes(of: UInt32(packet.number)) {
                    _ = buffer.insert(
                        sequence: UInt16(truncatingIfNeeded: packet.number + 65_000), timestamp: packet.timestamp,
                        payloadType: 0, duration: Int(units), payload: $0, arrival: instant(packet.at))
                }
            }
        }

        func play(_ deadline: Instant, isSilent: Bool, _ body: (Int) -> Void) {
            while ahead < 960 {
                let action = buffer.pull(
                    deadline, ahead: ahead * 1000 / 48, wanted: 960 - ahead, silent: isSilent)
                switch action {
                case .nothing: ahead = 960
                case .play(let packet):
                    body(Int(packet.payload.loadUnaligned(as: UInt32.self)))
                    ahead += units
                    switch buffer.order {
                    case .keep: break
                    case .shorten(let amount): change(-(isSilent ? amount : min(amount, 480)))
                    case .lengthen(let amount): change(isSilent ? amount : 480)
                    }
                case .skip: break
                case .restore(let units, _):
                    ahead += units
                    restored += 1
                case .conceal(let units):
                    ahead += units
                    concealed += 1
                }
            }
            ahead -= 960
        }

        private func change(_ samples: Int) {
            buffer.stretched(by: samples)
            ahead += Int64(samples)
        }
    }
}

extension [Int64] {
    func quantile(_ part: Double) -> Int64 {
        let sorted = self.sorted()
        return sorted.isEmpty ? 0 : sorted[Swift.min(Int(Double(sorted.count) * part), sorted.count - 1)]
    }
}
