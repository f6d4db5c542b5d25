import ICE
import MediaSecurity
import Primitives
import Testing

@testable import MediaEngine

/// What candidates are made of mappings and allocations.
@Suite struct TraversalTests {
    private let hosts = [SocketAddress(.v4(0x0a00_0002), 10_000), SocketAddress(.v4(0xcb00_7107), 10_000)]

    private func reflexive(
        _ socket: Int, _ mapped: SocketAddress, isOffered: Bool = true
    ) throws -> Reflexive {
        var mapping = STUNMapping(entropy: .system, hashing: .openSSL)
        mapping.start(now: .zero)
        let request = try STUNMessage(decoding: try #require(mapping.drain().first))
        let answer = STUNMessage(.success, request.transactionID, [.xorMappedAddress(mapped)])
        let isTaken = mapping.receive(answer.encoded(key: nil, hashing: .openSSL), now: .zero)
        #expect(isTaken)
        return Reflexive(
            socket: socket, server: SocketAddress(.v4(0xcb00_7101), 3478), isOffered: isOffered, mapping: mapping)
    }

    @Test func aMappingIsACandidateWhereThereIsANAT() throws {
        var traversal = Traversal()
        let outside = SocketAddress(.v4(0xc633_6401), 40_000)
        traversal.reflexive = [
            try reflexive(0, outside), try reflexive(0, outside), try reflexive(1, hosts[1]),
            try reflexive(0, SocketAddress(outside.ip, 443), isOffered: false),
        ]
        let candidates = traversal.candidates(hosts)
        #expect(candidates.map(\.address) == [outside])
        #expect(candidates.first?.kind == .srflx && candidates.first?.base == hosts[0])
        let host = Candidate.host(hosts[0])
        #expect(candidates.allSatisfy { $0.priority < host.priority && $0.foundation != host.foundation })
    }

    @Test func anAddressThatStandsForAChannelIsNobodys() {
        let one = SocketAddress.channel(0x4000, relay: 0)
        #expect(one.isChannel && one != .channel(0x4000, relay: 1) && one != .channel(0x4001, relay: 0))
        #expect(!hosts[0].isChannel)
    }
}
