import Media
import Primitives

extension WorkerLoop {
    /// Datagrams taken from one socket before the others get their turn.
    private static let burst = 64

    mutating func readShared(_ number: Int) {
        guard descriptors.indices.contains(number) else { return }
        let now = MonotonicClock.now
        for _ in 0..<WorkerLoop.burst {
            guard let (length, source) = descriptors[number].receive(into: buffer) else { return }
            dispatch(buffer, length, socket: number, source: source, at: now)
        }
    }

    /// What the first worker read for legs of this one.
    mutating func readRelayed() {
        while let (memory, label) = relays[worker.index].peek() {
            dispatch(
                memory, label.length, socket: label.socket, source: label.source,
                at: Instant(nanoseconds: label.arrival))
            relays[worker.index].pop()
        }
    }

    /// RFC 7983: what a datagram on the shared port is, by its first byte.
    private mutating func dispatch(
        _ memory: UnsafeMutableRawBufferPointer, _ length: Int, socket: Int, source: SocketAddress, at now: Instant
    ) {
        guard length > 0 else { return }
        switch memory[0] {
        case 0...3, 20...63:
            worker.pass(UnsafeRawBufferPointer(rebasing: memory[..<length]), socket, source, at: now)
        case 128...191:
            if let leg = addresses[source] {
                take(memory, length, leg: Int(leg), from: source, at: now)
            } else if worker.index == 0, let owner = owners[source], owner > 0, Int(owner) < relays.count,
                relays[Int(owner)].push(
                    UnsafeRawBufferPointer(rebasing: memory[..<length]), socket: socket, source: source,
                    arrival: now.nanoseconds)
            {
                wakeups[Int(owner)].ring()
            }
        default: break
        }
    }

    mutating func readOwn(_ number: Int, isRTCPPort: Bool) {
        guard legs.isTaken(number), let ports = legs[number].pointee.ports else { return }
        let now = MonotonicClock.now
        for _ in 0..<WorkerLoop.burst {
            guard let (length, source) = (isRTCPPort ? ports.rtcp : ports.rtp).receive(into: buffer) else { return }
            guard let kind = PacketKind(UnsafeRawBufferPointer(rebasing: buffer[..<length])),
                !isRTCPPort || kind == .rtcp
            else { continue }
            let isPeer =
                isRTCPPort
                ? legs[number].pointee.rtcp.accepts(source, at: now)
                : legs[number].pointee.rtp.accepts(source, at: now)
            if isPeer {
                take(buffer, length, leg: number, from: source, at: now)
            } else {
                refuse(number, source, at: now)
            }
        }
    }

    /// A packet of a leg: deciphered where it must be, then the mix's.
    private mutating func take(
        _ memory: UnsafeMutableRawBufferPointer, _ length: Int, leg: Int, from source: SocketAddress, at now: Instant
    ) {
        guard let room = legs[leg].pointee.room, let slot = legs[leg].pointee.slot,
            let kind = PacketKind(UnsafeRawBufferPointer(rebasing: memory[..<length]))
        else { return }
        var clear = length
        if legs[leg].pointee.security != nil {
            guard let plain = legs[leg].pointee.unprotect(memory, length, kind) else {
                return refuse(leg, source, at: now)
            }
            clear = plain
        } else if legs[leg].pointee.isShared {
            return
        }
        rooms[room].pointee.mix.receive(slot, UnsafeRawBufferPointer(rebasing: memory[..<clear]), at: now)
    }

    /// A packet that is not the leg's peer's is dropped; the control loop hears of it, not of each.
    private mutating func refuse(_ leg: Int, _ source: SocketAddress, at now: Instant) {
        if let count = legs[leg].pointee.refuse(at: now) {
            notify(.refused(legs[leg].pointee.id, count: count, last: source))
        }
    }
}
