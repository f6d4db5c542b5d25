import CLinux
import Conference
import Glibc
import Media
import Primitives

/// A media thread: owns whole rooms, sleeps in epoll, ticks every 20 ms while it has any. Lives and dies on its thread.
///
/// For each packet and tick nothing is allocated, locked or retained.
struct WorkerLoop: ~Copyable {
    let worker: MediaWorker
    /// The shared sockets of the ICE port, by index; the first worker alone reads them.
    let shared: [UDPSocket]
    let descriptors: [UDPDescriptor]
    /// From the first worker to each of the others, by index.
    let relays: [PacketRing]
    let wakeups: [Wakeup]
    private let epoll: Int32
    private var events = [epoll_event](repeating: epoll_event(), count: 64)
    private let timer = TickTimer()
    /// The next tick's; nil while there is no room.
    private var deadline: Instant?
    var isStopping = false
    var legs = WorkerLegs()
    var rooms = WorkerRooms()
    /// Media of legs that left a mix and may enter another.
    var parked = SlotTable<MediaLeg>()
    /// Peer's address to the leg, for the shared port.
    var addresses = AddressTable()
    /// Peer's address to the worker that owns its leg; on the first worker only.
    var owners = AddressTable()
    var batch = PacketBatch(capacity: 64)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: PacketRing.slotSize, alignment: 16)
    /// Notices that found the ring full and must not be lost.
    private var unsaid: [WorkerNotice] = []

    private enum Tag {
        static let wakeup: UInt64 = 0
        static let timer: UInt64 = 1
        static let shared: UInt64 = 1 << 32
        static let rtp: UInt64 = 2 << 32
        static let rtcp: UInt64 = 3 << 32
        static let kind: UInt64 = 0xffff_ffff << 32
    }

    /// Commands obeyed before packets and ticks get their turn.
    private static let commandBurst = 64
    /// Deadlines made up for after the thread was kept from running; older ones are let go.
    private static let catchUp = 5

    /// - Parameters:
    ///   - shared: the sockets of the ICE port, the same for every worker.
    ///   - relays: rings from the first worker, one a worker, by index.
    ///   - wakeups: one a worker, by index.
    init(_ worker: MediaWorker, shared: [UDPSocket], relays: [PacketRing], wakeups: [Wakeup]) {
        self.worker = worker
        self.shared = shared
        descriptors = shared.map(\.descriptor)
        self.relays = relays
        self.wakeups = wakeups
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        watch(worker.wakeup.descriptor, Tag.wakeup)
        watch(timer.descriptor, Tag.timer)
        guard worker.index == 0 else { return }
        for (number, socket) in descriptors.enumerated() { watch(socket.number, Tag.shared | UInt64(number)) }
    }

    deinit {
        close(epoll)
        buffer.deallocate()
    }

    /// The thread's whole life.
    mutating func run() {
        while !isStopping {
            let count = epoll_wait(epoll, &events, Int32(events.count), unsaid.isEmpty ? -1 : 20)
            if count < 0, errno != EINTR { return }
            // Packets before the tick that plays them.
            var isDue = false
            for position in 0..<max(Int(count), 0) {
                let tag = events[position].data.u64
                if tag == Tag.timer { isDue = true } else { serve(tag) }
            }
            if isDue { tickAll() }
            notifyAgain()
        }
    }

    /// A leg's number may be another leg's by now, when an event and a command come together: then its socket is looked
    /// at in vain.
    private mutating func serve(_ tag: UInt64) {
        let number = Int(truncatingIfNeeded: tag & 0xffff_ffff)
        switch tag & Tag.kind {
        case Tag.shared: readShared(number)
        case Tag.rtp: readOwn(number, isRTCPPort: false)
        case Tag.rtcp: readOwn(number, isRTCPPort: true)
        default:
            worker.wakeup.clear()
            readRelayed()
            for _ in 0..<WorkerLoop.commandBurst {
                guard let command = worker.nextCommand() else { return }
                obey(command)
            }
            worker.wakeup.ring()
        }
    }

    func watch(_ ports: (rtp: UDPDescriptor, rtcp: UDPDescriptor), of leg: Int) {
        watch(ports.rtp.number, Tag.rtp | UInt64(leg))
        watch(ports.rtcp.number, Tag.rtcp | UInt64(leg))
    }

    func unwatch(_ ports: (rtp: UDPDescriptor, rtcp: UDPDescriptor)) {
        epoll_ctl(epoll, EPOLL_CTL_DEL, ports.rtp.number, nil)
        epoll_ctl(epoll, EPOLL_CTL_DEL, ports.rtcp.number, nil)
    }

    private func watch(_ descriptor: Int32, _ tag: UInt64) {
        var event = epoll_event()
        event.events = EPOLLIN.rawValue
        event.data.u64 = tag
        epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event)
    }

    /// Media events may be lost when the control loop does not keep up; that a leg is closed may not.
    mutating func notify(_ notice: WorkerNotice) {
        if unsaid.isEmpty, worker.notify(notice) { return }
        if case .closed = notice { unsaid.append(notice) }
    }

    mutating func notifyAgain() {
        guard !unsaid.isEmpty else { return }
        var said = 0
        while said < unsaid.count, worker.notify(unsaid[said]) { said += 1 }
        unsaid.removeFirst(said)
    }

    // MARK: Time

    /// Ticks from the first room to the last.
    mutating func fitTimer() {
        if rooms.isEmpty {
            timer.stop()
            deadline = nil
        } else if deadline == nil {
            deadline = timer.start(at: MonotonicClock.now)
        }
    }

    /// A tick for each deadline that has passed, at the time it was due.
    private mutating func tickAll() {
        let passed = Int(clamping: timer.expirations())
        guard passed > 0, var due = deadline else { return }
        let missed = max(passed - WorkerLoop.catchUp, 0)
        if missed > 0 {
            skip(missed)
            due += TickTimer.interval * missed
        }
        for _ in missed..<passed {
            tick(due)
            due += TickTimer.interval
        }
        deadline = due
    }
}
