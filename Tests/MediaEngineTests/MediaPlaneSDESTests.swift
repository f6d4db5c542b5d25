import Conference
import Glibc
import Logging
import MediaDescription
import MediaSecurity
import Primitives
import Testing

@testable import MediaEngine

/// A leg without ICE under SDES keys (RFC 4568).
@Suite(.serialized) struct MediaPlaneSDESTests {
    private func agreed(_ peer: SocketAddress, _ sdes: AgreedSDES?) -> AgreedMedia {
        let pcmu = Codec(payloadType: 0, name: "PCMU", clockRate: 8000)
        return AgreedMedia(
            name: "0", sendCodec: pcmu, receiveCodecs: [pcmu], sendEvents: nil, receiveEvents: [],
            direction: .sendrecv, ptime: 20, rtcpMux: true, headerExtensions: [],
            transport: .plain(rtp: peer, rtcp: peer), sdes: sdes)
    }

    /// Sends a packet every 2 ms until the plane has heard of its source, or 300 ms.
    private func isHeard(
        _ plane: MediaPlane, _ ssrc: UInt8, _ socket: UDPSocket, _ address: SocketAddress,
        _ protect: (UnsafeMutableRawBufferPointer, Int) -> Int
    ) -> Bool {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256, alignment: 16)
        defer { buffer.deallocate() }
        let end = MonotonicClock.now + .milliseconds(300)
        var sequence: UInt8 = 0
        while MonotonicClock.now < end {
            let packet: [UInt8] = [0x80, 0, 0, sequence, 0, 0, 0, sequence, 0, 0, 0, ssrc]
            buffer.copyBytes(from: packet + [UInt8](repeating: 0x55, count: 160))
            let length = protect(buffer, 172)
            socket.descriptor.send(UnsafeRawBufferPointer(rebasing: buffer[..<length]), to: address)
            sequence &+= 1
            usleep(2_000)
            plane.answerBell()
            for case .source(_, UInt32(ssrc)) in plane.drain() { return true }
        }
        return false
    }

    @Test func onlySRTPUnderTheAgreedKeyIsTaken() throws {
        let plane = try MediaPlane.onLoopback()
        defer { plane.stop() }
        let peer = try UDPSocket(bind: SocketAddress(.loopback4, 0))
        let local = try plane.openPlain(LegID(1), towards: .loopback4)
        guard case .plain(let rtp, _) = local.transport else { return }
        let send = try #require(local.cryptos.first?.key)
        #expect(local.cryptos.count == 3)
        func theirs() throws -> SDESKey { try #require(SDESCrypto.fresh(.system).first?.key) }
        func keys(_ key: SDESKey) -> SRTPKeys {
            SRTPKeys(profile: .aes128CMSHA1_80, send: key.bytes.secret, receive: send.bytes.secret)
        }
        let first = try theirs()
        plane.agree(LegID(1), agreed(peer.local, AgreedSDES(send: send, receive: first)))
        plane.connect(LegID(1), MixID(1))
        #expect(!isHeard(plane, 1, peer, rtp) { _, count in count })
        var session = try SRTPSession(sending: keys(first))
        #expect(isHeard(plane, 2, peer, rtp) { (try? session.protect(rtp: $0, count: $1)) ?? 0 })
        // Another key of the peer's, ours unchanged.
        let second = try theirs()
        plane.agree(LegID(1), agreed(peer.local, AgreedSDES(send: send, receive: second)))
        #expect(!isHeard(plane, 3, peer, rtp) { (try? session.protect(rtp: $0, count: $1)) ?? 0 })
        session = try SRTPSession(sending: keys(second))
        #expect(isHeard(plane, 4, peer, rtp) { (try? session.protect(rtp: $0, count: $1)) ?? 0 })
    }
}
