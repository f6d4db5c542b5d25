import Media
import Primitives

extension WorkerLoop {
    /// Deadlines made up for after the thread was kept from running; older ones are let go.
    private static let catchUp: Int64 = 5

    /// Ticks the rooms that got packets in this round and have all they wait for: after the deadline before, nothing is
    /// gained by waiting for their own.
    mutating func tickReady() {
        var place = 0
        while place < touched.count {
            let room = Int(touched[place])
            place += 1
            guard rooms.isTaken(room) else { continue }
            rooms[room].pointee.isTouched = false
            rooms.rouse(room, at: clock.now)
            tickIfReady(room)
        }
        touched.removeAll(keepingCapacity: true)
    }

    /// Packets came for a room.
    mutating func touch(_ room: Int) {
        guard !rooms[room].pointee.isTouched else { return }
        rooms[room].pointee.isTouched = true
        touched.append(Int32(truncatingIfNeeded: room))
    }

    private mutating func tickIfReady(_ room: Int) {
        let due = rooms[room].pointee.due
        guard clock.now.nanoseconds > due.nanoseconds - RoomWheel.interval, rooms[room].pointee.mix.isReady(for: due)
        else { return }
        tick(room)
    }

    /// Ticks the rooms whose deadline has come.
    mutating func tickDue() {
        while let phase = rooms.wheel.nextDue(clock.now) {
            // From the last: one that dozes off gives its place to the last.
            var index = rooms.wheel.count(in: phase) - 1
            while index >= 0 {
                let room = rooms.wheel.room(phase, index)
                tickMissed(room)
                tickIfReady(room)
                if rooms[room].pointee.mix.isIdle { rooms.doze(room, at: clock.now) }
                index -= 1
            }
        }
        while let phase = rooms.dozing.nextDue(clock.now) {
            for index in 0..<rooms.dozing.count(in: phase) { tickDozing(rooms.dozing.room(phase, index)) }
        }
    }

    /// The ticks that passed in a room where nothing goes on, at once.
    private mutating func tickDozing(_ number: Int) {
        let passed = rooms.pass(number, clock.now)
        let room = rooms[number]
        queue.begin(room.pointee.seats, count: room.pointee.seatCount)
        room.pointee.mix.doze(passed, now: clock.now, into: &queue)
        queue.flush()
    }

    /// A tick for each deadline that has passed.
    mutating func tickMissed(_ room: Int) {
        skipMissed(room)
        while rooms[room].pointee.due <= clock.now { tick(room) }
    }

    /// Deadlines that passed unused: the legs' clocks go on.
    private mutating func skipMissed(_ room: Int) {
        let late = clock.now.nanoseconds - rooms[room].pointee.due.nanoseconds
        guard late >= Self.catchUp * RoomWheel.interval else { return }
        let missed = late / RoomWheel.interval + 1 - Self.catchUp
        rooms[room].pointee.mix.skip(Int(missed))
        rooms[room].pointee.due.nanoseconds += missed * RoomWheel.interval
    }

    /// One tick of a room, for its deadline.
    mutating func tick(_ number: Int) {
        if isBehind { readAwake(number) }
        let began = MonotonicClock.now
        let room = rooms[number]
        room.pointee.ticked = began
        queue.begin(room.pointee.seats, count: room.pointee.seatCount)
        room.pointee.mix.tick(due: room.pointee.due, now: began, into: &queue)
        queue.flush()
        room.pointee.due.nanoseconds += RoomWheel.interval
        tellEvents(number)
        room.pointee.cost &+= MonotonicClock.now.nanoseconds &- began.nanoseconds
    }

    private mutating func tellEvents(_ number: Int) {
        while let (slot, event) = rooms[number].pointee.mix.nextEvent() {
            if let leg = rooms[number].pointee.leg(in: slot) { notify(.event(legs[leg].pointee.id, event)) }
        }
    }
}
