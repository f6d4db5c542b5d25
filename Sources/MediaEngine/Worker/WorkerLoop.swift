import CLinux
import Conference
import Glibc
import Media
import Primitives

/// A media thread: owns whole rooms, sleeps in epoll until packets come or the next deadline does, and ticks each room
/// every 20 ms. Lives and dies on its thread.
///
/// For each packet and tick nothing is allocated, locked or retained.
struct WorkerLoop: ~Copyable {
    let worker: MediaWorker
    /// The shared sockets of the ICE port, by index; the first worker alone reads them.
    let shared: [UDPSocket]
    let descriptors: [UDPDescriptor]
    /// To and from the other workers.
    let links: WorkerLinks
    let configuration: MixConfiguration
    let epoll: Int32
    private let events: UnsafeMutablePointer<epoll_event>
    private let eventCount: Int
    /// Whether more sockets may wait to be read than were.
    var isBehind = false
    var clock = ArrivalClock()
    private var pace = WakePace()
    var isStopping = false
    var legs = WorkerLegs()
    var outlets = SlotTable<Outlet>()
    var rooms = WorkerRooms()
    /// Rooms that got packets in this round.
    var touched: [Int32] = []
    /// Media of legs that left a mix and may enter another.
    var parked = SlotTable<MediaLeg>()
    /// Peer's address to the leg, for the shared port.
    var addresses = AddressTable()
    /// Peer's address to the worker that has its leg; on the first worker, and where the leg was before.
    var owners = AddressTable()
    /// Where ChannelData comes from, by index of the relay; on the first worker.
    var relays: [SocketAddress] = []
    var queue: SendQueue
    var guests = GuestOutlets()
    var hosted: HostedOutlets
    /// Moves that wait for outlets to come back.
    var departures: [Departure] = []
    var burst = DatagramBurst()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: PacketRing.slotSize, alignment: 64)
    /// Notices that found the ring full and must not be lost.
    private var unsaid: [WorkerNotice] = []

    enum Tag {
        static let wakeup: UInt64 = 0
        static let shared: UInt64 = 1 << 32
        static let rtp: UInt64 = 2 << 32
        static let rtcp: UInt64 = 3 << 32
        static let kind: UInt64 = 0xffff_ffff << 32
    }

    /// Commands obeyed before packets and ticks get their turn.
    private static let commandBurst = 64

    /// - Parameters:
    ///   - shared: the sockets of the ICE port, the same for every worker.
    ///   - links: the same for every worker.
    ///   - eventCount: sockets read before the ticks get their turn.
    init(
        _ worker: MediaWorker, shared: [UDPSocket], links: WorkerLinks, configuration: MixConfiguration,
        eventCount: Int = 1024
    ) {
        self.eventCount = eventCount
        self.worker = worker
        self.shared = shared
        descriptors = shared.map(\.descriptor)
        self.links = links
        self.configuration = configuration
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        events = .allocate(capacity: eventCount)
        queue = SendQueue(links, index: worker.index)
        hosted = HostedOutlets(links.count)
        clock.read()
        watch(worker.wakeup.descriptor, Tag.wakeup)
        guard worker.index == 0 else { return }
        for (number, socket) in descriptors.enumerated() { watch(socket.number, Tag.shared | UInt64(number)) }
    }

    deinit {
        close(epoll)
        events.deallocate()
        buffer.deallocate()
    }

    /// The thread's whole life.
    mutating func run() {
        while !isStopping {
            let patience = untilNext
            pace.nap(atMost: patience)
            turn(patience: untilNext)
        }
    }

    /// Sleeps at most so many nanoseconds, for ever if negative; serves what came, then ticks what is due.
    mutating func turn(patience: Int64) {
        let count = confab_wait(epoll, events, Int32(eventCount), patience)
        if count < 0, errno != EINTR {
            isStopping = true
            return
        }
        clock.read()
        pace.note(max(Int(count), 0), at: clock.now)
        // Packets before the ticks that play them.
        for position in 0..<max(Int(count), 0) { serve(events[position].data.u64) }
        isBehind = count == eventCount
        tickReady()
        tickDue()
        queue.wakeHosts()
        notifyAgain()
    }

    /// Nanoseconds to the next deadline.
    private var untilNext: Int64 {
        let limit: Int64 = unsaid.isEmpty ? -1 : 20_000_000
        let next = min(rooms.wheel.next?.nanoseconds ?? .max, rooms.dozing.next?.nanoseconds ?? .max)
        return next == .max ? limit : max(next - MonotonicClock.now.nanoseconds, 0)
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
            readLinks()
            repeatMarks()
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

    /// Media events may be lost when the control loop does not keep up; what became of a leg may not.
    mutating func notify(_ notice: WorkerNotice) {
        if unsaid.isEmpty, worker.notify(notice) { return }
        if notice.mustArrive { unsaid.append(notice) }
    }

    mutating func notifyAgain() {
        guard !unsaid.isEmpty else { return }
        var said = 0
        while said < unsaid.count, worker.notify(unsaid[said]) { said += 1 }
        unsaid.removeFirst(said)
    }
}
