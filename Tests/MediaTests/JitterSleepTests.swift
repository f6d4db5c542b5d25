import Primitives
import Testing

@testable import Media

@Suite struct JitterSleepTests {
    private static let size = 60

    @discardableResult
    private func give(
        _ buffer: inout JitterBuffer, _ number: Int, at: Int64? = nil, sequence: UInt16? = nil, units: Int = 960
    ) -> JitterInsertion {
        var payload = [UInt8](repeating: 0, count: Self.size)
        withUnsafeBytes(of: UInt32(number)) { payload.replaceSubrange(0..<4, with: $0) }
        return payload.withUnsafeBytes {
            buffer.insert(
                sequence: sequence ?? UInt16(truncatingIfNeeded: number + 65_500),
                timestamp: UInt32(truncatingIfNeeded: number * units) &+ 4_294_000_000, payloadType: 111,
                duration: units, payload: $0, arrival: milliseconds(at ?? Int64(number * units / 48)))
        }
    }

    private func number(_ packet: JitterPacket) -> Int { Int(packet.payload.loadUnaligned(as: UInt32.self)) }

    private func warmups(_ buffer: inout JitterBuffer) -> [Int] {
        var all: [Int] = []
        while let packet = buffer.nextWarmup() { all.append(number(packet)) }
        return all
    }

    private func pulled(_ buffer: inout JitterBuffer, _ deadline: Int64, wanted: Int64 = 960) -> Int? {
        guard
            case .play(let packet) = buffer.pull(milliseconds(deadline), ahead: 0, wanted: wanted, silent: false)
        else { return nil }
        return number(packet)
    }

    @Test func onlyTheNewestSixtyMillisecondsAreKept() {
        for (units, kept) in [(120, 8), (480, 6), (960, 3), (1920, 2), (2880, 2), (5760, 2)] {
            var buffer = JitterBuffer(clockRate: 48000)
            buffer.sleep()
            let empty = buffer.memory
            for index in 0..<500 { #expect(give(&buffer, index, units: units) == .accepted) }
            #expect(buffer.memory <= 6 * 1024, "\(buffer.memory)")
            #expect(buffer.memory <= empty + 10 * 256)
            buffer.wake(with: UInt16(truncatingIfNeeded: 499 + 65_500))
            #expect(warmups(&buffer) == Array((499 - kept)..<499), "\(units)")
            #expect(buffer.discarded == 0 && buffer.late == 0)
        }
    }

    @Test func asleepNothingIsPlayedNorWaitedFor() {
        var buffer = JitterBuffer(clockRate: 48000)
        buffer.sleep()
        for index in 0..<20 {
            give(&buffer, index)
            guard case .nothing = buffer.pull(milliseconds(Int64(index) * 20 + 10), ahead: 0, wanted: 960, silent: true)
            else {
                Issue.record("played")
                return
            }
            #expect(buffer.readiness(milliseconds(Int64(index) * 20 + 10), wanted: 960) == .idle)
        }
    }

    @Test func playOutBeginsWithThePacketThatWokeItAtTheFirstDeadlineThatLeavesSlack() {
        for phase in Int64(0)..<20 {
            var buffer = JitterBuffer(clockRate: 48000)
            buffer.sleep()
            for index in 0...100 { give(&buffer, index) }
            buffer.wake(with: UInt16(truncatingIfNeeded: 100 + 65_500))
            #expect(warmups(&buffer) == [97, 98, 99])
            let arrival: Int64 = 2000
            let deadline = arrival + phase
            let isEnough = phase * 1000 >= buffer.target
            #expect(buffer.readiness(milliseconds(deadline), wanted: 960) == (isEnough ? .ready : .idle))
            #expect(pulled(&buffer, deadline) == (isEnough ? 100 : nil))
            give(&buffer, 101)
            #expect(pulled(&buffer, deadline + 20) == (isEnough ? 101 : 100))
        }
    }

    @Test func theNextPacketMayWakeItToo() {
        var buffer = JitterBuffer(clockRate: 48000)
        buffer.sleep()
        for index in 0..<50 { give(&buffer, index) }
        buffer.wake()
        #expect(warmups(&buffer) == [46, 47, 48, 49])
        #expect(pulled(&buffer, 50 * 20 - 5) == nil)
        give(&buffer, 50)
        #expect(pulled(&buffer, 50 * 20 + 5) == 50)
    }

    @Test func whatWasPlayedLastWarmsTheNextDecoder() {
        var buffer = JitterBuffer(clockRate: 48000)
        for index in 0..<50 {
            give(&buffer, index)
            #expect(pulled(&buffer, Int64(index) * 20 + 5) == index)
        }
        buffer.sleep()
        // The timestamps go on after a pause.
        let payload = [UInt8](repeating: 7, count: 20)
        let inserted = payload.withUnsafeBytes {
            buffer.insert(
                sequence: UInt16(truncatingIfNeeded: 50 + 65_500),
                timestamp: UInt32(truncatingIfNeeded: 150 * 960) &+ 4_294_000_000, payloadType: 111, duration: 960,
                payload: $0, arrival: milliseconds(3000))
        }
        #expect(inserted == .accepted)
        buffer.wake(with: UInt16(truncatingIfNeeded: 50 + 65_500))
        #expect(warmups(&buffer) == [48, 49])
    }

    @Test(arguments: [UInt64(1), 2, 3, 4, 5, 6])
    func countsDoNotDependOnSleep(_ seed: UInt64) {
        var random = SplitMix64(seed)
        var packets: [(number: Int, at: Int64)] = []
        for number in 0..<4000 {
            if Int.random(in: 0..<20, using: &random) == 0 { continue }
            let late: Int64 = Int.random(in: 0..<50, using: &random) == 0 ? 90 : 0
            let at = Int64(number) * 20 + Int64.random(in: 0...30, using: &random) + late
            packets.append((number, at))
            if Int.random(in: 0..<30, using: &random) == 0 { packets.append((number, at + 7)) }
        }
        packets.sort { ($0.at, $0.number) < ($1.at, $1.number) }
        var counts: [[UInt64]] = []
        var blocks: [RTCPReportBlock] = []
        for kind in 0..<3 {
            var buffer = JitterBuffer(clockRate: 48000)
            var reception = ReceptionStatistics()
            if kind == 1 { buffer.sleep() }
            var tick: Int64 = 0
            for packet in packets {
                while tick <= packet.at {
                    if kind == 2, tick % 4000 == 0 { if buffer.isAsleep { buffer.wake() } else { buffer.sleep() } }
                    for _ in 0..<100 {
                        guard case .skip = buffer.pull(milliseconds(tick), ahead: 0, wanted: 960, silent: false) else {
                            break
                        }
                    }
                    tick += 20
                }
                switch give(&buffer, packet.number, at: packet.at) {
                case .suspicious, .refused, .restarted: Issue.record("out of step")
                case .accepted, .late, .duplicate: break
                }
                reception.note(
                    sequence: UInt16(truncatingIfNeeded: packet.number + 65_500),
                    timestamp: UInt32(truncatingIfNeeded: packet.number * 960), clockRate: 48000,
                    arrival: milliseconds(packet.at))
            }
            counts.append([buffer.duplicate])
            blocks.append(reception.report(about: 1, lastSR: 0, delaySinceLastSR: 0))
            // What comes later than the jitter explains is late, heard or not.
            #expect(buffer.late < 100, "\(kind): \(buffer.late)")
        }
        #expect(counts[0] == counts[1] && counts[1] == counts[2] && counts[0][0] > 50)
        #expect(blocks[0] == blocks[1] && blocks[1] == blocks[2])
    }

    @Test func arrivalsInThePastAreTakenAsTheyAre() {
        var buffer = JitterBuffer(clockRate: 48000)
        for index in 0..<200 {
            // Bursts of four are read at once, newest stamped first now and then.
            let at = Int64(index / 4 * 80 + 60 - index % 4)
            #expect(give(&buffer, index, at: at) == .accepted)
            if index % 4 == 3 {
                for part in Int64(0)..<4 {
                    guard
                        case .play = buffer.pull(
                            milliseconds(at + 70 + part * 20), ahead: 0, wanted: 960, silent: false)
                    else { continue }
                }
            }
        }
        #expect(buffer.duplicate == 0)
        #expect(buffer.target <= 70_000)
    }

    @Test func anythingAtAllNeverTrapsAsleepOrAwake() {
        var random = SplitMix64(66)
        for _ in 0..<20 {
            var buffer = JitterBuffer(clockRate: [8000, 48000, 1, 192_000].randomElement(using: &random) ?? 8000)
            buffer.canRestore = Bool.random(using: &random)
            var now: Int64 = 0
            var sequence: UInt16 = 0
            var timestamp: UInt32 = 0
            for _ in 0..<2000 {
                now += Int64.random(in: -3...30, using: &random)
                switch Int.random(in: 0..<40, using: &random) {
                case 0: sequence = .random(in: 0 ... .max, using: &random)
                case 1: timestamp = .random(in: 0 ... .max, using: &random)
                case 2, 3: sequence &-= UInt16.random(in: 0...80, using: &random)
                case 4: timestamp &+= 60_000
                case 5: buffer.sleep()
                case 6: buffer.wake(with: sequence &- UInt16.random(in: 0...9, using: &random))
                case 7: buffer.wake()
                case 8: sequence &+= UInt16.random(in: 0...200, using: &random)
                case 9: buffer.reset(clockRate: 48000)
                default: break
                }
                sequence &+= 1
                timestamp &+= 960
                let duration = Int.random(in: 0...5760, using: &random)
                let size = Int.random(in: 0...1600, using: &random)
                [UInt8](repeating: 1, count: size).withUnsafeBytes {
                    _ = buffer.insert(
                        sequence: sequence, timestamp: timestamp, payloadType: 0, duration: duration, payload: $0,
                        arrival: milliseconds(now))
                    _ = buffer.insertRedundant(
                        sequence: sequence, timestamp: timestamp, offset: .random(in: 0...16_383, using: &random),
                        distance: .random(in: 0...9, using: &random), payloadType: 0, duration: duration, payload: $0)
                }
                while let packet = buffer.nextWarmup() { #expect(packet.payload.count > 0) }
                _ = buffer.readiness(milliseconds(now), wanted: .random(in: 0...1920, using: &random))
                for _ in 0..<Int.random(in: 0...3, using: &random) {
                    _ = buffer.pull(milliseconds(now + 9), ahead: 0, wanted: 960, silent: Bool.random(using: &random))
                    if buffer.order != .keep { buffer.stretched(by: 100) }
                }
            }
            #expect(buffer.memory <= 64 * 1756 + 8192)
        }
    }
}
