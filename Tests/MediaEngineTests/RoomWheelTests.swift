import Primitives
import Testing

@testable import MediaEngine

@Suite struct RoomWheelTests {
    private func at(_ milliseconds: Double) -> Instant { Instant(nanoseconds: Int64(milliseconds * 1_000_000)) }

    @Test func aThousandRoomsAreSpreadOverAllPhases() {
        var wheel = RoomWheel()
        var dues: [Int64: Int] = [:]
        for room in 0..<1000 {
            let (place, due) = wheel.add(room, at: at(1000.5))
            wheel.weigh(place, 3)
            #expect(due > at(1000.5) && due <= at(1020.5))
            dues[due.nanoseconds, default: 0] += 1
        }
        #expect(dues.count == 20 && dues.values.allSatisfy { $0 == 50 })
    }

    @Test func eachPhaseComesOnceInTwentyMilliseconds() {
        var wheel = RoomWheel()
        let (_, due) = wheel.add(7, at: at(0.2))
        var seen: [Int] = []
        for step in 0..<400 {
            let now = at(Double(step) / 4 + 0.3)
            while let phase = wheel.nextDue(now) { if wheel.room(phase, 0) == 7, due <= now { seen.append(step) } }
            if let next = wheel.next { #expect(next > now) }
        }
        #expect(seen.count == 5 || seen.count == 4)
        for (a, b) in zip(seen, seen.dropFirst()) { #expect(b - a == 80) }
    }

    @Test func roomsGoWithoutDisturbingOthers() {
        var wheel = RoomWheel()
        var places: [RoomWheel.Place] = []
        for room in 0..<100 { places.append(wheel.add(room, at: at(5)).place) }
        for room in stride(from: 0, to: 100, by: 2) {
            if let moved = wheel.remove(places[room]) { places[moved] = places[room] }
        }
        for room in stride(from: 1, to: 100, by: 2) {
            let found = wheel.room(places[room].phase, places[room].index)
            #expect(found == room)
        }
        for room in stride(from: 1, to: 100, by: 2) {
            if let moved = wheel.remove(places[room]) { places[moved] = places[room] }
        }
        let (isEmpty, next) = (wheel.isEmpty, wheel.next)
        #expect(isEmpty && next == nil)
    }

    @Test func aRoomThatCameFromAnotherThreadKeepsItsPhase() {
        var wheel = RoomWheel()
        let (place, due) = wheel.add(1, at: at(1007.5), last: at(1003))
        #expect(place.phase == 3)
        #expect(due == at(1023))
    }

    @Test func arrivalsAreOnTheMonotonicClockWhateverTheOtherOneShows() {
        let clock = ArrivalClock(now: at(5000), realtime: 1_700_000_000_000_000_000)
        #expect(clock.instant(1_699_999_999_990_000_000) == at(4990))
        #expect(clock.instant(0) == at(5000))
        #expect(clock.instant(1_700_000_000_000_000_001) == at(5000))
        #expect(clock.instant(1_699_999_990_000_000_000) == at(5000))
        #expect(clock.instant(.max) == at(5000))
        #expect(clock.instant(.min) == at(5000))
    }
}
