import Primitives
import Testing

@testable import ICE

@Suite struct ICEAgentLifeTests {
    private func connected(seed: UInt64 = 1, nat: Bool = false) -> VirtualNetwork {
        var network = VirtualNetwork(seed: seed)
        if nat { network.nats[0] = .init(.v4(0xcb00_7101)) }
        network.introduceAll()
        network.run(until: .seconds(5))
        #expect(network.isCompleted)
        return network
    }

    @Test func consentIsAskedForEveryFiveSecondsOrSo() {
        var network = connected()
        let start = network.now
        network.run(until: start + .seconds(600))
        #expect(network.isCompleted)
        for index in 0...1 {
            let times = network.sent[index].filter { entry in
                entry.time > start && (try? STUNMessage(decoding: entry.packet.bytes).messageClass) == .request
            }.map(\.time)
            let gaps = zip(times.dropFirst(), times).map { $0 - $1 }
            #expect(gaps.allSatisfy { (.milliseconds(4000)) ... .milliseconds(6000) ~= $0 })
            #expect(Set(gaps).count > 50)
        }
    }

    @Test(arguments: 0..<10 as Range<UInt64>) func lossDoesNotEndTheConsent(seed: UInt64) {
        var network = connected(seed: seed)
        network.loss = 0.1
        network.run(until: network.now + .seconds(300))
        #expect(network.isCompleted)
    }

    @Test func aPeerThatFallsSilentLosesConsentAfterHalfAMinute() throws {
        var network = connected()
        let cut = network.now
        network.isCut = true
        network.run(until: cut + .seconds(60))
        for index in 0...1 {
            #expect(network.agents[index].state == .failed(.consentLost))
            let failed = try #require(network.events[index].first { $0.event == .failed(.consentLost) })
            #expect(((.seconds(23)) ... .seconds(30)).contains(failed.time - cut))
            #expect(!network.sent[index].contains { $0.time > failed.time })
        }
    }

    @Test func aNewNATMappingIsFollowed() throws {
        var network = connected(nat: true)
        network.nats[0]?.mappings = []
        let moved = network.now
        network.run(until: moved + .seconds(90))
        #expect(network.agents.allSatisfy { $0.selectedPair != nil }, "\(network.agents.map(\.state))")
        let outside = try #require(network.nats[0]?.mappings.last?.outside)
        #expect(network.agents[1].selectedPair?.remote.address == outside)
    }

    @Test(arguments: [0, 1]) func aRestartKeepsTheOldPairUntilTheNewOneIsNominated(initiator: Int) {
        var network = connected()
        let answerer = 1 - initiator
        let before = network.agents.map(\.selectedPair)
        let restarted = network.now
        network.call(initiator) { $0.restart(.random(.seeded(77)), now: $1) }
        network.run(until: restarted + .seconds(12))
        #expect(network.agents.map(\.selectedPair) == before)
        #expect(network.agents[initiator].state == .connected)
        #expect(network.agents[answerer].state == .completed)

        network.introduce(initiator, to: answerer)
        network.signal(initiator, to: answerer)
        network.call(answerer) { $0.restart(.random(.seeded(78)), now: $1) }
        network.run(until: restarted + .seconds(14))
        #expect(network.agents.map(\.selectedPair) == before)
        network.introduce(answerer, to: initiator)
        network.signal(answerer, to: initiator)
        network.run(until: restarted + .seconds(16))
        #expect(network.isCompleted)
        network.expectOnePair()
        for index in 0...1 {
            let events = network.events[index].filter { $0.time > restarted }.map(\.event)
            #expect(events.contains { if case .selected(let pair) = $0 { pair.isNominated } else { false } })
            #expect(!events.contains(.connected))
        }
        network.run(until: restarted + .seconds(200))
        #expect(network.isCompleted)
    }

    @Test(arguments: 0..<20 as Range<UInt64>) func aRestartMovesTheCallToAnotherAddress(seed: UInt64) {
        var network = connected(seed: seed)
        network.loss = 0.15
        network.delay = 5...150
        network.addresses[0] = ["203.0.113.5:4000"]
        let credentials = ICECredentials.random(.seeded(seed))
        var moved = ICEAgent(credentials: credentials, role: .controlling, entropy: .seeded(seed), hashing: .test)
        moved.addLocalCandidate(.host("203.0.113.5:4000"), now: network.now)
        network.agents[0] = moved
        network.introduce(0, to: 1)
        network.call(1) { $0.restart(.random(.seeded(seed + 1)), now: $1) }
        network.signal(0, to: 1)
        network.introduce(1, to: 0)
        network.signal(1, to: 0)
        network.run(until: network.now + .seconds(20)) { $0.isCompleted }
        #expect(network.isCompleted)
        network.expectOnePair()
        #expect(network.agents[1].selectedPair?.remote.address == "203.0.113.5:4000")
    }

    @Test func theAnswererOfARestartMayTakeItsOwnNewCredentialsFirst() {
        var network = connected()
        network.call(0) { $0.restart(.random(.seeded(7)), now: $1) }
        network.call(1) { $0.restart(.random(.seeded(8)), now: $1) }
        network.introduceAll()
        network.run(until: network.now + .seconds(2))
        #expect(network.isCompleted)
        network.expectOnePair()
    }

    @Test func aRestartRevivesAFailedAgent() {
        var network = connected()
        network.isCut = true
        network.run(until: network.now + .seconds(60))
        network.isCut = false
        network.call(0) { $0.restart(.random(.seeded(7)), now: $1) }
        network.introduce(0, to: 1)
        network.call(1) { $0.restart(.random(.seeded(8)), now: $1) }
        network.signal(0, to: 1)
        network.introduce(1, to: 0)
        network.signal(1, to: 0)
        network.run(until: network.now + .seconds(2))
        #expect(network.isCompleted)
        #expect(network.events[0].filter { $0.event == .connected }.count == 2)
    }

    @Test func aRestartThatIsNeverAnsweredEndsWithTheOldPair() {
        var network = connected()
        network.call(0) { $0.restart(.random(.seeded(7)), now: $1) }
        network.run(until: network.now + .seconds(100))
        #expect(network.agents[0].state == .connected)
        network.isCut = true
        network.run(until: network.now + .seconds(40))
        #expect(network.agents[0].state == .failed(.consentLost))
    }
}
