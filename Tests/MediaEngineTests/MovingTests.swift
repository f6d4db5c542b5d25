import CLinux
import Conference
import Glibc
import Logging
import Media
import MediaDescription
import Primitives
import Testing

@testable import MediaEngine

/// Rooms, legs and outlets that change their thread while packets go in and out.
@Suite(.serialized) struct MovingTests {
    private static let pcmu = Codec(payloadType: 0, name: "PCMU", clockRate: 8000)

    /// A phone on a socket: sends a tone, and keeps the sequence numbers it hears.
    private struct Phone: ~Copyable {
        let leg: LegID
        let socket: UDPSocket
        let to: SocketAddress
        var sequence: UInt16 = 0
        var heard: [UInt16] = []

        mutating func send() {
            var packet = [UInt8](repeating: 0, count: 172)
            (packet[0], packet[2], packet[3]) = (0x80, UInt8(sequence >> 8), UInt8(sequence & 255))
            let time = UInt32(sequence) * 160
            for index in 0..<4 { packet[4 + index] = UInt8(time >> (24 - 8 * UInt32(index)) & 255) }
            packet[11] = UInt8(truncatingIfNeeded: leg.value)
            for index in 12..<172 { packet[index] = index & 8 == 0 ? 0x20 : 0xa0 }
            sequence &+= 1
            packet.withUnsafeBytes { socket.descriptor.send($0, to: to) }
        }

        mutating func listen(_ buffer: UnsafeMutableRawBufferPointer) {
            while case .datagram(let length, _, _) = socket.descriptor.receive(into: buffer) {
                guard length >= 12, buffer[1] & 0x7f == 0 else { continue }
                heard.append(UInt16(buffer[2]) << 8 | UInt16(buffer[3]))
            }
        }

        /// How many numbers do not follow the one before.
        var gaps: Int { zip(heard, heard.dropFirst()).count { $1 != $0 &+ 1 } }
    }

    private func phone(_ plane: MediaPlane, _ leg: LegID) throws -> Phone {
        let socket = try UDPSocket(bind: SocketAddress(.loopback4, 0))
        guard case .plain(let rtp, _) = try plane.openPlain(leg, towards: .loopback4).transport else {
            throw MediaPlaneProblem("not plain")
        }
        plane.agree(
            leg,
            AgreedMedia(
                name: "0", sendCodec: Self.pcmu, receiveCodecs: [Self.pcmu], sendEvents: nil, receiveEvents: [],
                direction: .sendrecv, ptime: 20, rtcpMux: true, headerExtensions: [],
                transport: .plain(rtp: socket.local, rtcp: socket.local)))
        return Phone(leg: leg, socket: socket, to: rtp)
    }

    /// Runs the control loop and all phones for so many ticks of 20 ms.
    private func run(
        _ plane: MediaPlane, _ phones: inout SlotTable<Phone>, ticks: Int, _ each: (Int) -> Void = { _ in }
    ) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 16)
        defer { buffer.deallocate() }
        let start = MonotonicClock.now
        for tick in 0..<ticks {
            for index in 0..<phones.bound { phones[index].pointee.send() }
            each(tick)
            let end = start + .milliseconds(20 * (tick + 1))
            repeat {
                var bell = pollfd(fd: plane.bellDescriptor, events: Int16(POLLIN), revents: 0)
                poll(&bell, 1, 2)
                var byte: UInt8 = 0
                if bell.revents != 0 { _ = read(bell.fd, &byte, 1) }
                plane.answerBell()
                _ = plane.drain()
                for index in 0..<phones.bound { phones[index].pointee.listen(buffer) }
            } while MonotonicClock.now < end
        }
    }

    private func check(_ phones: borrowing SlotTable<Phone>, atLeast count: Int) {
        for index in 0..<phones.bound {
            let (gaps, heard) = (phones[index].pointee.gaps, phones[index].pointee.heard.count)
            #expect(gaps == 0, "leg \(index)")
            #expect(heard >= count, "leg \(index)")
        }
    }

    @Test func aRoomThatMovesUnderTrafficLosesAndReordersNothing() throws {
        let plane = try MediaPlane.onLoopback(workers: 3)
        defer { plane.stop() }
        var phones = SlotTable<Phone>()
        for number in 1...12 {
            _ = phones.add(try phone(plane, LegID(UInt64(number))))
            plane.connect(LegID(UInt64(number)), MixID(1))
        }
        run(plane, &phones, ticks: 80) { tick in
            guard tick >= 10, tick.isMultiple(of: 5) else { return }
            plane.move(MixID(1), to: tick / 5 % 3)
            // Commands while it is under way.
            let leg = LegID(UInt64(tick / 5 % 12 + 1))
            if tick.isMultiple(of: 2) {
                plane.disconnect(leg)
                plane.connect(leg, MixID(1))
            } else if let agreed = plane.legs[leg]?.agreed {
                plane.agree(leg, agreed)
            }
        }
        run(plane, &phones, ticks: 10)
        check(phones, atLeast: 60)
        #expect(plane.transits.isEmpty)
        #expect(plane.legs.values.values.allSatisfy { $0.transit == nil })
        #expect(plane.population.reduce(0, +) == 12)
    }

    @Test func aLegGoesToAMixOfAnotherThreadEvenWhileBothMove() throws {
        let plane = try MediaPlane.onLoopback(workers: 2)
        defer { plane.stop() }
        var phones = SlotTable<Phone>()
        for number in 1...4 {
            _ = phones.add(try phone(plane, LegID(UInt64(number))))
            plane.connect(LegID(UInt64(number)), MixID(UInt64(number % 2 + 1)))
        }
        #expect(plane.mixes[MixID(1)]?.worker != plane.mixes[MixID(2)]?.worker)
        run(plane, &phones, ticks: 60) { tick in
            guard tick >= 5, tick < 50 else { return }
            if tick.isMultiple(of: 3) {
                let mix = plane.legs[LegID(1)]?.mix == MixID(1) ? MixID(2) : MixID(1)
                plane.connect(LegID(1), mix)
            }
            if tick.isMultiple(of: 7), let worker = plane.mixes[MixID(2)]?.worker {
                plane.move(MixID(2), to: 1 - worker)
            }
            if tick.isMultiple(of: 8), let worker = plane.mixes[MixID(1)]?.worker {
                plane.move(MixID(1), to: 1 - worker)
            }
        }
        check(phones, atLeast: 30)
        #expect(plane.transits.isEmpty)
        plane.close(LegID(1))
        run(plane, &phones, ticks: 5)
        #expect(plane.closing.isEmpty)
    }

    @Test func outletsGoToAnotherThreadAndComeBackWithoutAGap() throws {
        let plane = try MediaPlane.onLoopback(workers: 2)
        defer { plane.stop() }
        var phones = SlotTable<Phone>()
        for number in 1...16 {
            _ = phones.add(try phone(plane, LegID(UInt64(number))))
            plane.connect(LegID(UInt64(number)), MixID(1))
        }
        let home = try #require(plane.mixes[MixID(1)]?.worker)
        run(plane, &phones, ticks: 70) { tick in
            switch tick {
            case 10, 40: plane.workers[home].tell(.spread(MixID(1), count: 10, host: 1 - home))
            case 20: plane.disconnect(LegID(2))
            case 22: plane.connect(LegID(2), MixID(1))
            case 30, 50: plane.workers[home].tell(.gather(MixID(1), count: 16))
            // With outlets elsewhere the room waits for them.
            case 42: plane.move(MixID(1), to: 1 - home)
            case 60: plane.workers[1 - home].tell(.spread(MixID(1), count: 3, host: home))
            case 61: plane.close(LegID(1))
            default: break
            }
        }
        check(phones, atLeast: 40)
        #expect(plane.closing.isEmpty && plane.transits.isEmpty)
        #expect(plane.mixes[MixID(1)]?.worker == 1 - home)
    }

    private func join(_ a: MediaPlane, _ b: MediaPlane, _ leg: LegID) throws {
        let ours = try a.openICE(leg, isControlling: true)
        let theirs = try b.openICE(leg, isControlling: false)
        for (plane, remote, isClient) in [(a, theirs, true), (b, ours, false)] {
            guard case .ice(let parameters, let candidates, let fingerprint) = remote.transport else { continue }
            plane.agree(
                leg,
                AgreedMedia(
                    name: "0", sendCodec: Self.pcmu, receiveCodecs: [Self.pcmu], sendEvents: nil, receiveEvents: [],
                    direction: .sendrecv, ptime: 20, rtcpMux: true, headerExtensions: [],
                    transport: .ice(remote: parameters, fingerprints: [fingerprint], isDTLSClient: isClient)))
            plane.addCandidates(leg, candidates)
        }
    }

    private func run(_ planes: [MediaPlane], _ time: Duration, until isDone: () -> Bool = { false }) {
        let end = MonotonicClock.now + time
        while MonotonicClock.now < end, !isDone() {
            for plane in planes { _ = plane.turn() }
        }
    }

    /// What a leg received, as said when it is closed.
    private func close(_ leg: LegID, of plane: MediaPlane) -> LegStatistics? {
        plane.answerBell()
        plane.close(leg)
        let end = MonotonicClock.now + .seconds(5)
        while MonotonicClock.now < end {
            for worker in plane.workers {
                while let notice = worker.nextNotice() {
                    if case .closed(leg, let statistics) = notice { return statistics }
                }
            }
        }
        return nil
    }

    @Test func secureLegsOnTheSharedPortMoveAndSpreadWithoutLoss() throws {
        let (a, b) = (
            try MediaPlane.onLoopback(workers: 3), try MediaPlane.onLoopback(workers: 1)
        )
        defer { for plane in [a, b] { plane.stop() } }
        try join(a, b, LegID(1))
        for plane in [a, b] { plane.connect(LegID(1), MixID(1)) }
        run([a, b], .seconds(10)) { a.legs[LegID(1)]?.keys != nil && b.legs[LegID(1)]?.keys != nil }
        // A phone in the same room of `a` talks, so that there is something to send.
        var phones = SlotTable<Phone>()
        _ = phones.add(try phone(a, LegID(2)))
        a.connect(LegID(2), MixID(1))
        for round in 0..<12 {
            run(a, &phones, ticks: 4)
            run([a, b], .milliseconds(4))
            a.move(MixID(1), to: (round + 1) % 3)
            run([a, b], .milliseconds(4))
            if round.isMultiple(of: 3), let home = a.mixes[MixID(1)]?.worker {
                a.workers[home].tell(.spread(MixID(1), count: 2, host: (home + 1) % 3))
            }
        }
        let sent = close(LegID(1), of: a)
        run([b], .milliseconds(50))
        let received = close(LegID(1), of: b)
        #expect((sent?.packetsSent ?? 0) > 30)
        #expect(received?.packetsLost == 0)
        #expect((received?.packetsReceived ?? 0) + 2 >= (sent?.packetsSent ?? 0))
        #expect(sent?.packetsLost == 0)
    }
}
