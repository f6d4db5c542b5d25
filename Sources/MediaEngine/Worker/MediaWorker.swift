import CLinux
import Conference
import Glibc
import Media
import Primitives
import Synchronization

/// A media thread: owns whole rooms, sleeps in epoll, ticks every 20 ms while it has any.
///
/// `@unchecked Sendable`: everything below `// MARK: Thread` is touched by the thread alone; the rings and the wake-up
/// are made for two threads.
final class MediaWorker: @unchecked Sendable {
    let index: Int
    /// Control loop to thread.
    private let commands = SPSCRing<WorkerCommand>(capacity: 4096)
    /// Thread to control loop.
    private let notices = SPSCRing<WorkerNotice>(capacity: 4096)
    /// STUN and DTLS on their way to the control loop.
    private let handshakes = PacketRing(capacity: 1024)
    /// Rung by the control loop after commands, and by the first worker after relayed packets.
    private let wakeup: Wakeup
    private let bell: ControlBell

    // MARK: Thread

    /// The shared sockets of the ICE port, by index; the first worker alone reads them.
    private let shared: [UDPSocket]
    /// From the first worker to each of the others, by index.
    private let relays: [PacketRing]
    private let wakeups: [Wakeup]
    private let epoll: Int32
    private var timer = TickTimer()
    private var isTicking = false
    private var isStopping = false
    private var legs = WorkerLegs()
    private var rooms = WorkerRooms()
    /// Peer's address to the leg, for the shared port.
    private var addresses = AddressTable()
    /// Peer's address to the worker that owns its leg; on the first worker only.
    private var owners = AddressTable()
    private var batch = PacketBatch(capacity: 256)
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: PacketRing.slotSize, alignment: 16)

    private enum Tag {
        static let wakeup: UInt64 = 0
        static let timer: UInt64 = 1
        static let shared: UInt64 = 1 << 32
        static let rtp: UInt64 = 2 << 32
        static let rtcp: UInt64 = 3 << 32
        static let kind: UInt64 = 0xffff_ffff << 32
    }

    /// Datagrams taken from one socket before the others get their turn.
    private static let burst = 64
    /// Deadlines made up for after the thread was kept from running; older ones are let go.
    private static let catchUp: UInt64 = 5

    /// - Parameters:
    ///   - shared: the sockets of the ICE port, the same for every worker.
    ///   - relays: rings from the first worker, one a worker, by index.
    ///   - wakeups: one a worker, by index.
    init(index: Int, shared: [UDPSocket], relays: [PacketRing], wakeups: [Wakeup], bell: ControlBell) {
        self.index = index
        self.shared = shared
        self.relays = relays
        self.wakeups = wakeups
        self.bell = bell
        wakeup = wakeups[index]
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        watch(wakeup.descriptor, Tag.wakeup)
        watch(timer.descriptor, Tag.timer)
        if index == 0 {
            for (number, socket) in shared.enumerated() { watch(socket.descriptor, Tag.shared | UInt64(number)) }
        }
    }

    deinit {
        close(epoll)
        buffer.deallocate()
    }

    // MARK: Control loop

    /// False when the thread has fallen so far behind that its ring is full.
    func tell(_ command: consuming WorkerCommand) -> Bool {
        let taken = commands.push(command)
        wakeup.ring()
        return taken
    }

    func nextNotice() -> WorkerNotice? { notices.pop() }

    /// Hands the oldest STUN or DTLS datagram to `body`.
    func nextHandshake(_ body: (UnsafeMutableRawBufferPointer, PacketRing.Label) -> Void) -> Bool {
        handshakes.pop(body)
    }

    // MARK: Thread

    /// The thread's whole life.
    func run() {
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        while !isStopping {
            let count = epoll_wait(epoll, &events, Int32(events.count), -1)
            if count < 0, errno != EINTR { return }
            for position in 0..<max(Int(count), 0) { serve(events[position].data.u64) }
        }
    }

    private func serve(_ tag: UInt64) {
        let number = Int(truncatingIfNeeded: tag & 0xffff_ffff)
        switch tag & Tag.kind {
        case Tag.shared: readShared(number)
        case Tag.rtp: readOwn(number, isRTCPPort: false)
        case Tag.rtcp: readOwn(number, isRTCPPort: true)
        default:
            if tag == Tag.timer {
                let due = min(timer.expirations(), MediaWorker.catchUp)
                for _ in 0..<due { tick() }
            } else {
                wakeup.clear()
                while relays[index].pop({ [self] bytes, label in
                    dispatch(
                        UnsafeMutableRawBufferPointer(rebasing: bytes[..<PacketRing.slotSize]), label.length,
                        socket: label.socket, source: label.source, at: Instant(nanoseconds: label.arrival))
                }) {}
                while let command = commands.pop() { obey(command) }
            }
        }
    }

    private func watch(_ descriptor: Int32, _ tag: UInt64) {
        var event = epoll_event()
        event.events = EPOLLIN.rawValue
        event.data.u64 = tag
        epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event)
    }

    private func unwatch(_ descriptor: Int32) { epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil) }

    private func notify(_ notice: WorkerNotice) {
        _ = notices.push(notice)
        bell.ring()
    }
}

// MARK: - Packets in

extension MediaWorker {
    private func readShared(_ number: Int) {
        let now = MonotonicClock.now
        for _ in 0..<MediaWorker.burst {
            guard let (length, source) = shared[number].receive(into: buffer) else { return }
            dispatch(buffer, length, socket: number, source: source, at: now)
        }
    }

    /// RFC 7983: what a datagram on the shared port is, by its first byte.
    private func dispatch(
        _ memory: UnsafeMutableRawBufferPointer, _ length: Int, socket: Int, source: SocketEndpoint, at now: Instant
    ) {
        guard length > 0 else { return }
        switch memory[0] {
        case 0...3, 20...63:
            if handshakes.push(
                UnsafeRawBufferPointer(rebasing: memory[..<length]), socket: socket, source: source,
                arrival: now.nanoseconds)
            {
                bell.ring()
            }
        case 128...191:
            if let leg = addresses[source.address] {
                take(memory, length, leg: Int(leg), at: now)
            } else if index == 0, let owner = owners[source.address], owner != 0, Int(owner) < relays.count,
                relays[Int(owner)].push(
                    UnsafeRawBufferPointer(rebasing: memory[..<length]), socket: socket, source: source,
                    arrival: now.nanoseconds)
            {
                wakeups[Int(owner)].ring()
            }
        default: break
        }
    }

    private func readOwn(_ number: Int, isRTCPPort: Bool) {
        let now = MonotonicClock.now
        for _ in 0..<MediaWorker.burst {
            guard legs.isTaken(number), case .own(let rtp, let rtcp) = legs[number].sockets,
                let (length, source) = (isRTCPPort ? rtcp : rtp).receive(into: buffer)
            else { return }
            guard length > 0, 128...191 ~= buffer[0] else { continue }
            let isPeer =
                isRTCPPort
                ? legs[number].rtcp.accepts(source.address, at: now)
                : legs[number].rtp.accepts(source.address, at: now)
            if isPeer { take(buffer, length, leg: number, at: now) }
        }
    }

    /// A packet of a leg: deciphered where it must be, then the mix's.
    private func take(_ memory: UnsafeMutableRawBufferPointer, _ length: Int, leg: Int, at now: Instant) {
        guard let room = legs[leg].room, let slot = legs[leg].slot,
            let kind = PacketKind(UnsafeRawBufferPointer(rebasing: memory[..<length]))
        else { return }
        var clear = length
        if legs[leg].security != nil {
            guard let plain = legs[leg].unprotect(memory, length, kind) else { return }
            clear = plain
        } else if legs[leg].isShared {
            return
        }
        rooms[room].mix.receive(slot, UnsafeRawBufferPointer(rebasing: memory[..<clear]), at: now)
    }
}

// MARK: - Packets out

extension MediaWorker {
    private func tick() {
        let now = MonotonicClock.now
        for room in 0..<rooms.capacity where rooms.isTaken(room) {
            if batch.capacity < rooms[room].mix.count * 3 {
                batch = PacketBatch(capacity: rooms[room].mix.count * 4)
            }
            rooms[room].mix.tick(now, into: &batch)
            send(from: room)
            while let (slot, event) = rooms[room].mix.nextEvent() {
                if let leg = rooms[room].leg(in: slot) { notify(.event(legs[leg].id, event)) }
            }
        }
    }

    private func send(from room: Int) {
        for position in 0..<batch.count {
            let entry = batch[position]
            guard let leg = rooms[room].leg(in: entry.slot) else { continue }
            var length = entry.length
            if legs[leg].security != nil {
                guard let protected = legs[leg].protect(entry.memory, length, entry.kind) else { continue }
                length = protected
            } else if legs[leg].isShared {
                continue
            }
            send(UnsafeRawBufferPointer(rebasing: entry.memory[..<length]), leg: leg, kind: entry.kind)
        }
        batch.removeAll()
    }

    private func send(_ packet: UnsafeRawBufferPointer, leg: Int, kind: PacketKind) {
        switch legs[leg].sockets {
        case .own(let rtp, let rtcp):
            guard let media = legs[leg].rtp.destination else { return }
            if kind == .rtp {
                rtp.send(packet, to: SocketEndpoint(media))
            } else if let control = legs[leg].rtcp.destination {
                (control == media ? rtp : rtcp).send(packet, to: SocketEndpoint(control))
            }
        case .shared:
            guard let socket = legs[leg].sharedSocket, let remote = legs[leg].rtp.destination else { return }
            shared[socket].send(packet, to: SocketEndpoint(remote))
        }
    }
}

// MARK: - Commands

extension MediaWorker {
    private func obey(_ command: consuming WorkerCommand) {
        switch consume command {
        case .open(let id, let sockets):
            let leg = legs.add(WorkerLeg(id, sockets))
            if case .own(let rtp, let rtcp) = sockets {
                watch(rtp.descriptor, Tag.rtp | UInt64(leg))
                watch(rtcp.descriptor, Tag.rtcp | UInt64(leg))
            }
        case .route(let id, let route):
            if let leg = legs.index(of: id) { self.route(leg, route) }
        case .secure(let id, let pair):
            if let leg = legs.index(of: id) { legs[leg].security = consume pair }
        case .join(let id, let mix, let media):
            if let leg = legs.index(of: id) { join(leg, mix, media) }
        case .update(let id, let settings):
            if let leg = legs.index(of: id), let room = legs[leg].room, let slot = legs[leg].slot {
                try? rooms[room].mix.update(slot, settings)
            }
        case .leave(let id):
            if let leg = legs.index(of: id) { _ = leave(leg) }
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

    private func route(_ leg: Int, _ route: LegRoute) {
        switch route {
        case .signalled(let rtp, let rtcp):
            legs[leg].rtp.signal(rtp)
            legs[leg].rtcp.signal(rtcp)
        case .selected(let socket, let remote):
            guard shared.indices.contains(socket) else { return }
            legs[leg].sharedSocket = socket
            legs[leg].rtp.signal(remote)
            addresses.set(remote, Int32(leg))
        case .alias(let address):
            addresses.set(address, Int32(leg))
        }
    }

    private func join(_ leg: Int, _ mix: MixID, _ media: consuming MediaLeg) {
        _ = leave(leg)
        guard let (room, slot, moved) = rooms.add(media, of: leg, to: mix) else { return }
        for (other, place) in moved { legs[other].slot = place }
        legs[leg].room = room
        legs[leg].slot = slot
        if !isTicking {
            timer.start(at: MonotonicClock.now)
            isTicking = true
        }
    }

    private func leave(_ leg: Int) -> LegStatistics? {
        guard let room = legs[leg].room, let slot = legs[leg].slot else { return nil }
        let statistics = rooms[room].mix.statistics(slot)
        rooms[room].mix.sayGoodbye(slot, at: MonotonicClock.now, into: &batch)
        send(from: room)
        rooms.remove(slot, from: room)
        legs[leg].room = nil
        legs[leg].slot = nil
        if rooms.isEmpty, isTicking {
            timer.stop()
            isTicking = false
        }
        return statistics
    }

    private func end(_ leg: Int) {
        let statistics = leave(leg)
        if case .own(let rtp, let rtcp) = legs[leg].sockets {
            unwatch(rtp.descriptor)
            unwatch(rtcp.descriptor)
        } else {
            addresses.removeAll(of: Int32(leg))
        }
        let id = legs[leg].id
        legs.remove(leg)
        notify(.closed(id, statistics))
    }
}
