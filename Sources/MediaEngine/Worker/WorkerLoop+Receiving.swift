import Conference
import ICE
import Media
import Primitives

extension WorkerLoop {
    /// Calls for datagrams of a socket before the others get their turn.
    private static let bursts = 4

    mutating func readShared(_ number: Int) {
        guard descriptors.indices.contains(number) else { return }
        for _ in 0..<WorkerLoop.bursts {
            let count = burst.receive(from: descriptors[number])
            for index in 0..<count {
                guard let (memory, length, source, stamp) = burst[index] else { continue }
                dispatch(memory, length, socket: number, source: source, at: clock.instant(stamp))
            }
            if count < DatagramBurst.capacity { return }
        }
    }

    /// RFC 7983: what a datagram on the shared port is, by its first byte.
    private mutating func dispatch(
        _ memory: UnsafeMutableRawBufferPointer, _ length: Int, socket: Int, source: SocketAddress, at arrival: Instant
    ) {
        guard length > 0 else { return }
        switch memory[0] {
        case 0...3, 20...63:
            worker.pass(UnsafeRawBufferPointer(rebasing: memory[..<length]), socket, source, at: arrival)
        case 128...191:
            _ = direct(memory, length, socket: socket, source: source, at: arrival)
        case 64...79:
            unwrap(memory, length, socket: socket, source: source, at: arrival)
        default: break
        }
    }

    /// ChannelData of a TURN server (RFC 8656 section 12.4): media of the leg that has the channel; all else is for the
    /// control loop as it is.
    private mutating func unwrap(
        _ memory: UnsafeMutableRawBufferPointer, _ length: Int, socket: Int, source: SocketAddress, at arrival: Instant
    ) {
        guard length > ChannelData.headerSize, let relay = relays.firstIndex(of: source) else { return }
        let channel = UInt16(memory[0]) << 8 | UInt16(memory[1])
        let size = Int(memory[2]) << 8 | Int(memory[3])
        guard size > 0, size <= length - ChannelData.headerSize else { return }
        let rest = UnsafeMutableRawBufferPointer(rebasing: memory[ChannelData.headerSize...])
        guard 128...191 ~= rest[0] else {
            return worker.pass(UnsafeRawBufferPointer(rebasing: memory[..<length]), socket, source, at: arrival)
        }
        _ = direct(rest, size, socket: socket, source: .channel(channel, relay: relay), at: arrival)
    }

    /// Media from the shared port: of a leg that is here, or of one that another worker has.
    /// - Returns: false when it is nobody's.
    mutating func direct(
        _ memory: UnsafeMutableRawBufferPointer, _ length: Int, socket: Int, source: SocketAddress, at arrival: Instant
    ) -> Bool {
        if let leg = addresses[source] {
            take(memory, length, leg: Int(leg), from: source, at: arrival)
            return true
        }
        guard let owner = owners[source] else { return false }
        let label = WorkerRing.Label(
            length: 0, number: Int32(truncatingIfNeeded: socket), kind: .received, arrival: arrival.nanoseconds,
            source: source)
        let packet = UnsafeRawBufferPointer(rebasing: memory[..<length])
        if links.push(packet, label, from: worker.index, to: Int(owner)) { queue.wake(Int(owner)) }
        return true
    }

    /// One datagram: while there are more, epoll says so again, and the others had their turn.
    /// - Returns: whether there was one.
    @discardableResult mutating func readOwn(_ number: Int, isRTCPPort: Bool) -> Bool {
        guard legs.isTaken(number), let ports = legs[number].pointee.ports,
            case .datagram(let length, let source, let stamp) = (isRTCPPort ? ports.rtcp : ports.rtp).receive(
                into: buffer)
        else { return false }
        if length > 0, 20...63 ~= buffer[0], legs[number].pointee.takesHandshakes {
            worker.pass(
                UnsafeRawBufferPointer(rebasing: buffer[..<length]), of: legs[number].pointee.id.value,
                isRTCPPort: isRTCPPort, source, at: clock.instant(stamp))
            return true
        }
        guard let kind = PacketKind(UnsafeRawBufferPointer(rebasing: buffer[..<length])), !isRTCPPort || kind == .rtcp
        else { return true }
        let arrival = clock.instant(stamp)
        let leg = legs[number]
        let isPeer =
            isRTCPPort
            ? leg.pointee.rtcp.accepts(source, at: arrival) : leg.pointee.rtp.accepts(source, at: arrival)
        guard isPeer else {
            refuse(number, source, at: arrival)
            return true
        }
        if isRTCPPort ? leg.pointee.rtcp.takeMove() : leg.pointee.rtp.takeMove() { redirect(number) }
        take(buffer, length, leg: number, from: source, at: arrival)
        return true
    }

    /// Before a tick, while the silent take their turns: who is heard is read first, so that the room hears them in time.
    mutating func readAwake(_ room: Int) {
        var place = 0
        while place < rooms[room].pointee.mix.awakeCount {
            let slot = rooms[room].pointee.mix.awakeSlot(place)
            place += 1
            guard let leg = rooms[room].pointee.leg(in: slot) else { continue }
            var left = WorkerLoop.bursts
            while left > 0, readOwn(leg, isRTCPPort: false) { left -= 1 }
        }
    }

    /// A packet of a leg: deciphered where it must be, then the mix's.
    private mutating func take(
        _ memory: UnsafeMutableRawBufferPointer, _ length: Int, leg number: Int, from source: SocketAddress,
        at arrival: Instant
    ) {
        let leg = legs[number]
        guard let room = leg.pointee.room, let slot = leg.pointee.slot,
            let kind = PacketKind(UnsafeRawBufferPointer(rebasing: memory[..<length]))
        else { return }
        var clear = length
        if leg.pointee.inbound != nil {
            guard let plain = leg.pointee.unprotect(memory, length, kind) else {
                return refuse(number, source, at: arrival)
            }
            clear = plain
        } else if leg.pointee.isShared {
            return
        }
        leg.pointee.heard = arrival
        let target = rooms[room]
        target.pointee.packets &+= 1
        // One that lay in its socket while the tick was made that it came in time for, came late.
        let arrival = target.pointee.ticked > arrival ? clock.now : arrival
        let mayBeReady = hand(
            UnsafeRawBufferPointer(rebasing: memory[..<clear]), to: room, slot: slot, at: arrival)
        if mayBeReady || target.pointee.isDozing && !target.pointee.mix.isIdle { touch(room) }
    }

    /// Tells of the legs that sent once, and nothing since.
    mutating func findSilent(since: Instant) {
        for number in 0..<legs.bound where legs.isTaken(number) {
            let leg = legs[number]
            if leg.pointee.room != nil, let heard = leg.pointee.heard, heard < since { notify(.silent(leg.pointee.id)) }
        }
    }

    /// A packet that is not the leg's peer's is dropped; the control loop hears of it, not of each.
    private mutating func refuse(_ leg: Int, _ source: SocketAddress, at arrival: Instant) {
        if let count = legs[leg].pointee.refuse(at: arrival) {
            notify(.refused(legs[leg].pointee.id, count: count, last: source))
        }
    }
}
