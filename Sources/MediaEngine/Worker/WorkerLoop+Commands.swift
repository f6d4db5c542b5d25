import Conference
import Media
import MediaSecurity
import Primitives

extension WorkerLoop {
    mutating func obey(_ command: consuming WorkerCommand) {
        switch consume command {
        case .open(let id, let sockets): open(id, sockets)
        case .route(let id, let route):
            if let leg = legs.index(of: id) { self.route(leg, route) }
        case .secure(let id, let pair):
            if let leg = legs.index(of: id) { secure(leg, pair) }
        case .join(let id, let mix, let media):
            if let leg = legs.index(of: id) { join(leg, mix, media) }
        case .update(let id, let settings):
            if let leg = legs.index(of: id) { update(leg, settings) }
        case .leave(let id):
            if let leg = legs.index(of: id) { leave(leg) }
        case .park(let id):
            if let leg = legs.index(of: id) { park(leg) }
        case .voice(let id, let isMuted, let isDeaf):
            if let leg = legs.index(of: id) { setVoice(leg, isMuted: isMuted, isDeaf: isDeaf) }
        case .group(let id, let number):
            if let leg = legs.index(of: id) { setGroup(leg, number) }
        case .key(let id, let event):
            if let leg = legs.index(of: id) { press(event, for: leg) }
        case .play(let id, let recordings):
            if let leg = legs.index(of: id) { play(recordings, to: leg) }
        case .playToMix(let mix, let recordings): play(recordings, in: mix)
        case .relay(let mix, let isWanted): setRelays(isWanted, in: mix)
        case .capture(let id, let tape):
            if let leg = legs.index(of: id) { capture(leg, on: tape) }
        case .endCapture(let id):
            if let leg = legs.index(of: id) { endCapture(leg) }
        case .record(let mix, let tape): record(mix, on: tape)
        case .endRecording(let mix):
            if let room = rooms.index(of: mix) { rooms[room].pointee.mix.endRecording() }
        case .close(let id):
            if let leg = legs.index(of: id) { end(leg) }
        case .forward(let address, let worker):
            owners.set(address, Int32(truncatingIfNeeded: worker))
        case .forget(let address):
            owners.remove(address)
        case .depart(let departure):
            if !depart(departure) { departures.append(departure) }
        case .spread(let mix, let count, let host):
            if let room = rooms.index(of: mix) { spread(room, count, to: host) }
        case .gather(let mix, let count):
            if let room = rooms.index(of: mix) { gather(room, count) }
        case .listen(let since): findSilent(since: since)
        case .relays(let servers):
            relays = servers
        case .weigh(let weights):
            weigh(into: consume weights)
        case .stop:
            isStopping = true
        }
    }

    /// What came to the leg's ports so far is too old to be played.
    private mutating func open(_ id: LegID, _ sockets: LegSockets) {
        let leg = legs.add(WorkerLeg(id, sockets))
        legs[leg].pointee.outlet = outlets.add(Outlet(id, sockets))
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
            redirect(leg)
        case .selected(let socket, let remote):
            guard descriptors.indices.contains(socket) else { return }
            legs[leg].pointee.sharedSocket = socket
            legs[leg].pointee.channel = 0
            legs[leg].pointee.rtp.signal(remote)
            own(remote, leg)
            redirect(leg)
        case .relayed(let socket, let server, let channel):
            guard descriptors.indices.contains(socket) else { return }
            legs[leg].pointee.sharedSocket = socket
            legs[leg].pointee.channel = channel
            legs[leg].pointee.rtp.signal(server)
            redirect(leg)
        case .alias(let address):
            own(address, leg)
        case .handshakes: legs[leg].pointee.takesHandshakes = true
        case .notMine(let address):
            disown(address, leg)
        }
    }

    /// Packets from the address are the leg's from now on.
    mutating func own(_ address: SocketAddress, _ leg: Int) {
        addresses.set(address, Int32(truncatingIfNeeded: leg))
        if !legs[leg].pointee.addresses.contains(address) { legs[leg].pointee.addresses.append(address) }
    }

    mutating func disown(_ address: SocketAddress, _ leg: Int) {
        if addresses[address] == Int32(truncatingIfNeeded: leg) { addresses.remove(address) }
        legs[leg].pointee.addresses.removeAll { $0 == address }
    }

    /// Makes ready where the leg's packets go.
    mutating func redirect(_ leg: Int) {
        for kind in [PacketKind.rtp, .rtcp] {
            let destination = legs[leg].pointee.destination(kind, shared: descriptors)
            if let outlet = legs[leg].pointee.outlet {
                outlets[outlet].pointee.destination(kind).pointee = destination
            } else if let host = legs[leg].pointee.host, let guest = legs[leg].pointee.guest {
                links.give(.destination(kind, destination, number: guest), from: worker.index, to: host)
            }
        }
    }

    private mutating func secure(_ leg: Int, _ pair: consuming SRTPPair) {
        var pair = pair
        legs[leg].pointee.inbound = pair.inbound.take()
        // Without a new state for what is sent, the old one goes on.
        guard pair.outbound != nil else { return }
        if let outlet = legs[leg].pointee.outlet {
            outlets[outlet].pointee.security = pair.outbound.take()
        } else if let guest = legs[leg].pointee.guest, let session = pair.outbound.take() {
            rekey(guest, session, host: legs[leg].pointee.host)
        }
    }

    /// A leg that was in a mix before brings its media along: its sequence numbers must go on, as SRTP counts them.
    private mutating func join(_ leg: Int, _ mix: MixID, _ media: consuming MediaLeg) {
        let settings = media.settings
        var media = media
        if let old = withdraw(leg) ?? unpark(leg) { media = old }
        let room = rooms.room(of: mix, configuration, at: clock.now)
        touched.reserveCapacity(rooms.bound)
        guard let slot = rooms.add(media, to: room, at: clock.now) else { return notify(.failed(legs[leg].pointee.id)) }
        legs[leg].pointee.room = room
        legs[leg].pointee.slot = slot
        // What came between two mixes was not read.
        if legs[leg].pointee.heard != nil { legs[leg].pointee.heard = clock.now }
        seat(leg)
        update(leg, settings)
    }

    /// Tells the leg's room how its packets leave.
    func seat(_ number: Int) {
        let leg = legs[number]
        guard let room = leg.pointee.room, let slot = leg.pointee.slot else { return }
        var seat = Seat(leg: Int32(truncatingIfNeeded: number))
        if let outlet = leg.pointee.outlet { seat.outlet = outlets[outlet] }
        if let host = leg.pointee.host { seat.host = Int32(truncatingIfNeeded: host) }
        if let guest = leg.pointee.guest { seat.guest = Int32(truncatingIfNeeded: guest) }
        rooms[room].pointee.place(seat, in: slot)
    }

    private mutating func update(_ leg: Int, _ settings: LegMediaSettings) {
        guard let room = legs[leg].pointee.room, let slot = legs[leg].pointee.slot else { return }
        rooms.rouse(room, at: clock.now)
        do { try rooms[room].pointee.mix.update(slot, settings) } catch { notify(.failed(legs[leg].pointee.id)) }
    }

    mutating func leave(_ leg: Int) {
        guard let room = legs[leg].pointee.room, let slot = legs[leg].pointee.slot else { return }
        queue.begin(rooms[room].pointee.seats, count: rooms[room].pointee.seatCount)
        rooms[room].pointee.mix.sayGoodbye(slot, at: MonotonicClock.now, into: &queue)
        queue.flush()
        park(leg)
    }

    private mutating func park(_ leg: Int) {
        if let media = withdraw(leg) { legs[leg].pointee.parked = parked.add(media) }
    }

    /// Takes the leg's media out of the mix it is in.
    private mutating func withdraw(_ leg: Int) -> MediaLeg? {
        guard let room = legs[leg].pointee.room, let slot = legs[leg].pointee.slot else { return nil }
        legs[leg].pointee.statistics = rooms[room].pointee.mix.statistics(slot)
        legs[leg].pointee.room = nil
        legs[leg].pointee.slot = nil
        return rooms.remove(slot, from: room, at: clock.now)
    }

    mutating func unpark(_ leg: Int) -> MediaLeg? {
        guard let place = legs[leg].pointee.parked else { return nil }
        legs[leg].pointee.parked = nil
        return parked.remove(place)
    }

    private mutating func end(_ leg: Int) {
        leave(leg)
        _ = unpark(leg)
        if let ports = legs[leg].pointee.ports { unwatch(ports) }
        while let address = legs[leg].pointee.addresses.last { disown(address, leg) }
        if let outlet = legs[leg].pointee.outlet { _ = outlets.remove(outlet) }
        if let guest = legs[leg].pointee.guest { release(guest, host: legs[leg].pointee.host) }
        let (id, statistics) = (legs[leg].pointee.id, legs[leg].pointee.statistics)
        legs.remove(leg)
        notify(.closed(id, statistics))
    }
}
