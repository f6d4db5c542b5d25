import Conference
import Media
import Primitives

/// Rooms and legs go from one thread to another as they are.
extension WorkerLoop {
    /// What a packet costs that was received, for the weight of rooms.
    private static let receiveCost: Int64 = 1000

    /// Gives a room with its legs, or legs without one, to another worker. Their sockets keep what came meanwhile; what
    /// still comes here by the shared port is passed on.
    /// - Returns: false when outlets have to come back first; it is to be tried again when one has.
    mutating func depart(_ departure: Departure) -> Bool {
        let room = departure.mix.flatMap { rooms.index(of: $0) }
        var numbers = departure.legs.compactMap { legs.index(of: $0) }
        if let room {
            let sitting = (0..<rooms[room].pointee.seatCount).compactMap { rooms[room].pointee.leg(in: $0) }
            numbers = Array(Set(numbers).union(sitting)).sorted()
        }
        let away = numbers.filter { legs[$0].pointee.guest != nil }
        guard away.isEmpty else {
            for leg in away { recall(leg) }
            return false
        }
        var moving = MovingRoom(transit: departure.transit)
        for leg in numbers {
            if let other = legs[leg].pointee.room, other != room { leave(leg) }
            pack(leg, into: &moving, for: departure)
        }
        if let room { moving.room = rooms.take(room) }
        links.give(.move(moving), from: worker.index, to: departure.to)
        return true
    }

    private mutating func pack(_ number: Int, into moving: inout MovingRoom, for departure: Departure) {
        if let ports = legs[number].pointee.ports { unwatch(ports) }
        let media = unpark(number)
        for address in legs[number].pointee.addresses where addresses[address] == Int32(truncatingIfNeeded: number) {
            addresses.remove(address)
            owners.set(address, Int32(truncatingIfNeeded: departure.to))
        }
        let outlet = legs[number].pointee.outlet.flatMap { outlets.remove($0) }
        if let leg = legs.take(number) { _ = moving.legs.add(MovingLeg(leg: leg, outlet: outlet, media: media)) }
    }

    /// Takes in what another worker gave.
    mutating func arrive(_ moving: consuming MovingRoom) {
        var moving = moving
        let transit = moving.transit
        var room: Int?
        if let arrived = moving.room.take() {
            let number = rooms.add(arrived, at: clock.now)
            touched.reserveCapacity(rooms.bound)
            room = number
        }
        for place in 0..<moving.legs.bound {
            if let leg = moving.legs.remove(place) { unpack(leg, in: room) }
        }
        if let room { tickMissed(room) }
        notify(.arrived(transit: transit))
    }

    private mutating func unpack(_ moving: consuming MovingLeg, in room: Int?) {
        var moving = moving
        let outlet = moving.outlet.take()
        let media = moving.media.take()
        let number = legs.add(moving.leg)
        let leg = legs[number]
        leg.pointee.room = leg.pointee.slot == nil ? nil : room
        if let outlet { leg.pointee.outlet = outlets.add(outlet) }
        if let media { leg.pointee.parked = parked.add(media) }
        for address in leg.pointee.addresses {
            addresses.set(address, Int32(truncatingIfNeeded: number))
            owners.remove(address)
        }
        if let ports = leg.pointee.ports { watch(ports, of: number) }
        seat(number)
    }

    /// Tells the control loop what each room costs.
    mutating func weigh(into weights: consuming [RoomWeight]) {
        let now = MonotonicClock.now
        for number in 0..<rooms.bound where rooms.isTaken(number) {
            let room = rooms[number]
            let time = max(now.nanoseconds - room.pointee.weighed.nanoseconds, 1)
            let cost = room.pointee.cost + Int64(room.pointee.packets) * Self.receiveCost
            var spread = 0
            for slot in 0..<room.pointee.seatCount where room.pointee.seats[slot].host >= 0 { spread += 1 }
            weights.append(RoomWeight(mix: room.pointee.id, cost: Int(cost * 1000 / time), spread: spread))
            room.pointee.weighed = now
            (room.pointee.cost, room.pointee.packets) = (0, 0)
        }
        notify(.weighed(worker: worker.index, weights))
    }
}
