import Conference
import Glibc
import MediaDescription
import Primitives
import Testing

@testable import MediaEngine

/// Calls of two on a media thread, with sockets.
@Suite(.serialized) struct RelayPlaneTests {
    private let pcmu = Codec(payloadType: 0, name: "PCMU", clockRate: 8000)
    private let opus = Codec(payloadType: 96, name: "opus", clockRate: 48_000, channels: 2)

    private func agreed(_ codec: Codec, _ peer: UDPSocket) -> AgreedMedia {
        AgreedMedia(
            name: "0", sendCodec: codec, receiveCodecs: [codec], sendEvents: nil, receiveEvents: [],
            direction: .sendrecv, ptime: 20, rtcpMux: true, headerExtensions: [],
            transport: .plain(rtp: peer.local, rtcp: peer.local))
    }

    private func rtp(_ ssrc: UInt8, _ sequence: UInt8) -> [UInt8] {
        let time = UInt16(sequence) * 160
        let header = [
            0x80, 0, 0, sequence, 0, 0, UInt8(time >> 8), UInt8(truncatingIfNeeded: time), 0, 0, 0, ssrc,
        ]
        return header + [UInt8](repeating: 0x20 &+ sequence, count: 160)
    }

    private func received(_ socket: UDPSocket) -> [[UInt8]] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 16)
        defer { buffer.deallocate() }
        var all: [[UInt8]] = []
        while case .datagram(let length, _, _) = socket.descriptor.receive(into: buffer) {
            if length > 1, buffer[1] < 192 || buffer[1] > 223 { all.append(Array(buffer[..<length])) }
        }
        return all
    }

    @Test(arguments: [true, false]) func aPacketIsPassedOnAtOnce(isSaidFirst: Bool) throws {
        let plane = try MediaPlane.onLoopback()
        defer { plane.stop() }
        let peers = try (1...2).map { _ in try UDPSocket(bind: SocketAddress(.loopback4, 0)) }
        var ports: [SocketAddress] = []
        if isSaidFirst { plane.setRelays(MixID(1), true) }
        for (number, peer) in zip(1..., peers) {
            let leg = LegID(UInt64(number))
            let local = try plane.openPlain(leg, towards: .loopback4)
            guard case .plain(let address, _) = local.transport else { return }
            ports.append(address)
            plane.agree(leg, agreed(pcmu, peer))
            plane.connect(leg, MixID(1))
        }
        if !isSaidFirst { plane.setRelays(MixID(1), true) }
        _ = run([plane], .milliseconds(100)) { _ in false }
        for number in 0..<40 {
            for (index, peer) in peers.enumerated() {
                rtp(UInt8(index + 1), UInt8(number)).withUnsafeBytes {
                    peer.descriptor.send($0, to: ports[index])
                }
            }
            _ = run([plane], .milliseconds(5)) { _ in false }
        }
        _ = run([plane], .milliseconds(50)) { _ in false }
        for (index, peer) in peers.enumerated() {
            let sound = received(peer).filter { $0.count == 172 && $0[11] != UInt8(index + 1) && $0[12] >= 0x20 }
            #expect(sound.count >= 40)
            #expect(sound.suffix(40).map { $0[12] } == (0..<40).map { 0x20 + UInt8($0) })
        }
        for number in 1...2 { plane.close(LegID(UInt64(number))) }
        var records: [CallRecord.Media] = []
        _ = run([plane]) { events in
            records = events.compactMap { if case .closed(_, let media) = $0 { media } else { nil } }
            return records.count == 2
        }
        #expect(records.map(\.packetsRelayed) == [40, 40])
        #expect(records.allSatisfy { $0.packetsDecoded == 0 && $0.packetsEncoded == 0 })
    }

    @Test func whatTheOtherLegOfAPairTakesIsKnownFromOfferOrAnswer() throws {
        let plane = try MediaPlane.onLoopback()
        defer { plane.stop() }
        let (caller, callee) = (LegID(1), LegID(2))
        plane.offered(caller, [opus, pcmu])
        #expect(plane.preferred(callee).isEmpty)
        plane.pair(callee, caller)
        #expect(plane.preferred(callee) == [opus, pcmu])
        #expect(plane.preferred(caller).isEmpty)
        let peer = try UDPSocket(bind: SocketAddress(.loopback4, 0))
        _ = try plane.openPlain(callee, towards: .loopback4)
        plane.agree(callee, agreed(pcmu, peer))
        #expect(plane.preferred(caller) == [pcmu])
        // Another is called instead.
        plane.unpair(callee)
        plane.close(callee)
        #expect(plane.preferred(caller).isEmpty)
        plane.pair(LegID(3), caller)
        #expect(plane.preferred(LegID(3)) == [opus, pcmu])
        plane.pair(LegID(4), caller)
        #expect(plane.preferred(LegID(3)).isEmpty)
        plane.unpair(caller)
        #expect(plane.preferred(LegID(4)).isEmpty)
    }
}
