import Media
import Primitives

extension WorkerLoop {
    mutating func tick(_ now: Instant) {
        for room in 0..<rooms.capacity where rooms.isTaken(room) {
            rooms[room].pointee.mix.tick(now, into: &batch)
            send(from: room)
            while let (slot, event) = rooms[room].pointee.mix.nextEvent() {
                if let leg = rooms[room].pointee.leg(in: slot) { notify(.event(legs[leg].pointee.id, event)) }
            }
        }
    }

    /// Deadlines that passed unused: the legs' clocks go on.
    mutating func skip(_ ticks: Int) {
        for room in 0..<rooms.capacity where rooms.isTaken(room) { rooms[room].pointee.mix.skip(ticks) }
    }

    /// A leg has at most one packet of each kind in a tick.
    mutating func makeRoom(for room: Int) {
        let needed = rooms[room].pointee.mix.capacity * 2
        if batch.capacity < needed { batch = PacketBatch(capacity: needed) }
    }

    /// Sends what a room put into the batch.
    mutating func send(from room: Int) {
        for position in 0..<batch.count {
            let entry = batch[position]
            guard let leg = rooms[room].pointee.leg(in: entry.slot) else { continue }
            var length = entry.length
            if legs[leg].pointee.security != nil {
                guard let protected = legs[leg].pointee.protect(entry.memory, length, entry.kind) else { continue }
                length = protected
            } else if legs[leg].pointee.isShared {
                continue
            }
            send(UnsafeRawBufferPointer(rebasing: entry.memory[..<length]), leg: leg, kind: entry.kind)
        }
        batch.removeAll()
    }

    private func send(_ packet: UnsafeRawBufferPointer, leg: Int, kind: PacketKind) {
        if let ports = legs[leg].pointee.ports {
            if kind == .rtp || legs[leg].pointee.isMuxed {
                if let remote = legs[leg].pointee.rtp.destination { ports.rtp.send(packet, to: remote) }
            } else if let remote = legs[leg].pointee.rtcp.destination {
                ports.rtcp.send(packet, to: remote)
            }
        } else if let socket = legs[leg].pointee.sharedSocket, let remote = legs[leg].pointee.rtp.destination {
            descriptors[socket].send(packet, to: remote)
        }
    }
}
