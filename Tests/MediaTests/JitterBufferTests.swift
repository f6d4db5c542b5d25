import Primitives
import Testing

@testable import Media

@Suite struct JitterBufferTests {
    private let second: Int64 = 1_000_000

    @Test func aSteadyStreamIsPlayedWholeWithTheLeastDelay() {
        for rate in [8000, 48000] {
            for milliseconds in [10, 20, 30, 40, 60] {
                var simulation = JitterSimulation(clockRate: rate)
                let count = 10_000 / milliseconds
                simulation.send(count, from: 0, every: milliseconds, sequence: 1, timestamp: 77) { _ in 5000 }
                let result = simulation.run(until: 11 * second)
                #expect(result.played == Array(0..<count), "\(milliseconds) ms")
                // No gap inside; at the end it fades.
                #expect(result.concealedUnits <= Int64(rate) * 12 / 100)
                #expect(result.delay(after: 0).most <= 35_000)
            }
        }
    }

    @Test func sequenceAndTimestampWrapAround() {
        var simulation = JitterSimulation()
        simulation.send(500, from: 0, sequence: 65_400, timestamp: .max - 100_000) { _ in 5000 }
        let result = simulation.run(until: 11 * second)
        #expect(result.played == Array(0..<500))
        #expect(result.late == 0 && result.duplicate == 0)
    }

    @Test func reorderedPacketsArePlayedInOrder() {
        var random = SplitMix64(4)
        var simulation = JitterSimulation()
        simulation.send(1500, from: 0, sequence: 9, timestamp: 0) { index in
            index % 7 == 3 ? 30_000 + Int64.random(in: 0...5000, using: &random) : 2000
        }
        let result = simulation.run(until: 31 * second)
        #expect(result.played == result.played.sorted())
        // Once the buffer knows, nothing is late.
        #expect(result.played.filter { $0 > 100 }.count == 1500 - 101)
    }

    @Test func duplicatesAreCountedAndPlayedOnce() {
        var simulation = JitterSimulation()
        simulation.send(300, from: 0, sequence: 100, timestamp: 5000) { _ in 3000 }
        simulation.packets += simulation.packets.map {
            var copy = $0
            copy.arrival += 8000
            return copy
        }
        let result = simulation.run(until: 7 * second)
        #expect(result.played == Array(0..<300))
        #expect(result.duplicate == 300)
        #expect(result.late == 0)
    }

    @Test func delayFollowsJitterUpAtOnceAndDownSlowly() {
        var random = SplitMix64(8)
        var simulation = JitterSimulation()
        simulation.send(3500, from: 0, sequence: 1, timestamp: 0) { index in
            switch index {
            case 500..<1500: 2000 + Int64.random(in: 0...60_000, using: &random)
            default: 2000 + Int64.random(in: 0...2000, using: &random)
            }
        }
        let result = simulation.run(until: 70 * second, silent: true)
        let calm = result.delays.filter { $0.at > 5 * second && $0.at < 10 * second }.map(\.delay).max() ?? 0
        #expect(calm <= 40_000)
        let rough = result.delays.filter { $0.at > 15 * second && $0.at < 30 * second }.map(\.delay)
        #expect((rough.min() ?? 0) >= 40_000 && (rough.max() ?? 0) <= 110_000)
        #expect(result.delay(after: 65 * second).most <= 45_000)
        // In the last three quarters of the rough time hardly a packet comes too late.
        #expect(result.late < 25)
        // Up within half a second, down over many.
        let up = result.targets[500..<550].max() ?? 0
        #expect(up > 40_000)
        #expect(result.targets[1550] > 40_000)
    }

    @Test(arguments: [-300.0, -50, 50, 300])
    func clocksThatDifferDoNotPileUpDelay(_ partsPerMillion: Double) {
        for silent in [true, false] {
            var simulation = JitterSimulation()
            // Ten minutes.
            simulation.send(30_000, from: 0, sequence: 1, timestamp: 0, pace: 1 - partsPerMillion / 1e6) { _ in 4000 }
            let last = simulation.packets.last?.arrival ?? 0
            let result = simulation.run(until: last, silent: silent)
            let delay = result.delay(after: 10 * second)
            #expect(delay.most <= 90_000 && delay.least >= -20_000)
            #expect(result.played.count + result.skipped.count >= 29_990)
            // 300 ppm in ten minutes are 180 ms: nine packets.
            #expect(result.skipped.count <= 15 && result.concealedUnits < 48 * 400)
        }
    }

    @Test(arguments: [UInt64(1), 2, 3, 4, 5])
    func lossJitterAndReorderingNeverBreakTheOrderNorTheBound(_ seed: UInt64) {
        var random = SplitMix64(seed)
        var simulation = JitterSimulation()
        simulation.send(3000, from: 0, sequence: 64_000, timestamp: 4_000_000_000) { _ in
            if Int.random(in: 0..<20, using: &random) == 0 { return nil }
            let spike: Int64 = Int.random(in: 0..<200, using: &random) == 0 ? 120_000 : 0
            return 10_000 + spike + Int64.random(in: 0...40_000, using: &random)
        }
        let sent = simulation.packets.count
        let result = simulation.run(until: 61 * second)
        #expect(result.played == result.played.sorted())
        #expect(Set(result.played).count == result.played.count)
        let accounted = result.played.count + Int(result.late) + Int(result.discarded)
        #expect(accounted == sent, "\(result.insertions)")
        #expect(result.delay(after: 0).most <= 300_000)
        #expect(result.played.count > sent * 93 / 100)
        // What is played, restored and made up is as long as the time it took.
        let units = Int64(result.played.count) * 960 + result.concealedUnits + result.restoredUnits
        #expect(abs(units + result.silentUnits + result.stretchedUnits - 61 * 48000) < 960 * 3)
    }

    @Test func aLostPacketIsRestoredFromTheNext() {
        var simulation = JitterSimulation()
        // Packets wait long enough for the next to be there: two arrive at a time.
        simulation.send(400, from: 0, sequence: 1, timestamp: 0) { index in
            index == 200 ? nil : index % 2 == 0 ? 23_000 : 3000
        }
        let result = simulation.run(until: 9 * second)
        #expect(result.restoredUnits == 960)
        #expect(result.played.count == 399 - Int(result.late) - Int(result.discarded))
    }

    @Test func silenceBetweenTalkSpurtsIsNoLoss() {
        var simulation = JitterSimulation()
        var sequence: UInt16 = 10
        for spurt in 0..<20 {
            let start = Int64(spurt) * 2 * second
            simulation.send(
                50, from: start, sequence: sequence, timestamp: UInt32(spurt) * 96_000 + 1000
            ) { _ in 4000 }
            sequence &+= 50
        }
        let result = simulation.run(until: 40 * second)
        #expect(result.played.count == 1000)
        #expect(result.restoredUnits == 0)
        // Each spurt fades out in no more than 120 ms.
        #expect(result.concealedUnits <= 20 * 48 * 120)
        #expect(result.delay(after: 0).most <= 40_000)
    }

    @Test func aJumpOfTheTimestampIsBelievedWithTheSecondPacket() {
        var simulation = JitterSimulation()
        simulation.send(100, from: 0, sequence: 1, timestamp: 0) { _ in 4000 }
        simulation.send(100, from: 2 * second, sequence: 101, timestamp: 3_000_000_000) { _ in 4000 }
        let result = simulation.run(until: 5 * second)
        #expect(result.insertions[.suspicious] == 1)
        #expect(result.insertions[.restarted] == 1)
        #expect(result.played.count == 199)
    }

    @Test func aStrayPacketChangesNothing() {
        var simulation = JitterSimulation()
        simulation.send(200, from: 0, sequence: 1, timestamp: 0) { _ in 4000 }
        simulation.packets.append(
            .init(number: 999, sequence: 40_000, timestamp: 77_777_777, arrival: second, duration: 960))
        let result = simulation.run(until: 5 * second)
        #expect(result.insertions[.suspicious] == 1)
        #expect(result.played == Array(0..<200))
    }

    @Test func aBurstAfterAnOutageLeavesNoLastingDelay() {
        var simulation = JitterSimulation()
        // For a second everything is held back, then comes at once.
        simulation.send(1500, from: 0, sequence: 1, timestamp: 0) { index in
            (200..<250).contains(index) ? Int64(250 - index) * 20_000 : 4000
        }
        let result = simulation.run(until: 30 * second, silent: true)
        #expect(result.played == result.played.sorted())
        #expect(result.delay(after: 6 * second).most <= 300_000)
        #expect(result.delay(after: 27 * second).most <= 90_000)
        #expect(result.played.count > 1500 - 60)
    }

    @Test(arguments: [10, 20, 30, 40, 60, 120], [true, false])
    func delayComesDownOnceTheJitterIsOver(_ milliseconds: Int, _ silent: Bool) {
        var random = SplitMix64(UInt64(milliseconds))
        var simulation = JitterSimulation()
        let count = 30_000 / milliseconds
        simulation.send(count, from: 0, every: milliseconds, sequence: 1, timestamp: 0) { index in
            index * milliseconds < 8000 ? 2000 + Int64.random(in: 0...70_000, using: &random) : 2000
        }
        let result = simulation.run(until: 29 * second, silent: silent)
        #expect((result.delays.filter { $0.at < 8 * second }.map(\.delay).max() ?? 0) >= 60_000)
        let after = result.delay(after: 24 * second)
        #expect(after.least >= 3000 && after.most <= 40_000, "\(after)")
        #expect(result.played == result.played.sorted())
    }

    @Test func packetsOfChangingLengthArePlayedWhole() {
        var simulation = JitterSimulation()
        var sequence: UInt16 = 5
        var timestamp: UInt32 = 0
        var start: Int64 = 0
        for milliseconds in [20, 60, 10, 40, 20, 60] {
            let count = 1200 / milliseconds
            // The packet goes when its last sample is there.
            simulation.send(
                count, from: start + Int64(milliseconds) * 1000, every: milliseconds, sequence: sequence,
                timestamp: timestamp
            ) { _ in 1000 }
            sequence &+= UInt16(count)
            timestamp &+= UInt32(1200 * 48)
            start += 1_200_000
        }
        let result = simulation.run(until: 8 * second)
        #expect(result.played.count >= simulation.packets.count - 4)
        #expect(result.played == result.played.sorted())
        #expect(result.delay(after: 0).most <= 130_000)
    }

    @Test func aTickWaitsForWhatMayStillComeAndForNothingElse() {
        var buffer = JitterBuffer(clockRate: 48000)
        func give(_ number: Int, at: Int64, media: Int? = nil) {
            _ = [UInt8](repeating: 1, count: 50).withUnsafeBytes {
                buffer.insert(
                    sequence: UInt16(number), timestamp: UInt32((media ?? number * 20) * 48), payloadType: 0,
                    duration: 960, payload: $0, arrival: milliseconds(at))
            }
        }
        func play(_ deadline: Int64) {
            _ = buffer.pull(milliseconds(deadline), ahead: 0, wanted: 960, silent: false)
        }
        func ready(_ deadline: Int64, _ wanted: Int64 = 960) -> JitterReadiness {
            buffer.readiness(milliseconds(deadline), wanted: wanted)
        }
        // Nothing was heard yet; then too near to its deadline; then with slack enough.
        #expect(ready(10) == .idle)
        give(10, at: 18)
        #expect(ready(20) == .idle)
        #expect(ready(40) == .ready)
        play(40)
        // The next one may come; for a part of the tick it is waited for as well; for nothing it is not.
        #expect(ready(60) == .missing)
        #expect(ready(60, 1) == .missing)
        #expect(ready(60, 0) == .ready)
        give(12, at: 58)
        #expect(ready(60) == .missing)
        give(11, at: 59)
        #expect(ready(60) == .ready)
        #expect(ready(60, 1920) == .ready)
        #expect(ready(60, 1921) == .missing)
        play(60)
        play(80)
        // Dry: made up until it is clear that nothing comes.
        for deadline in stride(from: Int64(100), through: 180, by: 20) {
            #expect(ready(deadline) == .missing)
            play(deadline)
        }
        play(200)
        #expect(ready(220) == .idle)
        // A spurt begins after a pause.
        give(13, at: 1000, media: 1182)
        #expect(ready(1003) == .idle)
        #expect(ready(1004) == .ready)
    }

    @Test func anythingAtAllNeverTraps() {
        var random = SplitMix64(6)
        for _ in 0..<20 {
            var buffer = JitterBuffer(clockRate: 48000)
            var now: Int64 = 0
            var sequence: UInt16 = 0
            var timestamp: UInt32 = 0
            for _ in 0..<3000 {
                now += Int64.random(in: 0...30, using: &random)
                switch Int.random(in: 0..<10, using: &random) {
                case 0: sequence = .random(in: 0 ... .max, using: &random)
                case 1: timestamp = .random(in: 0 ... .max, using: &random)
                case 2: sequence &-= UInt16.random(in: 0...80, using: &random)
                case 3: timestamp &+= 60_000
                default: break
                }
                sequence &+= 1
                timestamp &+= 960
                let instant = milliseconds(now)
                let duration = Int.random(in: 0...5760, using: &random)
                if Bool.random(using: &random) {
                    [UInt8](repeating: 1, count: .random(in: 0...40, using: &random)).withUnsafeBytes {
                        _ = buffer.insert(
                            sequence: sequence, timestamp: timestamp, payloadType: 0, duration: duration, payload: $0,
                            arrival: instant)
                    }
                } else {
                    buffer.insertMarker(sequence: sequence, timestamp: timestamp, arrival: instant)
                }
                for _ in 0..<Int.random(in: 0...3, using: &random) {
                    let action = buffer.pull(instant, ahead: 0, wanted: 960, silent: Bool.random(using: &random))
                    switch action {
                    case .restore(let units, _), .conceal(let units): #expect(units > 0 && units <= 5760)
                    default: break
                    }
                }
            }
        }
    }
}
