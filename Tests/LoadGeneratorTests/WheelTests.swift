import Primitives
import Testing

@testable import LoadGenerator

/// Who sends when.
struct WheelTests {
    @Test(arguments: [10, 100, 250, 1000, 5000])
    func howeverManyJoinedTheyLieEvenlyInTheFrame(count: Int) {
        var slots = Array(repeating: 0, count: Wheel.slots)
        for number in 0..<count { slots[Wheel.slot(of: number)] += 1 }
        let mean = Double(count) / Double(Wheel.slots)
        #expect(Double(slots.max() ?? 0) <= mean + 2)
        #expect(Double(slots.min() ?? 0) >= mean - 2)
    }

    @Test func everybodySendsOnceInTwentyMillisecondsAtItsOwnTime() {
        var wheel = Wheel(start: Instant(nanoseconds: 1_000_000))
        for number in 0..<200 { wheel.add(Int32(number), slot: Wheel.slot(of: number)) { _ in 0 } }
        var times: [Int32: [Int64]] = [:]
        for _ in 0..<(5 * Wheel.slots) {
            for member in wheel.members[wheel.current] { times[member, default: []].append(wheel.due.nanoseconds) }
            wheel.advance()
        }
        #expect(times.count == 200)
        for list in times.values {
            #expect(list.count == 5)
            #expect(zip(list, list.dropFirst()).allSatisfy { $1 - $0 == 20_000_000 })
        }
    }

    @Test func membersOfASlotStandBesideThoseOfTheirSocket() {
        var wheel = Wheel(start: .zero)
        for number in 0..<60 { wheel.add(Int32(number), slot: 3) { $0 % 3 } }
        let sockets = wheel.members[3].map { $0 % 3 }
        #expect(sockets == sockets.sorted())
    }

    @Test func whatIsHeldBackComesInItsSlot() {
        var wheel = Wheel(start: .zero)
        wheel.hold(Wheel.Held(participant: 5, frame: 1, sequence: 2, timestamp: 3, marker: false), slots: 7)
        for _ in 0..<7 {
            #expect(wheel.takeHeld().isEmpty)
            wheel.advance()
        }
        #expect(wheel.takeHeld().map(\.participant) == [5])
        #expect(wheel.takeHeld().isEmpty)
    }

    @Test func whoLeftSendsNoMore() {
        var wheel = Wheel(start: .zero)
        for number in 0..<10 { wheel.add(Int32(number), slot: Wheel.slot(of: number)) { _ in 0 } }
        wheel.remove(4)
        #expect(wheel.members.joined().sorted() == [0, 1, 2, 3, 5, 6, 7, 8, 9])
    }
}
