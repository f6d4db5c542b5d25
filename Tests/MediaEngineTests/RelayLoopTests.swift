import Conference
import ICE
import Media
import MediaSecurity
import Primitives
import Testing

@testable import MediaEngine

/// Media of a leg by a channel of a TURN server (RFC 8656 section 12), on a media thread's loop without a thread.
@Suite struct RelayLoopTests {
    private let worker: MediaWorker
    private let wakeups = [Wakeup()]
    private let shared: UDPSocket
    private let server: UDPSocket
    private let stranger: UDPSocket
    private let clock = MediaClock(instant: .zero, wall: WallTime(milliseconds: 0))
    private let id = LegID(1)

    init() throws {
        worker = MediaWorker(index: 0, wakeup: wakeups[0], bell: try ControlBell())
        let any = SocketAddress(.loopback4, 0)
        (shared, server, stranger) = (try UDPSocket(bind: any), try UDPSocket(bind: any), try UDPSocket(bind: any))
    }

    private func loop() -> WorkerLoop {
        var loop = WorkerLoop(
            worker, shared: [shared], links: WorkerLinks(wakeups), configuration: MixConfiguration())
        loop.obey(.relays([SocketAddress(.any4, 0), server.local]))
        return loop
    }

    /// A leg in a room, with keys.
    private func join(_ loop: inout WorkerLoop) throws {
        let keys = SRTPKeys(
            profile: .aes128CMSHA1_80, send: Array(repeating: 1, count: 30), receive: Array(repeating: 2, count: 30))
        let format = LegMediaSettings.Format(payloadType: 0, codec: .pcmu)
        loop.obey(.open(id, .shared))
        loop.obey(
            .secure(
                id, SRTPPair(outbound: try SRTPSession(sending: keys), inbound: try SRTPSession(receiving: keys))))
        loop.obey(
            .join(
                id, MixID(1),
                try MediaLeg(
                    LegMediaSettings(send: format, receive: [format], ssrc: 5, cname: "test"), clock: clock, seed: 5)))
    }

    private func tick(_ loop: inout WorkerLoop) {
        for _ in 0..<100 {
            for room in 0..<loop.rooms.bound where loop.rooms.isTaken(room) { loop.tick(room) }
        }
    }

    private func received(_ socket: UDPSocket, _ loop: borrowing WorkerLoop) -> [[UInt8]] {
        var found: [[UInt8]] = []
        while case .datagram(let length, _, _) = socket.descriptor.receive(into: loop.buffer) {
            found.append(Array(loop.buffer[..<length]))
        }
        return found
    }

    private func send(_ bytes: [UInt8], from socket: UDPSocket) {
        bytes.withUnsafeBytes { socket.descriptor.send($0, to: shared.local) }
    }

    @Test func whatALegIsSentGoesByItsChannel() throws {
        var loop = loop()
        try join(&loop)
        loop.obey(.route(id, .relayed(socket: 0, server: server.local, channel: 0x4123)))
        tick(&loop)
        let packets = received(server, loop)
        #expect(packets.count >= 5)
        for packet in packets {
            let data = try #require(ChannelData(decoding: packet))
            #expect(data.channel == 0x4123 && data.payload.count == packet.count - 4)
            #expect((0x80...0xbf).contains(try #require(data.payload.first)))
        }
        loop.obey(.route(id, .selected(socket: 0, remote: stranger.local)))
        tick(&loop)
        let direct = received(stranger, loop)
        #expect(!direct.isEmpty)
        #expect(direct.allSatisfy { $0.first.map { (0x80...0xbf).contains($0) } ?? false })
        let left = received(server, loop)
        #expect(left.isEmpty)
    }

    @Test func mediaOfAChannelIsItsLegs() throws {
        var loop = loop()
        try join(&loop)
        loop.obey(.route(id, .alias(.channel(0x4123, relay: 1))))
        // Without the right keys it is refused, which tells that it was taken for the leg's.
        let media: [UInt8] = [0x80, 0] + Array(repeating: 9, count: 60)
        send(ChannelData(channel: 0x4124, payload: media).encoded, from: server)
        send(ChannelData(channel: 0x4123, payload: media).encoded, from: stranger)
        send(ChannelData(channel: 0x4123, payload: media).encoded.dropLast(), from: server)
        loop.readShared(0)
        let early = worker.nextNotice() != nil
        #expect(!early)
        send(ChannelData(channel: 0x4123, payload: media).encoded + [0, 0], from: server)
        loop.readShared(0)
        guard case .refused(id, 1, _)? = worker.nextNotice() else { return #expect(Bool(false), "not the leg's") }
    }

    @Test func whatIsNoMediaGoesToTheControlLoopAsItIs() throws {
        var loop = loop()
        for first: UInt8 in [0, 1, 20, 22, 63] {
            let bytes = ChannelData(channel: 0x4123, payload: [first, 1, 2]).encoded
            send(bytes, from: stranger)
            send(bytes, from: server)
            loop.readShared(0)
            let (memory, label) = try #require(worker.nextHandshake())
            #expect(Array(memory[..<label.length]) == bytes)
            #expect(label.source == server.local)
            worker.dropHandshake()
            let more = worker.nextHandshake() != nil
            #expect(!more)
        }
        for odd: [UInt8] in [[0x40], [0x41, 0x23, 0, 0], [0x41, 0x23, 0xff, 0xff, 1], [0x41, 0x23, 0, 2, 0]] {
            send(odd, from: server)
        }
        loop.readShared(0)
        let left = worker.nextHandshake() != nil
        #expect(!left)
    }
}
