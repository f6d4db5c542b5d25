import CLinux
import Glibc
import Media
import Primitives

/// Where a room puts what it sends: a few packets at a time, protected in place and handed to the kernel whenever it is
/// full. No size of room makes it grow.
///
/// Packets that follow each other on one socket go with one call; those of sockets of their own by one call each, to
/// an address that was made ready before.
struct SendQueue: ~Copyable, PacketSink {
    private struct Entry {
        var slot: Int32
        var length: Int32
        var kind: PacketKind
    }

    static let capacity = 64
    private static let stride = PacketLimits.size + PacketLimits.headroom + 4

    /// Packets that wait to be protected.
    private(set) var count = 0
    /// Packets handed to the kernel, and those it did not take.
    private(set) var sent = 0
    private(set) var failed = 0
    private let entries: UnsafeMutablePointer<Entry>
    private let bytes: UnsafeMutableRawPointer
    /// Packets for one socket, made ready for one call.
    private let run: UnsafeMutablePointer<confab_message>
    /// Of each, the header of its channel, and the packet.
    private let parts: UnsafeMutablePointer<iovec>
    private let headers: UnsafeMutablePointer<UInt32>
    private var runCount = 0
    private var runDescriptor: Int32 = -1
    /// The slots of the room that is sending.
    private var seats: UnsafeMutablePointer<Seat>?
    private var seatCount = 0
    /// Other workers' rings, by index, for those who send for legs of this one.
    let links: WorkerLinks
    let index: Int
    /// Workers that got packets and have to be woken.
    private var woken: UInt64 = 0
    private var held = HeldPackets()

    init(_ links: WorkerLinks, index: Int) {
        self.links = links
        self.index = index
        entries = .allocate(capacity: Self.capacity)
        bytes = .allocate(byteCount: Self.capacity * Self.stride, alignment: 64)
        run = .allocate(capacity: Self.capacity)
        parts = .allocate(capacity: 2 * Self.capacity)
        parts.initialize(repeating: iovec(), count: 2 * Self.capacity)
        headers = .allocate(capacity: Self.capacity)
        headers.initialize(repeating: 0, count: Self.capacity)
        for place in 0..<Self.capacity {
            parts[2 * place] = iovec(iov_base: headers + place, iov_len: 4)
            (run + place).initialize(to: confab_message())
        }
    }

    deinit {
        entries.deallocate()
        bytes.deallocate()
        run.deallocate()
        parts.deallocate()
        headers.deallocate()
    }

    /// What is committed from now on is for the slots of this room, until `flush`.
    mutating func begin(_ seats: UnsafeMutablePointer<Seat>, count: Int) {
        self.seats = seats
        seatCount = count
    }

    mutating func reserve() -> UnsafeMutableRawBufferPointer? {
        if count == Self.capacity { flush() }
        return UnsafeMutableRawBufferPointer(start: bytes + count * Self.stride, count: Self.stride)
    }

    mutating func commit(slot: Int, kind: PacketKind, length: Int) {
        guard count < Self.capacity, length > 0, length <= PacketLimits.size else { return }
        entries[count] = Entry(
            slot: Int32(truncatingIfNeeded: slot), length: Int32(truncatingIfNeeded: length), kind: kind)
        count += 1
    }

    /// Protects and sends what is there.
    mutating func flush() {
        for place in 0..<count {
            let entry = entries[place]
            let slot = Int(entry.slot)
            guard slot >= 0, slot < seatCount, let seats else { continue }
            let memory = UnsafeMutableRawBufferPointer(start: bytes + place * Self.stride, count: Self.stride)
            if let outlet = seats[slot].outlet {
                send(memory, Int(entry.length), entry.kind, by: outlet)
            } else if seats[slot].guest >= 0 {
                hand(UnsafeRawBufferPointer(rebasing: memory[..<Int(entry.length)]), entry.kind, seats[slot])
            }
        }
        sendRun()
        count = 0
    }

    /// One packet by one outlet. It may be sent with the next `sendRun` only: until then the memory is in use.
    mutating func send(
        _ memory: UnsafeMutableRawBufferPointer, _ length: Int, _ kind: PacketKind,
        by outlet: UnsafeMutablePointer<Outlet>
    ) {
        let destination = outlet.pointee.destination(kind)
        let descriptor = destination.pointee.descriptor
        guard descriptor >= 0, let total = outlet.pointee.protect(memory, length, kind) else { return }
        guard outlet.pointee.isShared else {
            let result = confab_send(
                descriptor, memory.baseAddress, total, Int32(MSG_NOSIGNAL), destination.name,
                destination.pointee.address.length)
            if result >= 0 { sent &+= 1 } else { failed &+= 1 }
            return
        }
        if runDescriptor != descriptor || runCount == Self.capacity { sendRun() }
        runDescriptor = descriptor
        run[runCount].header.msg_name = UnsafeMutableRawPointer(destination.name)
        run[runCount].header.msg_namelen = destination.pointee.address.length
        parts[2 * runCount + 1] = iovec(iov_base: memory.baseAddress, iov_len: total)
        let channel = destination.pointee.channel
        headers[runCount] = (UInt32(channel) << 16 | UInt32(truncatingIfNeeded: total)).bigEndian
        run[runCount].header.msg_iov = parts + 2 * runCount + (channel == 0 ? 1 : 0)
        run[runCount].header.msg_iovlen = channel == 0 ? 1 : 2
        runCount += 1
    }

    /// Sends what is ready for one socket. A packet that the kernel does not take is lost, and the others go on.
    mutating func sendRun() {
        var done = 0
        while done < runCount {
            let count = confab_send_many(
                runDescriptor, run + done, UInt32(runCount - done), Int32(MSG_NOSIGNAL))
            if count > 0 {
                sent &+= Int(count)
                done += Int(count)
            } else {
                failed &+= 1
                done += 1
            }
        }
        runCount = 0
    }

    /// Gives a packet to the worker that sends for its leg, or keeps it while the outlet comes back from there.
    private mutating func hand(_ packet: UnsafeRawBufferPointer, _ kind: PacketKind, _ seat: Seat) {
        guard seat.host >= 0 else {
            if !held.add(packet, kind, guest: seat.guest) { failed &+= 1 }
            return
        }
        let label = WorkerRing.Label(length: 0, number: seat.guest, kind: kind == .rtp ? .rtp : .rtcp)
        if links.push(packet, label, from: index, to: Int(seat.host)) {
            wake(Int(seat.host))
        } else {
            failed &+= 1
        }
    }

    /// An outlet is back: what waited for it goes first.
    mutating func sendHeld(of guest: Int, by outlet: UnsafeMutablePointer<Outlet>) {
        while let (memory, length, kind) = held.take(guest: Int32(truncatingIfNeeded: guest)) {
            send(memory, length, kind, by: outlet)
        }
        sendRun()
    }

    /// A worker is to be woken at the end of this round.
    mutating func wake(_ worker: Int) { woken |= 1 << UInt64(truncatingIfNeeded: worker & 63) }

    /// Wakes the workers that got something.
    mutating func wakeHosts() {
        guard woken != 0 else { return }
        for worker in 0..<links.count where woken & 1 << UInt64(worker & 63) != 0 { links.wake(worker) }
        woken = 0
    }
}
