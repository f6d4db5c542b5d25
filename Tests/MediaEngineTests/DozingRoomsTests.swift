import Conference
import Media
import Primitives
import Testing

@testable import MediaEngine

@Suite struct DozingRoomsTests {
    private let clock = MediaClock(instant: .zero, wall: WallTime(milliseconds: 0))

    private func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    private func media(_ ssrc: UInt32) throws -> MediaLeg {
        let format = LegMediaSettings.Format(payloadType: 0, codec: .pcmu)
        return try MediaLeg(
            LegMediaSettings(send: format, receive: [format], ssrc: ssrc, cname: "test"), clock: clock,
            seed: UInt64(ssrc))
    }

    /// A thousand rooms of two.
    private func fill(_ rooms: inout WorkerRooms) throws {
        for number in 0..<1000 {
            let room = rooms.room(of: MixID(UInt64(number)), MixConfiguration(), at: at(1000))
            for leg in 0..<2 { _ = rooms.add(try media(UInt32(number * 2 + leg)), to: room, at: at(1000)) }
        }
    }

    @Test func aThousandRoomsThatDozeWakeTheThreadAHundredTimesASecond() throws {
        var rooms = WorkerRooms()
        try fill(&rooms)
        for room in 0..<1000 { rooms.doze(room, at: at(1000)) }
        let nobody = rooms.wheel.next
        #expect(nobody == nil)
        var wakes = 0
        var visits = 0
        var now = at(1000)
        while let next = rooms.dozing.next, next < at(2000) {
            now = max(now, next)
            wakes += 1
            while let phase = rooms.dozing.nextDue(now) { visits += rooms.dozing.count(in: phase) }
        }
        #expect((95...101).contains(wakes))
        #expect((4900...5100).contains(visits))
    }

    @Test func aRoomThatIsRousedKeepsItsPhaseAndLosesNoTime() throws {
        var rooms = WorkerRooms()
        try fill(&rooms)
        for room in 0..<1000 {
            let due = rooms[room].pointee.due
            rooms.doze(room, at: at(1000))
            let now = at(1100 + Int64(room) % 90)
            rooms.rouse(room, at: now)
            let next = rooms[room].pointee.due
            #expect(next > now && next.nanoseconds - now.nanoseconds <= RoomWheel.interval)
            #expect((next.nanoseconds - due.nanoseconds).isMultiple(of: RoomWheel.interval))
            let isDozing = rooms[room].pointee.isDozing
            #expect(!isDozing)
        }
        let nobody = rooms.dozing.next
        #expect(nobody == nil)
    }

    @Test func roomsComeAndGoAmongThoseThatDoze() throws {
        var rooms = WorkerRooms()
        try fill(&rooms)
        for room in stride(from: 0, to: 1000, by: 3) { rooms.doze(room, at: at(1040)) }
        for room in stride(from: 0, to: 1000, by: 6) { _ = rooms.take(room) }
        for room in stride(from: 3, to: 1000, by: 6) { rooms.rouse(room, at: at(1300)) }
        for room in 0..<1000 where rooms.isTaken(room) {
            let place = rooms[room].pointee.place
            let found = rooms.wheel.room(place.phase, place.index)
            #expect(found == room)
            _ = rooms.take(room)
        }
        let isEmpty = rooms.isEmpty
        #expect(isEmpty)
        let (next, dozing) = (rooms.wheel.next, rooms.dozing.next)
        #expect(next == nil && dozing == nil)
    }
}
