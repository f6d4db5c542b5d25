import Conference
import Media
import Primitives

extension WorkerLoop {
    mutating func obey(_ command: consuming WorkerCommand) {
        switch consume command {
        case .open(let id, let sockets): open(id, sockets)
        case .route(let id, let route):
            if let leg = legs.index(of: id) { self.route(leg, route) }
        case .secure(let id, let pair):
            if let leg = legs.index(of: id) { legs[leg].pointee.security = consume pair }
        case .join(let id, let mix, let media):
            if let leg = legs.index(of: id) { join(leg, mix, media) }
        case .update(let id, let settings):
            if let leg = legs.index(of: id), let room = legs[leg].pointee.room, let slot = legs[leg].pointee.slot {
                try? rooms[room].pointee.mix.update(slot, settings)
            }
        case .leave(let id):
            if let leg = legs.index(of: id) { leave(leg) }
        case .close(let id):
            if let leg = legs.index(of: id) { end(leg) }
        case .forward(let address, let worker):
            owners.set(address, Int32(worker))
        case .forget(let address):
            owners.remove(address)
        case .stop:
            isStopping = true
        }
    }

    /// What came to the leg's ports so far is too old to be played.
    private mutating func open(_ id: LegID, _ sockets: LegSockets) {
        let leg = legs.add(WorkerLeg(id, sockets))
        guard let ports = legs[leg].pointee.ports else { return }
        ports.rtp.discard()
        ports.rtcp.discard()
        watch(ports, of: leg)
    }

    private mutating func route(_ leg: Int, _ route: LegRoute) {
        switch route {
        case .signalled(let rtp, let rtcp):
            legs[leg].pointee.rtp.signal(rtp)
            legs[leg].pointee.isMuxed = rtcp == nil
            if let rtcp { legs[leg].pointee.rtcp.signal(rtcp) }
        case .selected(let socket, let remote):
            guard descriptors.indices.contains(socket) else { return }
            legs[leg].pointee.sharedSocket = socket
            legs[leg].pointee.rtp.signal(remote)
            addresses.set(remote, Int32(leg))
        case .alias(let address):
            addresses.set(address, Int32(leg))
        case .notMine(let address):
            if addresses[address] == Int32(leg) { addresses.remove(address) }
        }
    }

    /// A leg that was in a mix before brings its media along: its sequence numbers must go on, as SRTP counts them.
    private mutating func join(_ leg: Int, _ mix: MixID, _ media: consuming MediaLeg) {
        let settings = media.settings
        var media = media
        if let old = withdraw(leg) ?? unpark(leg) { media = old }
        if let (room, slot) = rooms.add(media, of: leg, to: mix) {
            try? rooms[room].pointee.mix.update(slot, settings)
            legs[leg].pointee.room = room
            legs[leg].pointee.slot = slot
            makeRoom(for: room)
        }
        fitTimer()
    }

    private mutating func leave(_ leg: Int) {
        guard let room = legs[leg].pointee.room, let slot = legs[leg].pointee.slot else { return }
        rooms[room].pointee.mix.sayGoodbye(slot, at: MonotonicClock.now, into: &batch)
        send(from: room)
        if let media = withdraw(leg) { legs[leg].pointee.parked = parked.add(media) }
        fitTimer()
    }

    /// Takes the leg's media out of the mix it is in.
    private mutating func withdraw(_ leg: Int) -> MediaLeg? {
        guard let room = legs[leg].pointee.room, let slot = legs[leg].pointee.slot else { return nil }
        legs[leg].pointee.statistics = rooms[room].pointee.mix.statistics(slot)
        legs[leg].pointee.room = nil
        legs[leg].pointee.slot = nil
        return rooms.remove(slot, from: room)
    }

    private mutating func unpark(_ leg: Int) -> MediaLeg? {
        guard let place = legs[leg].pointee.parked else { return nil }
        legs[leg].pointee.parked = nil
        return parked.remove(place)
    }

    private mutating func end(_ leg: Int) {
        leave(leg)
        _ = unpark(leg)
        if let ports = legs[leg].pointee.ports { unwatch(ports) } else { addresses.removeAll(of: Int32(leg)) }
        let (id, statistics) = (legs[leg].pointee.id, legs[leg].pointee.statistics)
        legs.remove(leg)
        notify(.closed(id, statistics))
    }
}
