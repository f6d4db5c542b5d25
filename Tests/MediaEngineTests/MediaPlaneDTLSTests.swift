import Conference
import Glibc
import Logging
import MediaDescription
import Primitives
import Testing

@testable import MediaEngine

/// DTLS-SRTP on a leg's own ports (RFC 5763): two planes call each other.
@Suite(.serialized) struct MediaPlaneDTLSTests {
    private static let leg = LegID(1)

    private final class Side {
        let plane: MediaPlane
        let local: LocalMedia
        var events: [MediaPlane.Event] = []

        init() throws {
            plane = try .onLoopback()
            local = try plane.openPlain(leg, towards: .loopback4)
        }

        var hasSource: Bool { events.contains { if case .source = $0 { true } else { false } } }
        var failures: [EndReason] { events.compactMap { if case .failed(_, let reason) = $0 { reason } else { nil } } }
    }

    private func run(_ sides: [Side], _ time: Duration = .seconds(10), until isDone: () -> Bool) {
        let end = MonotonicClock.now + time
        while !isDone(), MonotonicClock.now < end {
            for side in sides { side.events += side.plane.turn() }
        }
    }

    /// An offer of one side and the answer of the other, as both settle them.
    private func agree(
        _ a: Side, _ b: Side, mux: Bool, change: (inout AgreedMedia) -> Void = { _ in }
    ) throws {
        let origin = Origin(sessionID: 1, version: 1, address: "127.0.0.1")
        var offer = Negotiation.offer(local: a.local, origin: origin, protection: .dtls)
        offer.contents[0].rtcpMux = mux
        var (answer, theirs) = try Negotiation.answer(to: offer, local: b.local, origin: origin)
        let ours = try Negotiation.conclude(offer: offer, answer: answer)
        #expect(ours.rtcpMux == mux && theirs.rtcpMux == mux)
        change(&theirs)
        a.plane.agree(Self.leg, ours)
        b.plane.agree(Self.leg, theirs)
        for side in [a, b] { side.plane.connect(Self.leg, MixID(1)) }
    }

    /// Opus, sent while nobody talks, shows by its source once it is deciphered; RTCP by its round trip.
    @Test(arguments: [true, false]) func bothHearEachOtherOnceTheHandshakeIsThrough(mux: Bool) throws {
        let (a, b) = (try Side(), try Side())
        defer {
            a.plane.stop()
            b.plane.stop()
        }
        try agree(a, b, mux: mux)
        run([a, b]) { a.hasSource && b.hasSource }
        #expect(a.hasSource && b.hasSource)
        for side in [a, b] {
            let session = try #require(side.plane.legs[Self.leg])
            #expect(session.keys != nil && session.direct?.isSettled == true)
            #expect((session.controlKeys != nil) == !mux)
            #expect(session.controlKeys != session.keys)
        }
        let keys = a.plane.legs[Self.leg]?.keys
        // The same again changes nothing.
        try agree(a, b, mux: mux)
        run([a, b], .milliseconds(100)) { false }
        #expect(a.plane.legs[Self.leg]?.keys == keys && a.failures.isEmpty && b.failures.isEmpty)
    }

    @Test func anotherCertificateThanAnnouncedEndsTheCall() throws {
        let (a, b) = (try Side(), try Side())
        defer {
            a.plane.stop()
            b.plane.stop()
        }
        try agree(a, b, mux: true) { agreed in
            agreed.dtls?.fingerprints = [Fingerprint(hash: "sha-256", bytes: Array(repeating: 7, count: 32))]
        }
        run([a, b]) { !b.failures.isEmpty }
        #expect(b.failures == [.insecure] && !a.hasSource && !b.hasSource)
    }

    @Test func nothingInTheClearIsTakenOrSent() throws {
        let a = try Side()
        defer { a.plane.stop() }
        let peer = try UDPSocket(bind: SocketAddress(.loopback4, 0))
        guard case .plain(let rtp, _) = a.local.transport else { return }
        let pcmu = Codec(payloadType: 0, name: "PCMU", clockRate: 8000)
        a.plane.agree(
            Self.leg,
            AgreedMedia(
                name: "0", sendCodec: pcmu, receiveCodecs: [pcmu], sendEvents: nil, receiveEvents: [],
                direction: .sendrecv, ptime: 20, rtcpMux: true, headerExtensions: [],
                transport: .plain(rtp: peer.local, rtcp: peer.local),
                dtls: AgreedDTLS(
                    fingerprints: [Fingerprint(hash: "sha-256", bytes: Array(repeating: 7, count: 32))],
                    isClient: true)))
        a.plane.connect(Self.leg, MixID(1))
        var sequence: UInt8 = 0
        var heard: Set<UInt8> = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 16)
        defer { buffer.deallocate() }
        run([a], .milliseconds(400)) {
            let packet: [UInt8] =
                [0x80, 0, 0, sequence, 0, 0, 0, sequence, 0, 0, 0, 5] + Array(repeating: 0x55, count: 160)
            packet.withUnsafeBytes { peer.descriptor.send($0, to: rtp) }
            sequence &+= 1
            while case .datagram(let length, _, _) = peer.descriptor.receive(into: buffer) {
                if length > 0 { heard.insert(buffer[0]) }
            }
            return false
        }
        #expect(!a.hasSource && heard == [22], "a ClientHello and nothing else")
    }
}
