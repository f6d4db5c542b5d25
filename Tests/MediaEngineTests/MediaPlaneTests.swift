import Conference
import Glibc
import Logging
import MediaDescription
import Primitives
import Testing

@testable import MediaEngine

/// Media planes on loopback sockets, with their threads, and a control loop of a few lines.
@Suite(.serialized) struct MediaPlaneTests {
    private let pcmu = Codec(payloadType: 0, name: "PCMU", clockRate: 8000)

    private func agreed(_ transport: AgreedTransport, mux: Bool) -> AgreedMedia {
        AgreedMedia(
            name: "0", sendCodec: pcmu, receiveCodecs: [pcmu], sendEvents: nil, receiveEvents: [],
            direction: .sendrecv, ptime: 20, rtcpMux: mux, headerExtensions: [], transport: transport)
    }

    private func rtp(_ ssrc: UInt8, _ sequence: UInt8) -> [UInt8] {
        let header: [UInt8] = [0x80, 0, 0, sequence, 0, 0, sequence / 100, sequence, 0, 0, 0, ssrc]
        return header + [UInt8](repeating: 0x55, count: 160)
    }

    private func send(_ packet: [UInt8], from socket: UDPSocket, to address: SocketAddress) {
        packet.withUnsafeBytes { socket.descriptor.send($0, to: address) }
    }

    private func receive(_ socket: UDPSocket, within time: Duration, _ wanted: ([UInt8]) -> Bool) -> SocketAddress? {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 16)
        defer { buffer.deallocate() }
        let end = MonotonicClock.now + time
        while MonotonicClock.now < end {
            var wait = pollfd(fd: socket.descriptor.number, events: Int16(POLLIN), revents: 0)
            poll(&wait, 1, 20)
            while case .datagram(let length, let source, _) = socket.descriptor.receive(into: buffer) {
                if wanted(Array(buffer[..<length])) { return source }
            }
        }
        return nil
    }

    /// Sends until the plane has heard of it.
    private func call(
        _ plane: MediaPlane, _ ssrc: UInt8, from socket: UDPSocket, to address: SocketAddress
    ) -> [MediaPlane.Event] {
        var sequence: UInt8 = 0
        return run([plane]) { events in
            send(rtp(ssrc, sequence), from: socket, to: address)
            sequence &+= 1
            return !sources(events).isEmpty
        }
    }

    private func sources(_ events: [MediaPlane.Event]) -> [UInt32] {
        events.compactMap { if case .source(_, let ssrc) = $0 { ssrc } else { nil } }
    }

    private func plain(_ local: LocalMedia) -> (rtp: SocketAddress, rtcp: SocketAddress)? {
        if case .plain(let rtp, let rtcp) = local.transport { (rtp, rtcp) } else { nil }
    }

    @Test func rtpOnTheRTCPPortIsNobodys() throws {
        let plane = try MediaPlane.onLoopback()
        defer { plane.stop() }
        let peer = try UDPSocket(bind: SocketAddress(.loopback4, 0))
        let ports = try #require(plain(try plane.openPlain(LegID(1), towards: .loopback4)))
        plane.agree(LegID(1), agreed(.plain(rtp: peer.local, rtcp: peer.local), mux: false))
        plane.connect(LegID(1), MixID(1))
        let events = run([plane], .milliseconds(150)) { _ in
            send(rtp(1, 0), from: peer, to: ports.rtcp)
            return false
        }
        #expect(sources(events) == [])
    }

    @Test(arguments: [true, false]) func rtcpGoesWhereItWasAgreedTo(isMuxed: Bool) throws {
        let plane = try MediaPlane.onLoopback()
        defer { plane.stop() }
        let signalled = try UDPSocket(bind: SocketAddress(.loopback4, 0))
        let control = try UDPSocket(bind: SocketAddress(.loopback4, 0))
        let behindNAT = try UDPSocket(bind: SocketAddress(.loopback4, 0))
        let ports = try #require(plain(try plane.openPlain(LegID(1), towards: .loopback4)))
        plane.agree(LegID(1), agreed(.plain(rtp: signalled.local, rtcp: control.local), mux: isMuxed))
        plane.connect(LegID(1), MixID(1))
        #expect(sources(call(plane, 1, from: behindNAT, to: ports.rtp)) == [1])
        plane.close(LegID(1))
        let isReport = { (packet: [UInt8]) in packet.count > 1 && (200...201).contains(packet[1]) }
        let from = receive(isMuxed ? behindNAT : control, within: .seconds(5), isReport)
        #expect(from == (isMuxed ? ports.rtp : ports.rtcp))
    }

    /// Sent nothing ever, sends on, is on hold, fell silent.
    @Test func aLegThatFellSilentFailsAndNoOther() throws {
        let plane = try MediaPlane.onLoopback { $0.timeout = .milliseconds(400) }
        defer { plane.stop() }
        let peers = try (1...4).map { _ in try UDPSocket(bind: SocketAddress(.loopback4, 0)) }
        var ports: [SocketAddress] = []
        for (number, peer) in zip(1..., peers) {
            let leg = LegID(UInt64(number))
            ports.append(try #require(plain(try plane.openPlain(leg, towards: .loopback4))).rtp)
            plane.agree(leg, agreed(.plain(rtp: peer.local, rtcp: peer.local), mux: true))
            plane.connect(leg, MixID(1))
        }
        var heard: Set<UInt32> = []
        var sequence: UInt8 = 0
        while heard.count < 3, sequence < 200 {
            for index in 1...3 { send(rtp(UInt8(index), sequence), from: peers[index], to: ports[index]) }
            sequence += 1
            heard.formUnion(sources(run([plane], .milliseconds(20)) { _ in false }))
        }
        var held = agreed(.plain(rtp: peers[2].local, rtcp: peers[2].local), mux: true)
        held.direction = .recvonly
        plane.agree(LegID(3), held)
        let events = run([plane], .milliseconds(1500)) { _ in
            send(rtp(1, sequence), from: peers[1], to: ports[1])
            sequence &+= 1
            return false
        }
        let failed = Set(events.compactMap { if case .failed(let leg, .connectivity) = $0 { leg } else { nil } })
        #expect(failed == [LegID(4)])
    }

    @Test func aLegChangesItsMixWithoutAGapInItsSequence() throws {
        let plane = try MediaPlane.onLoopback()
        defer { plane.stop() }
        let peer = try UDPSocket(bind: SocketAddress(.loopback4, 0))
        _ = try plane.openPlain(LegID(1), towards: .loopback4)
        plane.agree(LegID(1), agreed(.plain(rtp: peer.local, rtcp: peer.local), mux: true))
        var sequences: [Int] = []
        for mix in 1...4 {
            if mix == 3 { plane.disconnect(LegID(1)) }
            plane.connect(LegID(1), MixID(UInt64(mix)))
            let wanted = sequences.count + 3
            _ = receive(peer, within: .seconds(5)) { packet in
                if packet[1] & 0x7f == 0 { sequences.append(Int(packet[2]) << 8 | Int(packet[3])) }
                return sequences.count == wanted
            }
        }
        #expect(sequences.count == 12)
        for (before, after) in zip(sequences, sequences.dropFirst()) { #expect(after == (before + 1) & 0xffff) }
    }

    private func join(_ a: MediaPlane, _ b: MediaPlane, _ leg: LegID) throws {
        let ours = try a.openICE(leg, isControlling: true)
        let theirs = try b.openICE(leg, isControlling: false)
        for (plane, remote, isClient) in [(a, theirs, true), (b, ours, false)] {
            guard case .ice(let parameters, let candidates, let fingerprint) = remote.transport else { continue }
            plane.agree(
                leg, agreed(.ice(remote: parameters, fingerprints: [fingerprint], isDTLSClient: isClient), mux: true))
            plane.addCandidates(leg, candidates)
        }
    }

    private func heard(_ events: [MediaPlane.Event], _ leg: LegID) -> Int {
        events.count { if case .source(leg, _) = $0 { true } else { false } }
    }

    @Test func secureMediaReachesAMixOnASecondThread() throws {
        let (a, b) = (try MediaPlane.onLoopback(workers: 2), try MediaPlane.onLoopback())
        defer { for plane in [a, b] { plane.stop() } }
        // A mix on the first thread, so that the next one is on the second.
        let peer = try UDPSocket(bind: SocketAddress(.loopback4, 0))
        _ = try a.openPlain(LegID(9), towards: .loopback4)
        a.agree(LegID(9), agreed(.plain(rtp: peer.local, rtcp: peer.local), mux: true))
        a.connect(LegID(9), MixID(9))
        try join(a, b, LegID(1))
        for plane in [a, b] { plane.connect(LegID(1), MixID(1)) }
        #expect(a.legs[LegID(1)]?.worker == 1)
        #expect(heard(run([a, b]) { heard($0, LegID(1)) == 2 }, LegID(1)) == 2)
    }

    /// A client that vanished and calls again from the same port: neither its first call nor that one's end takes the
    /// second's sound.
    @Test(arguments: [[0, 1], [1, 0], [1, 1]], [true, false])
    func aCallHasItsAddressForItselfAlone(workers: [Int], firstIsClosed: Bool) throws {
        let (a, b) = (try MediaPlane.onLoopback(workers: 2), try MediaPlane.onLoopback())
        defer { for plane in [a, b] { plane.stop() } }
        for (leg, worker) in zip([LegID(1), LegID(2)], workers) {
            a.mixes[MixID(leg.value)] = MixPlace(worker: worker)
            try join(a, b, leg)
            a.connect(leg, MixID(leg.value))
            _ = run([a, b]) { _ in a.legs[leg]?.keys != nil && b.legs[leg]?.keys != nil }
            #expect(a.legs[leg]?.keys != nil && a.legs[leg]?.worker == worker)
            if leg == LegID(1) { b.close(leg) }
        }
        if firstIsClosed { a.close(LegID(1)) }
        b.connect(LegID(2), MixID(2))
        let ssrc = try #require(b.legs[LegID(2)]?.local.ssrc)
        let events = run([a, b]) { sources($0).contains(ssrc) }
        #expect(sources(events).contains(ssrc))
        #expect(a.legs.nextWake != nil)
        for leg in [LegID(1), LegID(2)] { a.close(leg) }
        #expect(a.legs.nextWake == nil && a.legs.isEmpty)
    }

    /// Lets a plane hear of STUN and DTLS once, but do nothing that time brings about.
    private func listen(_ plane: MediaPlane, losing isLost: ([UInt8]) -> Bool = { _ in false }) {
        var bell = pollfd(fd: plane.bellDescriptor, events: Int16(POLLIN), revents: 0)
        var byte: UInt8 = 0
        if poll(&bell, 1, 2) > 0 { _ = read(bell.fd, &byte, 1) }
        plane.bell.clear()
        while let (memory, label) = plane.workers[0].nextHandshake() {
            let bytes = Array(memory[..<label.length])
            plane.workers[0].dropHandshake()
            if isLost(bytes) { continue }
            plane.receive(bytes, from: label.source, to: plane.shared[label.socket].local, MonotonicClock.now)
        }
    }

    /// As clients do whose own check is answered before they answer ours.
    @Test func aHandshakeThatComesBeforeAPairNeedsNoRetransmission() throws {
        let (a, b) = (try MediaPlane.onLoopback(), try MediaPlane.onLoopback())
        defer { for plane in [a, b] { plane.stop() } }
        let leg = LegID(1)
        let (ours, theirs) = (try a.openICE(leg, isControlling: false), try b.openICE(leg, isControlling: true))
        for (plane, remote, isClient) in [(a, theirs, false), (b, ours, true)] {
            guard case .ice(let parameters, let candidates, let fingerprint) = remote.transport else { continue }
            plane.agree(
                leg, agreed(.ice(remote: parameters, fingerprints: [fingerprint], isDTLSClient: isClient), mux: true))
            // Only the client can begin: the server hears of its address by its check.
            if isClient { plane.addCandidates(leg, candidates) }
        }
        let (server, client) = (try #require(a.legs[leg]), try #require(b.legs[leg]))
        let end = MonotonicClock.now + .seconds(10)
        while client.selected == nil, MonotonicClock.now < end {
            b.wake(now: MonotonicClock.now)
            listen(a)
            // The server's first check is lost.
            listen(b) { $0.starts(with: [0, 1]) }
        }
        while server.flight.datagrams.isEmpty, MonotonicClock.now < end { listen(a) }
        #expect(!server.flight.datagrams.isEmpty && server.selected == nil)
        // Nothing of the handshake is sent a second time: nobody's clock goes on once the server has a pair.
        while server.selected == nil, MonotonicClock.now < end {
            a.wake(now: MonotonicClock.now)
            for plane in [b, a] { listen(plane) }
        }
        while server.keys == nil || client.keys == nil, MonotonicClock.now < end {
            for plane in [a, b] { listen(plane) }
        }
        #expect(server.keys != nil && client.keys != nil && server.flight.datagrams.isEmpty)
    }

    @Test func aFlightThatWaitsIsTheLatestAndBounded() {
        var flight = HeldFlight()
        flight.hold([[1], [2]])
        flight.hold([])
        #expect(flight.datagrams == [[1], [2]])
        flight.hold((0..<20).map { [UInt8($0)] })
        #expect(flight.datagrams == (0..<8).map { [UInt8($0)] })
        flight.hold(Array(repeating: [UInt8](repeating: 0, count: 5000), count: 3))
        #expect(flight.take().map(\.count) == [5000, 5000])
        #expect(flight.datagrams.isEmpty)
    }
}
