import Primitives
import Testing

@testable import Media

/// Redundancy as RFC 2198 has it.
@Suite struct REDTests {
    private struct Part: Equatable {
        var payloadType: UInt8
        var offset: UInt32
        var payload: [UInt8]
        var distance: Int
    }

    private func write(_ parts: [Part]) -> [UInt8] {
        var bytes: [UInt8] = []
        for part in parts.dropLast() {
            bytes.append(0x80 | part.payloadType)
            bytes.append(UInt8(part.offset >> 6))
            bytes.append(UInt8(part.offset & 63) << 2 | UInt8(part.payload.count >> 8))
            bytes.append(UInt8(part.payload.count & 255))
        }
        if let last = parts.last { bytes.append(last.payloadType) }
        return bytes + parts.flatMap(\.payload)
    }

    private func read(_ bytes: [UInt8]) -> [Part]? {
        bytes.withUnsafeBytes {
            guard var reader = REDReader($0) else { return nil }
            var parts: [Part] = []
            while let block = reader.next() {
                parts.append(
                    Part(
                        payloadType: block.payloadType, offset: block.timestampOffset, payload: Array(block.payload),
                        distance: block.distance))
            }
            return parts
        }
    }

    @Test func blocksAreReadAsWritten() {
        var random = SplitMix64(2)
        for _ in 0..<500 {
            let count = Int.random(in: 0...REDReader.limit, using: &random)
            var parts = (0...count).map { index in
                Part(
                    payloadType: .random(in: 0...127, using: &random), offset: .random(in: 0...16_383, using: &random),
                    payload: (0..<Int.random(in: 0...1023, using: &random)).map {
                        UInt8(truncatingIfNeeded: $0 + index)
                    },
                    distance: count - index)
            }
            parts[count].offset = 0
            #expect(read(write(parts)) == parts)
        }
    }

    @Test func whatDoesNotAddUpIsRefused() {
        let whole = write([
            Part(payloadType: 111, offset: 960, payload: [1, 2, 3], distance: 1),
            Part(payloadType: 111, offset: 0, payload: [], distance: 0),
        ])
        for length in 0..<whole.count { #expect(read(Array(whole[..<length])) == nil) }
        #expect(read(whole)?.count == 2)
        // Only headers; and too many of them.
        #expect(read([UInt8](repeating: 0xff, count: 1200)) == nil)
        #expect(read([UInt8](repeating: 0x80, count: 4 * (REDReader.limit + 1)) + [0]) == nil)
        var random = SplitMix64(3)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            if let parts = read(bytes) { #expect(parts.map(\.payload.count).reduce(0, +) <= bytes.count) }
        }
    }

    /// Sends packets that carry copies of those `distances` before, loses what `isLost` says; tells what was played.
    private func play(
        _ count: Int, distances: [Int], canRestore: Bool = true, delay: (Int) -> Int64 = { _ in 1000 },
        isLost: (Int) -> Bool
    ) -> (played: [Int], buffer: (late: UInt64, duplicate: UInt64), filled: Int) {
        var buffer = JitterBuffer(clockRate: 48000)
        buffer.canRestore = canRestore
        var arrivals = (0..<count).filter { !isLost($0) }.map { (number: $0, at: Int64($0) * 20_000 + delay($0)) }
        arrivals.sort { $0.at < $1.at }
        var played: [Int] = []
        var filled = 0
        var next = 0
        var ahead: Int64 = 0
        func bytes(_ number: Int) -> [UInt8] { withUnsafeBytes(of: UInt32(number)) { Array($0) } }
        func instant(_ micros: Int64) -> Instant { Instant(nanoseconds: (micros + 9_000_000_000) * 1000) }
        for tick in 0..<Int64(count + 10) {
            let now = tick * 20_000 + 7000
            while next < arrivals.count, arrivals[next].at <= now {
                let (number, at) = arrivals[next]
                next += 1
                let sequence = UInt16(truncatingIfNeeded: number + 65_530)
                let timestamp = UInt32(truncatingIfNeeded: number * 960) &- 50_000
                _ = bytes(number).withUnsafeBytes {
                    buffer.insert(
                        sequence: sequence, timestamp: timestamp, payloadType: 111, duration: 960, payload: $0,
                        arrival: instant(at))
                }
                for (index, distance) in distances.enumerated() where number >= distance {
                    let isNew = bytes(number - distance).withUnsafeBytes {
                        buffer.insertRedundant(
                            sequence: sequence, timestamp: timestamp, offset: UInt32(distance * 960),
                            distance: distances.count - index, payloadType: 111, duration: 960, payload: $0)
                    }
                    if isNew { filled += 1 }
                }
            }
            while ahead < 960 {
                let action = buffer.pull(
                    instant(now), ahead: ahead * 1000 / 48, wanted: 960 - ahead, silent: false)
                switch action {
                case .play(let packet):
                    played.append(Int(packet.payload.loadUnaligned(as: UInt32.self)))
                    ahead += 960
                    guard case .lengthen = buffer.order else { continue }
                    buffer.stretched(by: 480)
                    ahead += 480
                case .restore(let units, _), .conceal(let units): ahead += units
                case .nothing, .skip: ahead = 960
                }
            }
            ahead -= 960
        }
        return (played, (buffer.late, buffer.duplicate), filled)
    }

    @Test func lostPacketsAreHeardFromTheCopiesOnceTheBufferWaitsForThem() {
        let result = play(600, distances: [2, 1]) { $0 > 10 && $0 % 9 == 4 }
        #expect(result.played == result.played.sorted())
        // After the first three losses nothing is missing.
        #expect(Array(result.played.drop { $0 < 80 }) == Array(80..<600))
        #expect(result.buffer.duplicate == 0)
        #expect(result.filled > 55)
    }

    @Test func copiesOfWhatIsThereChangeNothing() {
        let result = play(300, distances: [3, 2, 1]) { _ in false }
        #expect(result.played == Array(0..<300))
        #expect(result.filled == 0)
        #expect(result.buffer == (0, 0))
    }

    @Test func aPacketThatComesAfterItsCopyIsNoDuplicate() {
        // Every tenth is overtaken by the one after it, while 30 ms are waited for anyway.
        var random = SplitMix64(5)
        let result = play(500, distances: [1]) { number in
            number % 10 == 5 ? 29_000 : Int64.random(in: 1000...3000, using: &random)
        } isLost: { _ in
            false
        }
        #expect(result.buffer.duplicate == 0)
        #expect(Array(result.played.drop { $0 < 100 }) == Array(100..<500))
    }

    @Test func copiesFromAfarOrOutOfPlaceAreIgnored() {
        var buffer = JitterBuffer(clockRate: 48000)
        let payload: [UInt8] = [1, 2, 3]
        payload.withUnsafeBytes { bytes in
            func copy(_ offset: UInt32, _ distance: Int) -> Bool {
                buffer.insertRedundant(
                    sequence: 104, timestamp: 3840, offset: offset, distance: distance, payloadType: 111,
                    duration: 960, payload: bytes)
            }
            #expect(!copy(960, 1))
            for index in [100, 102, 104] {
                _ = buffer.insert(
                    sequence: UInt16(index), timestamp: UInt32(index - 100) * 960, payloadType: 111, duration: 960,
                    payload: bytes, arrival: milliseconds(Int64(index) * 20))
            }
            // Overlaps what is there; too old; from nowhere.
            #expect(!copy(1200, 1))
            #expect(!copy(16_000, 1))
            #expect(!copy(960, 0))
            #expect(copy(960, 1))
            #expect(!copy(960, 1))
            #expect(copy(2880, 2))
        }
    }
}
