import Primitives

@testable import Media

/// A sender, a network and a listener on a virtual clock. Payloads hold the packet's number.
struct JitterSimulation {
    struct Packet {
        var number: Int
        var sequence: UInt16
        var timestamp: UInt32
        var arrival: Int64
        /// Timestamp units.
        var duration: Int
    }

    var clockRate = 48000
    /// Microseconds from tick to tick at the listener.
    var tick: Int64 = 20_000
    var packets: [Packet] = []

    /// What was heard.
    struct Result {
        /// Numbers played and restored around, in order.
        var played: [Int] = []
        var skipped: [Int] = []
        var concealedUnits: Int64 = 0
        var restoredUnits: Int64 = 0
        /// Gained less taken out.
        var stretchedUnits: Int64 = 0
        var silentUnits: Int64 = 0
        /// Buffer delay above the quickest packet, and end-to-end delay, in microseconds, at each packet played.
        var delays: [(at: Int64, delay: Int64)] = []
        var targets: [Int64] = []
        var insertions: [JitterInsertion: Int] = [:]
        var late: UInt64 = 0
        var duplicate: UInt64 = 0
        var discarded: UInt64 = 0

        func delay(after start: Int64) -> (least: Int64, most: Int64) {
            let some = delays.filter { $0.at >= start }.map(\.delay)
            return (some.min() ?? 0, some.max() ?? 0)
        }
    }

    /// Appends `count` packets sent at an even pace from `start`, each delayed by what `delay` says; nil loses it.
    mutating func send(
        _ count: Int, from start: Int64, every milliseconds: Int = 20, sequence: UInt16, timestamp: UInt32,
        pace: Double = 1, delay: (Int) -> Int64?
    ) {
        let units = clockRate * milliseconds / 1000
        for index in 0..<count {
            guard let late = delay(index) else { continue }
            let sent = start + Int64(Double(index * milliseconds * 1000) * pace)
            packets.append(
                Packet(
                    number: packets.count, sequence: sequence &+ UInt16(truncatingIfNeeded: index),
                    timestamp: timestamp &+ UInt32(truncatingIfNeeded: index * units), arrival: sent + late,
                    duration: units))
        }
    }

    /// Carries out what the buffer orders as well as it can be done: in speech 10 ms at a time.
    private func stretch(_ buffer: inout JitterBuffer, _ silent: Bool) -> Int64 {
        let samples: Int
        switch buffer.order {
        case .keep: return 0
        case .shorten(let amount): samples = -(silent ? amount : min(amount, 480))
        case .lengthen(let amount): samples = silent ? amount : 480
        }
        buffer.stretched(by: samples)
        return Int64(samples * clockRate / 48000)
    }

    func run(until end: Int64, silent: Bool = false) -> Result {
        var result = Result()
        var buffer = JitterBuffer(clockRate: clockRate)
        let arrivals = packets.enumerated().sorted {
            ($0.element.arrival, $0.offset) < ($1.element.arrival, $1.offset)
        }.map(\.element)
        let durations = Dictionary(packets.map { ($0.number, Int64($0.duration)) }) { first, _ in first }
        var next = 0
        var ahead: Int64 = 0
        let perTick = Int64(clockRate / 50)
        var now: Int64 = 7000
        func instant(_ micros: Int64) -> Instant { Instant(nanoseconds: micros * 1000 + 5_000_000_000_000) }
        while now < end {
            while next < arrivals.count, arrivals[next].arrival <= now {
                let packet = arrivals[next]
                let payload = withUnsafeBytes(of: UInt32(packet.number)) { Array($0) }
                let inserted = payload.withUnsafeBytes {
                    buffer.insert(
                        sequence: packet.sequence, timestamp: packet.timestamp, payloadType: 0,
                        duration: packet.duration, payload: $0, arrival: instant(packet.arrival))
                }
                result.insertions[inserted, default: 0] += 1
                next += 1
            }
            var turns = 0
            while ahead < perTick {
                turns += 1
                precondition(turns < 200)
                let action = buffer.pull(
                    instant(now), ahead: ahead * 1_000_000 / Int64(clockRate), wanted: perTick - ahead, silent: silent)
                switch action {
                case .nothing:
                    result.silentUnits += perTick - ahead
                    ahead = perTick
                case .play(let packet):
                    let number = Int(packet.payload.loadUnaligned(as: UInt32.self))
                    ahead += durations[number] ?? 0
                    let change = stretch(&buffer, silent)
                    ahead += change
                    result.stretchedUnits += change
                    result.played.append(number)
                    result.delays.append((now, buffer.delay))
                case .skip(let packet):
                    result.skipped.append(Int(packet.payload.loadUnaligned(as: UInt32.self)))
                case .restore(let units, _):
                    ahead += units
                    result.restoredUnits += units
                case .conceal(let units):
                    ahead += units
                    result.concealedUnits += units
                }
            }
            ahead -= perTick
            result.targets.append(buffer.target)
            now += tick
        }
        result.late = buffer.late
        result.duplicate = buffer.duplicate
        result.discarded = buffer.discarded
        return result
    }
}
