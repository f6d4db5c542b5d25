import Primitives
import Testing

@testable import ICE

@Suite struct CandidateTests {
    @Test func prioritiesFollowTheFormula() {
        #expect(Candidate.priority(.host, localPreference: 65_535, component: 1) == 2_130_706_431)
        #expect(Candidate.priority(.relay, localPreference: 0, component: 256) == 0)
        #expect(
            CandidatePair.priority(controlling: 0x7fff_ffff, controlled: 1) == 1 << 32 + 2 * 0x7fff_ffff + 1)
        #expect(CandidatePair.priority(controlling: 5, controlled: 5) == 5 << 32 + 10)
        _ = CandidatePair.priority(controlling: .max, controlled: .max)
    }

    @Test func betterScopesComeFirstAndIPv6BeforeIPv4() {
        let addresses: [SocketAddress] = [
            "[2001:db8::1]:1", "192.0.2.1:1", "[fe80::1]:1", "169.254.0.1:1", "[::1]:1", "127.0.0.1:1",
        ]
        let priorities = addresses.map { Candidate.host($0).priority }
        #expect(priorities == priorities.sorted(by: >))
        #expect(Set(priorities).count == priorities.count)
        #expect(Candidate.host("[2001:db8::1]:1", index: 1).priority < Candidate.host("192.0.2.1:1").priority)
        #expect(Candidate.host("192.0.2.1:1", index: .max).priority > Candidate.host("[fe80::1]:1").priority)
    }

    @Test func candidatesOfOneBaseAndKindShareAFoundation() {
        #expect(Candidate.host("192.0.2.1:1").foundation == Candidate.host("192.0.2.1:2").foundation)
        #expect(Candidate.host("192.0.2.1:1").foundation != Candidate.host("192.0.2.2:1").foundation)
        #expect(
            Candidate.foundation(.srflx, base: .loopback4, server: "192.0.2.9:3478")
                != Candidate.foundation(.host, base: .loopback4))
    }
}
