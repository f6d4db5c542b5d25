import Media
import MediaSecurity

/// A room too big for its thread has other threads protect and send for some of its legs.
extension WorkerLoop {
    /// Gives the outlets of so many more legs of a room to another worker.
    mutating func spread(_ room: Int, _ count: Int, to host: Int) {
        guard host >= 0, host < links.count, host != worker.index else { return }
        var left = count
        for slot in 0..<rooms[room].pointee.seatCount where left > 0 {
            guard let leg = rooms[room].pointee.leg(in: slot), let number = legs[leg].pointee.outlet,
                let outlet = outlets.remove(number)
            else { continue }
            let guest = guests.add(leg, host: host)
            legs[leg].pointee.outlet = nil
            legs[leg].pointee.host = host
            legs[leg].pointee.guest = guest
            seat(leg)
            links.give(.outlet(outlet, number: guest), from: worker.index, to: host)
            left -= 1
        }
    }

    /// Calls the outlets of so many legs back; what they have to send meanwhile is held.
    mutating func gather(_ room: Int, _ count: Int) {
        var left = count
        for slot in 0..<rooms[room].pointee.seatCount where left > 0 {
            guard let leg = rooms[room].pointee.leg(in: slot), recall(leg) else { continue }
            left -= 1
        }
    }

    /// False when the leg's outlet is here, or on its way back already.
    @discardableResult
    mutating func recall(_ leg: Int) -> Bool {
        guard let host = legs[leg].pointee.host, let guest = legs[leg].pointee.guest else { return false }
        legs[leg].pointee.host = nil
        seat(leg)
        mark(.recall, guest, host)
        return true
    }

    /// The leg is over. Its last packets are in the ring before this.
    mutating func release(_ guest: Int, host: Int?) {
        guests[guest].pointee.leg = nil
        if let host { mark(.release, guest, host) }
    }

    /// New keys for an outlet that is elsewhere.
    mutating func rekey(_ guest: Int, _ session: consuming SRTPSession, host: Int?) {
        if let host {
            links.give(.keys(session, number: guest), from: worker.index, to: host)
        } else {
            guests[guest].pointee.keys = consume session
        }
    }

    /// Says something about an outlet behind its packets.
    private mutating func mark(_ kind: WorkerRing.Kind, _ number: Int, _ host: Int) {
        let label = WorkerRing.Label(length: 0, number: Int32(truncatingIfNeeded: number), kind: kind)
        if links.push(UnsafeRawBufferPointer(start: nil, count: 0), label, from: worker.index, to: host) {
            queue.wake(host)
        } else {
            guests.unsaid.append((kind, number, host))
            // The host is behind; when this thread wakes again, so will it be less.
            worker.wakeup.ring()
        }
    }

    mutating func repeatMarks() {
        guard !guests.unsaid.isEmpty else { return }
        let marks = guests.unsaid
        guests.unsaid = []
        for (kind, number, host) in marks { mark(kind, number, host) }
    }

    // MARK: For others

    /// Something for an outlet that this worker keeps for another.
    mutating func take(_ parcel: consuming WorkerParcel, from other: Int) {
        switch consume parcel {
        case .move(let moving): arrive(moving)
        case .outlet(let outlet, let number): hosted.set(outlets.add(outlet), of: other, number)
        case .keys(let session, let number):
            if let outlet = hosted.outlet(of: other, number) { outlets[outlet].pointee.security = consume session }
        case .destination(let kind, let destination, let number):
            if let outlet = hosted.outlet(of: other, number) {
                outlets[outlet].pointee.destination(kind).pointee = destination
            }
        case .returned(let outlet, let number): takeBack(outlet, number)
        case .released(let number): guests.remove(number)
        }
    }

    /// A packet, or a word, for an outlet that this worker keeps for another.
    mutating func serve(
        _ memory: UnsafeMutableRawBufferPointer, _ label: WorkerRing.Label, from other: Int
    ) {
        let number = Int(label.number)
        if hosted.outlet(of: other, number) == nil || label.kind == .recall { takeParcels(from: other) }
        guard let place = hosted.outlet(of: other, number) else { return }
        switch label.kind {
        case .rtp: queue.send(memory, Int(label.length), .rtp, by: outlets[place])
        case .rtcp: queue.send(memory, Int(label.length), .rtcp, by: outlets[place])
        case .recall, .release:
            queue.sendRun()
            hosted.set(nil, of: other, number)
            guard let outlet = outlets.remove(place) else { return }
            if label.kind == .recall {
                links.give(.returned(outlet, number: number), from: worker.index, to: other)
            } else {
                links.give(.released(number: number), from: worker.index, to: other)
            }
        case .received, .skip: break
        }
    }

    /// An outlet of a leg of this worker is back: what was held goes first.
    private mutating func takeBack(_ outlet: consuming Outlet, _ guest: Int) {
        guard guests.isTaken(guest) else { return }
        let place = outlets.add(outlet)
        if let keys = guests[guest].pointee.keys.take() { outlets[place].pointee.security = consume keys }
        let leg = guests[guest].pointee.leg
        if let leg {
            legs[leg].pointee.outlet = place
            legs[leg].pointee.guest = nil
            redirect(leg)
            seat(leg)
        }
        queue.sendHeld(of: guest, by: outlets[place])
        guests.remove(guest)
        if leg == nil { _ = outlets.remove(place) }
        let waiting = departures
        departures = []
        for departure in waiting where !depart(departure) { departures.append(departure) }
    }
}
