import Primitives
import Testing

@testable import ICE

/// What an agent makes of peers that are strange, hostile or lite.
@Suite struct ICEAgentPeerTests {
    private let high: SocketAddress = "198.51.100.1:5000"
    private let low: SocketAddress = "198.51.100.2:5000"
    private let controlling: [STUNAttribute] = [.iceControlling(1), .useCandidate]

    private func peer(_ role: ICERole = .controlled) -> FakePeer { FakePeer(role: role, candidates: [high, low]) }

    @Test func ofAllPairsAnAggressivePeerNominatesTheHighestIsUsed() {
        var peer = peer()
        peer.check(from: low, controlling)
        peer.answerAll()
        peer.pass(.milliseconds(200))
        #expect(peer.agent.selectedPair?.remote.address == low)
        #expect(peer.agent.state == .completed)
        peer.check(from: high, controlling)
        peer.check(from: low, controlling)
        peer.pass(.milliseconds(200))
        #expect(peer.agent.selectedPair?.remote.address == high)
        peer.check(from: low, controlling)
        peer.pass(.milliseconds(200))
        #expect(peer.agent.selectedPair?.remote.address == high)
        #expect(peer.agent.selectedPair?.isNominated == true)
    }

    @Test func aPeerMayMoveToALowerPairLater() {
        var peer = peer()
        peer.check(from: high, controlling)
        peer.pass(.seconds(1))
        #expect(peer.agent.selectedPair?.remote.address == high)
        peer.pass(.seconds(10))
        peer.check(from: low, controlling)
        peer.pass(.seconds(1))
        #expect(peer.agent.selectedPair?.remote.address == low)
        peer.pass(.seconds(100))
        #expect(peer.agent.state == .completed)
    }

    @Test func aNominationBeforeOurOwnCheckSucceededCounts() {
        var peer = peer()
        peer.check(from: high, controlling)
        #expect(peer.agent.selectedPair == nil)
        peer.answerAll()
        #expect(peer.agent.selectedPair?.isNominated == true)
    }

    @Test func useCandidateFromTheControlledSideMeansNothing() {
        var peer = peer(.controlling)
        peer.isSilent = true
        peer.check(from: high, [.iceControlled(1), .useCandidate])
        peer.pass(.seconds(1))
        #expect(peer.lastCode == 0)
        #expect(peer.agent.selectedPair == nil)
    }

    @Test func theControllingSideNominatesOnePairByACheckOfItsOwn() {
        var peer = peer(.controlling)
        peer.isSilent = true
        peer.pass(.milliseconds(100))
        let plain = peer.asked
        #expect(plain.allSatisfy { !$0.message.attributes.contains(.useCandidate) })
        peer.isSilent = false
        peer.answerAll()
        #expect(peer.agent.selectedPair?.isNominated == true)
        #expect(peer.agent.selectedPair?.remote.address == high)
    }

    @Test func withALitePeerWeControl() {
        var peer = FakePeer(role: .controlled, isLite: true, candidates: [high])
        #expect(peer.agent.role == .controlling)
        #expect(peer.events.contains(.roleChanged(.controlling)))
        peer.pass(.seconds(1))
        peer.answerAll()
        #expect(peer.agent.state == .completed)
    }

    @Test func aCheckWithTheWrongPasswordIsRefusedAndChangesNothing() {
        var peer = peer()
        let bytes = peer.request(controlling, password: "wrongwrongwrongwrongwrong")
        peer.receive(bytes, from: "203.0.113.9:9")
        #expect(peer.lastCode == 401)
        #expect(peer.answers.last?.integrity == nil)
        #expect(peer.events == [.refused(SocketAddress(.v4(0xcb00_7109), 9), code: 401)])
        #expect(peer.agent.remoteCandidates.count == 2)
        #expect(peer.agent.checks.pairs.count == 2)
    }

    @Test func aCheckForSomebodyElseIsMetWithSilence() {
        var peer = peer()
        for name in ["zzzz:fake", ":", "", "zzzz"] {
            let bytes = peer.request(controlling, username: name)
            peer.receive(bytes, from: high)
        }
        #expect(peer.answers.isEmpty && peer.events.isEmpty)
    }

    @Test func aCheckWithoutCredentialsIsABadRequest() {
        var peer = peer()
        let bare = STUNMessage(.request, STUNTransactionID(high: 1, low: 1))
        peer.receive(bare.encoded(key: nil, hashing: .test), from: high)
        #expect(peer.lastCode == 400)
        #expect(peer.events.count == 1)
    }

    @Test func attributesThatMustBeUnderstoodAndAreNotAreNamed() {
        var peer = peer()
        peer.check(from: high, [.other(type: 0x7123, value: [1]), .other(type: 0xc057, value: [0, 0, 0, 1])])
        #expect(peer.lastCode == 420)
        #expect(peer.answers.last?.attributes.contains(.unknownAttributes([0x7123])) == true)
        peer.check(from: high, [.other(type: 0xc057, value: [0, 0, 0, 1])])
        #expect(peer.lastCode == 0)
    }

    @Test func theLowerTieBreakerGivesWay() {
        var peer = peer(.controlling)
        peer.check(from: high, [.iceControlling(0)])
        #expect(peer.lastCode == 487 && peer.agent.role == .controlling)
        peer.check(from: high, [.iceControlling(.max)])
        #expect(peer.lastCode == 0 && peer.agent.role == .controlled)
        peer.check(from: high, [.iceControlled(.max)])
        #expect(peer.lastCode == 487 && peer.agent.role == .controlled)
        peer.check(from: high, [.iceControlled(0)])
        #expect(peer.lastCode == 0 && peer.agent.role == .controlling)
    }

    @Test func aPeerThatOnlyReportsConflictsIsNotFollowedForever() {
        var peer = peer()
        peer.isSilent = true
        var refused = 0
        for _ in 0..<400 {
            peer.pass(.milliseconds(50))
            while !peer.asked.isEmpty {
                let (packet, message) = peer.asked.removeFirst()
                refused += 1
                let answer = STUNMessage(.error, message.transactionID, [.errorCode(487, reason: "")])
                peer.receive(
                    answer.encoded(key: Array(peer.credentials.pwd.utf8), hashing: .test), from: packet.remote)
            }
        }
        #expect(refused <= 12)
    }

    @Test func anAnswerThatIsNotSignedOrComesFromElsewhereProvesNothing() throws {
        var peer = peer()
        peer.isSilent = true
        let (packet, message) = try #require(peer.asked.first)
        let answer = STUNMessage(.success, message.transactionID, [.xorMappedAddress(packet.local)])
        peer.receive(answer.encoded(key: nil, hashing: .test), from: packet.remote)
        peer.receive(answer.encoded(key: Array("wrong".utf8), hashing: .test), from: packet.remote)
        #expect(peer.events.isEmpty)
        peer.receive(
            answer.encoded(key: Array(peer.credentials.pwd.utf8), hashing: .test), from: "203.0.113.9:9")
        #expect(peer.events.isEmpty)
        #expect(peer.agent.checks.pairs.first { $0.remote.address == packet.remote }?.state == .failed)
    }

    @Test func anUnsignedErrorDoesNotFailAPair() throws {
        var peer = peer()
        let (packet, message) = try #require(peer.asked.first)
        let answer = STUNMessage(.error, message.transactionID, [.errorCode(401, reason: "")])
        peer.receive(answer.encoded(key: nil, hashing: .test), from: packet.remote)
        peer.pass(.seconds(2))
        #expect(peer.agent.selectedPair?.remote.address == high)
    }

    @Test func cutAndMutatedPacketsChangeNothing() {
        var peer = peer()
        peer.isSilent = true
        let check = peer.request(controlling)
        let answer = STUNMessage(
            .success, peer.asked.first?.message.transactionID ?? STUNTransactionID(high: 0, low: 0),
            [.xorMappedAddress("192.0.2.1:4000")]
        ).encoded(key: Array(peer.credentials.pwd.utf8), hashing: .test)
        var random = SplitMix64(4)
        for original in [check, answer] {
            for length in 0..<original.count - 8 { peer.receive(Array(original.prefix(length)), from: high) }
            for index in original.indices.dropLast(8) {
                var bytes = original
                bytes[index] ^= UInt8.random(in: 1...255, using: &random)
                peer.receive(bytes, from: high)
            }
            for _ in 0..<2000 {
                let junk = (0..<Int.random(in: 0...120, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
                peer.receive(Array(original.prefix(Int.random(in: 0...40, using: &random))) + junk, from: high)
            }
        }
        #expect(peer.events.isEmpty)
        #expect(peer.agent.state == .checking)
        #expect(!peer.answers.contains { $0.messageClass == .success })
        peer.receive(check, from: high)
        #expect(peer.lastCode == 0)
    }

    @Test func aPeerThatChecksFromThousandsOfPortsIsBounded() {
        var peer = peer()
        peer.isSilent = true
        for port in 1...3000 as ClosedRange<UInt16> {
            peer.check(from: SocketAddress(.v4(0xcb00_7109), port), [.iceControlling(1)])
        }
        #expect(peer.agent.remoteCandidates.count <= 34)
        #expect(peer.agent.checks.pairs.count <= 100)
        #expect(peer.agent.transactions.count <= 256)
        #expect(peer.agent.learned.count <= 256)
        let before = peer.asked.count
        peer.pass(.seconds(1))
        #expect(peer.asked.count - before <= 150)
    }

    @Test func aPeerWithoutCredentialsYetIsRememberedWithinBounds() {
        var agent = ICEAgent(credentials: .random(.seeded(1)), role: .controlling, entropy: .seeded(2), hashing: .test)
        agent.addLocalCandidate(.host("192.0.2.1:4000"), now: .zero)
        for port in 1...500 as ClosedRange<UInt16> {
            let request = STUNMessage(
                .request, STUNTransactionID(high: 1, low: UInt64(port)),
                [.username("\(agent.localCredentials.ufrag):peer"), .priority(1), .iceControlled(1)])
            _ = agent.receive(
                request.encoded(key: Array(agent.localCredentials.pwd.utf8), hashing: .test),
                from: SocketAddress(.v4(0xcb00_7109), port), to: "192.0.2.1:4000", now: .zero)
        }
        #expect(agent.drain().count == 500)
        #expect(agent.early.count <= 32)
        #expect(agent.nextWake == nil)
    }
}
