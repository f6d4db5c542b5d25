import Testing

@testable import LoadGenerator

/// What headers and arrival times tell of a stream.
struct ReceptionTests {
    private static let frame: Int64 = 20_000_000

    /// Feeds packets of 20 ms at the given arrivals; a nil is one that never came.
    private func reception(_ delays: [Int64?]) -> Reception {
        var reception = Reception()
        for (index, delay) in delays.enumerated() {
            guard let delay else { continue }
            reception.take(
                ssrc: 7, sequence: UInt16(truncatingIfNeeded: 65_530 + index),
                timestamp: UInt32(truncatingIfNeeded: 4_294_960_000 + index * 960), length: 100, step: 960,
                arrival: 1_000_000_000 + Int64(index) * Self.frame + delay)
        }
        return reception
    }

    @Test func aSteadyStreamHasNoGapsAndNoLoss() {
        let steady = reception(Array(repeating: 0, count: 100))
        #expect(steady.packets == 100)
        #expect(steady.bytes == 10_000)
        #expect(steady.gaps == 99)
        #expect(steady.gapsOver30 == 0)
        #expect(steady.lost == 0)
        #expect(steady.missingFrames == 0)
        #expect(steady.jitter < 1)
    }

    @Test func aLatePacketMakesAGapButIsHeardFromTheBuffer() {
        var delays: [Int64?] = Array(repeating: 0, count: 50)
        delays[20] = 15_000_000
        delays[30] = 45_000_000
        delays[31] = 45_000_000
        let late = reception(delays)
        #expect(late.gapsOver30 == 2)
        #expect(late.gapsOver60 == 1)
        #expect(late.longestGap == 65_000_000)
        #expect(late.missingFrames == 0)
        #expect(late.jitter > 0)
    }

    @Test func whatComesAfterThePlayOutDelayIsMissing() {
        var delays: [Int64?] = Array(repeating: 0, count: 50)
        delays[20] = 61_000_000
        delays[21] = 61_000_000
        delays[40] = 61_000_000
        let late = reception(delays)
        #expect(late.missingFrames == 3)
        #expect(late.missingRuns == 2)
    }

    @Test func lostPacketsAreCountedAcrossTheWrapOfTheSequenceNumber() {
        var delays: [Int64?] = Array(repeating: 0, count: 50)
        for index in [4, 5, 6, 30] { delays[index] = nil }
        let lossy = reception(delays)
        #expect(lossy.lost == 4)
        #expect(lossy.missingFrames == 4)
        #expect(lossy.missingRuns == 2)
    }

    @Test func aPacketThatComesLateAfterAllIsNotLost() {
        var reception = Reception()
        for (place, number) in [0, 1, 3, 2, 4].enumerated() {
            reception.take(
                ssrc: 1, sequence: UInt16(number), timestamp: UInt32(number * 160), length: 10, step: 160,
                arrival: Int64(place + 1) * Self.frame)
        }
        #expect(reception.lost == 0)
        #expect(reception.reordered == 1)
    }

    @Test func aPauseIsNoGap() {
        var reception = Reception()
        for (number, time) in [(0, 0), (1, 1), (2, 21), (3, 22)] {
            reception.take(
                ssrc: 1, sequence: UInt16(number), timestamp: UInt32(time * 960), length: 10, step: 960,
                arrival: 1 + Int64(time) * Self.frame)
        }
        #expect(reception.pauses == 1)
        #expect(reception.gapsOver30 == 0)
        #expect(reception.lost == 0)
    }

    @Test func countingAnewKeepsTheStream() {
        var reception = reception(Array(repeating: 0, count: 10))
        let first = reception.firstArrival
        reception.restart()
        reception.take(
            ssrc: 7, sequence: UInt16(truncatingIfNeeded: 65_541), timestamp: UInt32(truncatingIfNeeded: 4_294_970_560),
            length: 1, step: 960, arrival: 1_000_000_000 + 11 * Self.frame)
        #expect(reception.packets == 1)
        #expect(reception.lost == 1)
        #expect(reception.firstArrival == first)
    }

    @Test func anotherSourceStartsAStreamOfItsOwn() {
        var reception = reception(Array(repeating: 0, count: 10))
        reception.take(ssrc: 8, sequence: 9000, timestamp: 5, length: 1, step: 960, arrival: 2_000_000_000)
        #expect(reception.lost == 0)
        #expect(reception.packets == 11)
    }
}
