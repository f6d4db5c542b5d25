import Conference
import Media
import Primitives
import Testing

@testable import MediaEngine

/// A media thread's loop with its commands obeyed here, and no thread.
@Suite struct WorkerLoopTests {
    private let worker: MediaWorker
    private let wakeups = [Wakeup(), Wakeup()]
    private let clock = MediaClock(instant: .zero, wall: WallTime(milliseconds: 0))

    init() throws { worker = MediaWorker(index: 1, wakeup: wakeups[1], bell: try ControlBell()) }

    private func loop() -> WorkerLoop {
        WorkerLoop(worker, shared: [], links: WorkerLinks(wakeups), configuration: MixConfiguration())
    }

    /// A second of ticks: a silent room sends five packets to each leg or more.
    private func ticks(_ loop: inout WorkerLoop) {
        for _ in 0..<50 {
            for room in 0..<loop.rooms.bound where loop.rooms.isTaken(room) { loop.tick(room) }
        }
    }

    private func media(_ ssrc: UInt32) throws -> MediaLeg {
        let format = LegMediaSettings.Format(payloadType: 0, codec: .pcmu)
        return try MediaLeg(
            LegMediaSettings(send: format, receive: [format], ssrc: ssrc, cname: "test"), clock: clock,
            seed: UInt64(ssrc))
    }

    private func address(_ number: Int, _ port: UInt16 = 5000) -> SocketAddress {
        SocketAddress(.v4(UInt32(number)), port)
    }

    @Test func tenThousandCallsLeaveNothingBehindAndEachIsSaidToBeClosed() {
        var loop = loop()
        for number in 0..<10_000 {
            let id = LegID(UInt64(number))
            loop.obey(.open(id, .shared))
            for other in 0..<3 { loop.obey(.route(id, .alias(address(number * 3 + other)))) }
            loop.obey(.forward(address(number), worker: 1))
            loop.obey(.forget(address(number)))
            loop.obey(.close(id))
        }
        let left = (loop.addresses.count, loop.owners.count)
        #expect(left == (0, 0))
        var closed: [LegID] = []
        for _ in 0..<4 {
            while case .closed(let id, _)? = worker.nextNotice() { closed.append(id) }
            loop.notifyAgain()
        }
        #expect(closed == (0..<10_000).map { LegID($0) })
    }

    @Test func anAddressThatAnotherLegTookOverStaysTheOthers() {
        var loop = loop()
        loop.obey(.open(LegID(1), .shared))
        loop.obey(.open(LegID(2), .shared))
        loop.obey(.route(LegID(1), .alias(address(7))))
        loop.obey(.route(LegID(2), .alias(address(7))))
        loop.obey(.route(LegID(1), .notMine(address(7))))
        loop.obey(.close(LegID(1)))
        let owner = loop.addresses[address(7)]
        #expect(owner == 1)
        loop.obey(.route(LegID(2), .notMine(address(7))))
        let nobody = loop.addresses[address(7)]
        #expect(nobody == nil)
    }

    @Test func aThousandLegsInARoomKeepTheirSlotsAndAllGetTheirPackets() throws {
        var loop = loop()
        for number in 0..<1000 {
            loop.obey(.open(LegID(UInt64(number)), .shared))
            loop.obey(.join(LegID(UInt64(number)), MixID(1), try media(UInt32(number))))
        }
        for number in 0..<1000 {
            let leg = loop.legs[number]
            let (room, slot) = (leg.pointee.room, leg.pointee.slot)
            guard let room, let slot else { return #expect(Bool(false), "\(number) is in no room") }
            let sitting = loop.rooms[room].pointee.leg(in: slot)
            #expect(sitting == number)
        }
        for number in 0..<1000 { loop.obey(.close(LegID(UInt64(number)))) }
        let isEmpty = loop.rooms.isEmpty
        #expect(isEmpty)
    }

    @Test func whoChangesOrLeavesAMixKeepsItsMedia() throws {
        var loop = loop()
        loop.obey(.open(LegID(1), .shared))
        loop.obey(.join(LegID(1), MixID(1), try media(7)))
        ticks(&loop)
        loop.obey(.join(LegID(1), MixID(2), try media(8)))
        ticks(&loop)
        loop.obey(.leave(LegID(1)))
        let between = loop.rooms.isEmpty
        #expect(between)
        loop.obey(.join(LegID(1), MixID(1), try media(8)))
        ticks(&loop)
        loop.obey(.leave(LegID(1)))
        loop.obey(.close(LegID(1)))
        guard case .closed(_, let statistics)? = worker.nextNotice() else { return #expect(Bool(false), "not closed") }
        #expect((statistics?.packetsSent ?? 0) >= 12)
    }

    @Test func whatCameBeforeALegIsOpenedIsThrownAway() throws {
        let (rtp, rtcp) = (try UDPSocket(bind: address(0x7f00_0001, 0)), try UDPSocket(bind: address(0x7f00_0001, 0)))
        let bytes: [UInt8] = [0x80, 0, 0]
        for socket in [rtp, rtcp] {
            for _ in 0..<100 { bytes.withUnsafeBytes { rtcp.descriptor.send($0, to: socket.local) } }
        }
        var loop = loop()
        loop.obey(.open(LegID(1), .own(rtp: rtp, rtcp: rtcp)))
        for socket in [rtp, rtcp] {
            guard case .none = socket.descriptor.receive(into: loop.buffer) else { return #expect(Bool(false), "left") }
        }
        bytes.withUnsafeBytes { rtcp.descriptor.send($0, to: rtp.local) }
        guard case .datagram(let length, let source, let stamp) = rtp.descriptor.receive(into: loop.buffer) else {
            return #expect(Bool(false), "nothing came")
        }
        #expect(length == 3)
        #expect(source == rtcp.local)
        #expect(stamp > 0)
    }
}
