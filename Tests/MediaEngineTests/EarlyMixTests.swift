import CLinux
import Conference
import Glibc
import Media
import Primitives
import Testing

@testable import MediaEngine

/// A media thread's loop with real sockets, driven from here.
@Suite(.serialized) struct EarlyMixTests {
    private let wakeups = [Wakeup()]
    private let clock = MediaClock(instant: .zero, wall: WallTime(milliseconds: 0))

    private func media(_ ssrc: UInt32) throws -> MediaLeg {
        let format = LegMediaSettings.Format(payloadType: 0, codec: .pcmu)
        return try MediaLeg(
            LegMediaSettings(send: format, receive: [format], ssrc: ssrc, cname: "test"), clock: clock,
            seed: UInt64(ssrc))
    }

    private func tone(_ sequence: Int) -> [UInt8] {
        let time = sequence * 160
        let header = [
            0x80, 0, UInt8(sequence >> 8), UInt8(sequence & 255), UInt8(time >> 24 & 255), UInt8(time >> 16 & 255),
            UInt8(time >> 8 & 255), UInt8(time & 255), 0, 0, 0, 1,
        ]
        return header + (0..<160).map { $0 & 8 == 0 ? 0x20 : 0xa0 }
    }

    /// The talker's packets come 2 ms after a deadline; without early mixing none of them would leave before the next one.
    /// Where others have the processor, packets come late and the buffer grows, so there are several tries.
    @Test func aMixIsMadeAsSoonAsTheTalkersFrameIsThere() throws {
        var best = 0
        for _ in 0..<20 where best < 20 { best = max(best, try earlyMixes(of: 30)) }
        #expect(best >= 20)
    }

    /// How many of so many packets leave well before the deadline.
    private func earlyMixes(of count: Int) throws -> Int {
        var loop = WorkerLoop(
            MediaWorker(index: 0, wakeup: wakeups[0], bell: try ControlBell()), shared: [],
            links: WorkerLinks(wakeups), configuration: MixConfiguration())
        var phones: [UDPSocket] = []
        var ports: [UDPSocket] = []
        for number in 0..<2 {
            let (phone, port) = (
                try UDPSocket(bind: SocketAddress(.loopback4, 0)), try UDPSocket(bind: SocketAddress(.loopback4, 0))
            )
            let control = try UDPSocket(bind: SocketAddress(.loopback4, 0))
            let id = LegID(UInt64(number))
            loop.obey(.open(id, .own(rtp: port, rtcp: control)))
            loop.obey(.route(id, .signalled(rtp: phone.local, rtcp: nil)))
            loop.obey(.join(id, MixID(1), try media(UInt32(number + 1))))
            phones.append(phone)
            ports.append(port)
        }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 16)
        defer { memory.deallocate() }
        func hasMix() -> Bool {
            var has = false
            while case .datagram = phones[1].descriptor.receive(into: memory) { has = true }
            return has
        }
        var early = 0
        var seen = 0
        var sequence = 0
        var next = loop.rooms[0].pointee.due + .milliseconds(2)
        while seen < count, sequence < 10 * count {
            while MonotonicClock.now < next { loop.turn(patience: 500_000) }
            tone(sequence).withUnsafeBytes { phones[0].descriptor.send($0, to: ports[0].local) }
            sequence += 1
            next += .milliseconds(20)
            let due = loop.rooms[0].pointee.due
            _ = hasMix()
            var isEarly = false
            while !isEarly, MonotonicClock.now < due - .milliseconds(8) {
                loop.turn(patience: 500_000)
                isEarly = hasMix()
            }
            // Where the machine had no time for us, the deadline has come, and nothing is shown by what was sent.
            guard sequence > 30, MonotonicClock.now < due else { continue }
            seen += 1
            if isEarly { early += 1 }
        }
        return early
    }

    /// Four send, and the loop has time to read three in each tick.
    @Test func whoIsHeardIsReadInTimeThoughTheLoopIsBehind() throws {
        var loop = WorkerLoop(
            MediaWorker(index: 0, wakeup: wakeups[0], bell: try ControlBell()), shared: [],
            links: WorkerLinks(wakeups), configuration: MixConfiguration(), eventCount: 1)
        var phones: [UDPSocket] = []
        var ports: [UDPSocket] = []
        for number in 0..<4 {
            let (phone, port) = (
                try UDPSocket(bind: SocketAddress(.loopback4, 0)), try UDPSocket(bind: SocketAddress(.loopback4, 0))
            )
            let id = LegID(UInt64(number))
            loop.obey(.open(id, .own(rtp: port, rtcp: try UDPSocket(bind: SocketAddress(.loopback4, 0)))))
            loop.obey(.route(id, .signalled(rtp: phone.local, rtcp: nil)))
            loop.obey(.join(id, MixID(1), try media(UInt32(number + 1))))
            phones.append(phone)
            ports.append(port)
        }
        for sequence in 0..<60 {
            for number in [1, 2, 3, 0] {
                let packet = number == 0 ? tone(sequence) : silence(sequence, of: number)
                packet.withUnsafeBytes { phones[number].descriptor.send($0, to: ports[number].local) }
            }
            for _ in 0..<3 { loop.turn(patience: 0) }
            let due = loop.rooms[0].pointee.due
            while MonotonicClock.now < due { usleep(500) }
        }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 16)
        defer { memory.deallocate() }
        var unread = Array(repeating: 0, count: 4)
        for number in 0..<4 {
            while case .datagram = ports[number].descriptor.receive(into: memory) { unread[number] += 1 }
        }
        #expect(unread[0] <= 2)
        #expect(unread[1...].reduce(0, +) >= 10)
    }

    private func silence(_ sequence: Int, of source: Int) -> [UInt8] {
        let header = tone(sequence).prefix(11) + [UInt8(source + 1)]
        return header + Array(repeating: 0xff, count: 160)
    }

    @Test func aPacketThatTheKernelDoesNotTakeIsCountedAndTheOthersGo() throws {
        let links = WorkerLinks(wakeups)
        var queue = SendQueue(links, index: 0)
        let (from, control, to) = (
            try UDPSocket(bind: SocketAddress(.loopback4, 0)), try UDPSocket(bind: SocketAddress(.loopback4, 0)),
            try UDPSocket(bind: SocketAddress(.loopback4, 0))
        )
        var outlets = SlotTable<Outlet>()
        let seats = UnsafeMutablePointer<Seat>.allocate(capacity: 3)
        defer { seats.deallocate() }
        for slot in 0..<3 {
            let number = outlets.add(Outlet(LegID(UInt64(slot)), .own(rtp: from, rtcp: control)))
            // The second one's address is of another family than its socket.
            let target = slot == 1 ? SocketAddress(.loopback6, 9) : to.local
            outlets[number].pointee.destination(.rtp).pointee = KernelAddress.Destination(
                descriptor: from.descriptor.number, address: KernelAddress(target))
            (seats + slot).initialize(to: Seat(leg: Int32(slot), outlet: outlets[number]))
        }
        queue.begin(seats, count: 3)
        for _ in 0..<100 {
            for slot in 0..<3 {
                queue.reserve()?.storeBytes(of: UInt8(slot), as: UInt8.self)
                queue.commit(slot: slot, kind: .rtp, length: 12)
            }
        }
        queue.flush()
        let (sent, failed) = (queue.sent, queue.failed)
        #expect(sent == 200 && failed == 100)
    }

    @Test func nobodyNapsUntilManyPacketsCome() {
        var pace = WakePace()
        func at(_ milliseconds: Int) -> Instant { Instant(nanoseconds: Int64(milliseconds) * 1_000_000) }
        for step in 1...40 { pace.note(10, at: at(step)) }
        #expect(!pace.naps)
        for step in 41...80 { pace.note(30, at: at(step)) }
        #expect(pace.naps)
        pace.note(1000, at: at(500))
        #expect(!pace.naps)
    }
}
