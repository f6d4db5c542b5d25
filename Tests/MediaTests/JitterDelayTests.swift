import Primitives
import Testing

@testable import Media

/// How long packets lie in the buffer when ticks are made as soon as all is there.
@Suite struct JitterDelayTests {
    private func steady(_ count: Int, phase: Int64, spread: Int64, _ random: inout SplitMix64) -> PaceSimulation.Talker
    {
        PaceSimulation.Talker(
            arrivals: (0..<count).map { Int64($0) * 20_000 + phase + Int64.random(in: 0...spread, using: &random) })
    }

    @Test func aLoneTalkerOnACleanNetworkHardlyEverWaits() {
        var random = SplitMix64(21)
        var waits: [Int64] = []
        for _ in 0..<100 {
            let talker = steady(300, phase: Int64.random(in: 0..<20_000, using: &random), spread: 300, &random)
            let simulation = PaceSimulation([talker], phase: 7000, until: 5_900_000)
            #expect(simulation.concealed == [0])
            waits += simulation.waits[0].dropFirst(5)
        }
        #expect(waits.quantile(0.5) == 0 && waits.quantile(0.75) == 0)
        #expect(waits.quantile(0.99) <= 5000)
    }

    @Test(arguments: [2, 3, 4])
    func talkersWaitForEachOtherAndForNothingElse(_ count: Int) {
        var random = SplitMix64(UInt64(count))
        var waits: [Int64] = []
        for _ in 0..<60 {
            let talkers = (0..<count).map { _ in
                steady(300, phase: Int64.random(in: 0..<20_000, using: &random), spread: 300, &random)
            }
            let simulation = PaceSimulation(talkers, phase: 7000, until: 5_900_000)
            #expect(simulation.concealed.allSatisfy { $0 == 0 })
            for some in simulation.waits { waits += some.dropFirst(5) }
        }
        #expect(waits.quantile(0.5) <= 10_000)
        #expect(waits.quantile(0.99) <= 24_000)
    }

    @Test func spurtsAfterPausesStartAtOnce() {
        var random = SplitMix64(77)
        var waits: [Int64] = []
        for round in 0..<50 {
            var talker = PaceSimulation.Talker(arrivals: [])
            var start = Int64(round) * 400
            for _ in 0..<10 {
                talker.restarts.insert(talker.arrivals.count)
                for index in 0..<50 { talker.arrivals.append(start + Int64(index) * 20_000) }
                start += 1_400_000 + Int64.random(in: 0..<20_000, using: &random)
            }
            let simulation = PaceSimulation([talker], phase: 3000, until: start)
            waits += simulation.waits[0].dropFirst(1)
            #expect(simulation.waits[0].count >= 498)
        }
        #expect(waits.quantile(0.5) == 0)
        #expect(waits.quantile(0.99) <= 20_000)
    }

    @Test func ticksComeAsEvenlyAsThePackets() {
        var random = SplitMix64(5)
        for phase in stride(from: Int64(0), to: 20_000, by: 1700) {
            let talker = steady(500, phase: phase, spread: 500, &random)
            let simulation = PaceSimulation([talker], phase: 0, until: 9_900_000)
            let ticks = simulation.ticks.dropFirst(100)
            let gaps = zip(ticks.dropFirst(), ticks).map { $0 - $1 }
            #expect((gaps.max() ?? 0) <= 21_500 && (gaps.min() ?? 0) >= 18_500)
        }
    }

    @Test func fortyMillisecondsOfJitterAreFollowedAndNoMore() {
        var waits: [Int64] = []
        for seed in UInt64(1)...8 {
            var random = SplitMix64(seed)
            let talker = steady(3000, phase: Int64(seed) * 2300, spread: 40_000, &random)
            let simulation = PaceSimulation([talker], phase: 0, until: 59_000_000)
            #expect(simulation.targets[0] >= 36_000 && simulation.targets[0] <= 44_000)
            // Late only before the jitter is known.
            #expect(simulation.concealed[0] <= 12, "\(simulation.concealed)")
            waits += simulation.waits[0].dropFirst(500)
        }
        // The mean packet comes 20 ms after the quickest; up to a tick more, as the deadlines lie.
        #expect(waits.quantile(0.5) <= 40_000)
        #expect(waits.quantile(0.99) <= 66_000)
    }

    @Test func aSingleOutageIsNoReasonToWaitForLong() {
        var arrivals = (0..<1500).map { Int64($0) * 20_000 + 1000 }
        for index in 500..<510 { arrivals[index] = arrivals[510] }
        let simulation = PaceSimulation([.init(arrivals: arrivals)], phase: 12_000, until: 29_900_000)
        #expect(simulation.targets == [4000])
        #expect(simulation.waits[0].suffix(400).max() ?? 99_000 <= 4000, "\(simulation.waits[0].suffix(400))")
    }

    @Test func whereLossesCanBeRestoredTheBufferWaitsForTheNextPacket() {
        var restored = 0
        var concealed = 0
        for canRestore in [true, false] {
            var random = SplitMix64(9)
            let talker = PaceSimulation.Talker(
                arrivals: (0..<3000).map {
                    Int.random(in: 0..<20, using: &random) == 0 ? nil : Int64($0) * 20_000 + 9000
                },
                canRestore: canRestore)
            let simulation = PaceSimulation([talker], phase: 0, until: 59_000_000)
            if canRestore {
                restored = simulation.restored[0]
            } else {
                concealed = simulation.concealed[0]
                #expect(simulation.targets == [4000])
            }
        }
        #expect(concealed > 100)
        #expect(restored > 100, "\(restored)")
    }
}
