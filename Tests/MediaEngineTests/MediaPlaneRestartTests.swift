import Conference
import Glibc
import ICE
import Logging
import MediaDescription
import Primitives
import Testing

@testable import MediaEngine

/// ICE restart between two planes, with sound going on.
@Suite(.serialized) struct MediaPlaneRestartTests {
    private let pcmu = Codec(payloadType: 0, name: "PCMU", clockRate: 8000)
    private let leg = LegID(1)

    private func settle(_ plane: MediaPlane, with remote: LocalMedia, isClient: Bool) {
        guard case .ice(let parameters, let candidates, let fingerprint) = remote.transport else { return }
        plane.agree(
            leg,
            AgreedMedia(
                name: "0", sendCodec: pcmu, receiveCodecs: [pcmu], sendEvents: nil, receiveEvents: [],
                direction: .sendrecv, ptime: 20, rtcpMux: true, headerExtensions: [],
                transport: .ice(remote: parameters, fingerprints: [fingerprint], isDTLSClient: isClient)))
        plane.addCandidates(leg, candidates)
    }

    @Test func aRestartedLegKeepsItsKeysAndSelectsAPairUnderItsNewCredentials() throws {
        let (a, b) = (try MediaPlane.onLoopback(), try MediaPlane.onLoopback())
        defer { for plane in [a, b] { plane.stop() } }
        let (ours, theirs) = (try a.openICE(leg, isControlling: true), try b.openICE(leg, isControlling: false))
        settle(a, with: theirs, isClient: true)
        settle(b, with: ours, isClient: false)
        for plane in [a, b] { plane.connect(leg, MixID(1)) }
        _ = run([a, b]) { _ in a.legs[leg]?.keys != nil && b.legs[leg]?.keys != nil }
        let sender = try #require(a.legs[leg]?.local.ssrc)
        #expect(a.legs[leg]?.keys != nil && b.legs[leg]?.keys != nil)

        let (next, after) = (try a.restartICE(leg), try b.restartICE(leg))
        #expect(next.ssrc == sender && after.ssrc == theirs.ssrc)
        guard case .ice(let new, let candidates, _) = next.transport, case .ice(let old, let before, _) = ours.transport
        else { return }
        #expect(new.ufrag != old.ufrag && new.pwd != old.pwd && candidates == before)
        settle(b, with: next, isClient: false)
        settle(a, with: after, isClient: true)
        #expect(a.legs[leg]?.agent?.selectedPair != nil, "the old pair serves meanwhile")
        let events = run([a, b]) { _ in
            a.legs[leg]?.agent?.state == .completed && b.legs[leg]?.agent?.state == .completed
        }
        #expect(a.legs[leg]?.agent?.state == .completed && b.legs[leg]?.agent?.state == .completed)
        #expect(a.legs[leg]?.agent?.localCredentials.ufrag == new.ufrag)
        let failures = events.filter { if case .failed = $0 { true } else { false } }
        #expect(failures.isEmpty)
    }

    @Test func aLegWithoutICECannotBeginItAnew() throws {
        let plane = try MediaPlane.onLoopback()
        defer { plane.stop() }
        _ = try plane.openPlain(leg, towards: .loopback4)
        #expect(throws: MediaUnavailable.self) { try plane.restartICE(leg) }
        #expect(throws: MediaUnavailable.self) { try plane.restartICE(LegID(7)) }
    }
}
