import Primitives
import Testing

@testable import ICE

@Suite struct ICEAgentConnectivityTests {
    private static let dualStack: [[SocketAddress]] = [
        ["192.0.2.1:4000", "[2001:db8::1]:4000", "127.0.0.1:4000"],
        ["198.51.100.1:5000", "[2001:db8::2]:5000", "[fe80::2]:5000"],
    ]

    @Test func twoAgentsConnectWithinASecond() {
        var network = VirtualNetwork()
        network.introduceAll()
        network.run(until: .seconds(1)) { $0.isCompleted }
        #expect(network.isCompleted)
        network.expectOnePair()
        for index in 0...1 {
            let events = network.events[index].map(\.event)
            #expect(events.filter { $0 == .connected }.count == 1)
            let other = network.addresses[1 - index][0]
            #expect(events.contains(.learned(other, isProven: true)))
        }
    }

    @Test func selectedComesBeforeConnected() throws {
        var network = VirtualNetwork()
        network.introduceAll()
        network.run(until: .seconds(1))
        let events = network.events[1].map(\.event)
        let connected = try #require(events.firstIndex(of: .connected))
        let selected = events.firstIndex { if case .selected = $0 { true } else { false } }
        #expect(selected == connected - 1)
    }

    @Test(arguments: 0..<60 as Range<UInt64>) func theyConnectOverABadNetwork(seed: UInt64) {
        var network = VirtualNetwork(seed: seed, addresses: Self.dualStack)
        network.loss = 0.25
        network.delay = 10...300
        network.introduceAll()
        network.run(until: .seconds(20)) { $0.isCompleted }
        #expect(network.isCompleted, "\(network.agents.map(\.state))")
        network.run(until: network.now + .seconds(10))
        network.expectOnePair()
    }

    @Test func theBestPairIsNominated() {
        var network = VirtualNetwork(addresses: Self.dualStack)
        network.introduceAll()
        network.run(until: .seconds(3))
        #expect(network.agents[0].selectedPair?.remote.address == "[2001:db8::2]:5000")
        network.expectOnePair()
    }

    @Test(arguments: 0..<40 as Range<UInt64>, [ICERole.controlling, .controlled])
    func aRoleConflictIsResolved(seed: UInt64, role: ICERole) {
        var network = VirtualNetwork(seed: seed, roles: [role, role], addresses: Self.dualStack)
        network.loss = seed.isMultiple(of: 2) ? 0.2 : 0
        network.delay = 5...120
        network.introduceAll()
        network.run(until: .seconds(20)) { $0.isCompleted }
        #expect(network.isCompleted)
        #expect(network.agents[0].role != network.agents[1].role)
        let changed = network.agents.firstIndex { $0.role != role } ?? 0
        #expect(network.happened(changed, .roleChanged(role.reversed)))
        #expect(!network.happened(1 - changed, .roleChanged(role.reversed)))
    }

    @Test(arguments: 0..<20 as Range<UInt64>) func candidatesMayTrickleInLate(seed: UInt64) {
        var network = VirtualNetwork(seed: seed, addresses: [["192.0.2.1:4000"], ["198.51.100.1:5000"]])
        network.delay = 5...80
        network.loss = 0.1
        network.introduce(0, to: 1)
        network.introduce(1, to: 0)
        network.call(0) { $0.addRemoteCandidates([.host("203.0.113.1:9"), .host("203.0.113.2:9")], now: $1) }
        network.run(until: .seconds(20))
        #expect(network.agents[0].state == .checking)
        network.signal(1, to: 0)
        network.run(until: .seconds(30)) { $0.isCompleted }
        #expect(network.isCompleted)
        network.expectOnePair()
    }

    @Test func checksBeforeTheAnswerAreAnsweredAndRemembered() {
        var network = VirtualNetwork()
        network.introduce(0, to: 1)
        network.signal(0, to: 1)
        network.run(until: .seconds(3))
        #expect(network.agents[1].state == .connected)
        #expect(network.agents[0].state == .new)
        network.introduce(1, to: 0)
        network.run(until: .seconds(4)) { $0.isCompleted }
        #expect(network.isCompleted)
        #expect(network.agents[0].selectedPair?.remote.kind == .prflx)
    }

    @Test(arguments: 0..<20 as Range<UInt64>) func anAgentBehindASymmetricNATIsReached(seed: UInt64) {
        var network = VirtualNetwork(
            seed: seed, roles: seed.isMultiple(of: 2) ? [.controlling, .controlled] : [.controlled, .controlling],
            addresses: [["10.0.0.7:4000"], ["198.51.100.1:5000"]])
        network.nats[0] = .init(.v4(0xcb00_7101))
        network.delay = 5...60
        network.loss = 0.1
        network.introduceAll()
        network.run(until: .seconds(15)) { $0.isCompleted }
        #expect(network.isCompleted)
        let inner = network.agents[0].selectedPair
        let outer = network.agents[1].selectedPair
        #expect(inner?.local.kind == .prflx && inner?.local.base == "10.0.0.7:4000")
        #expect(inner?.local.address.ip == .v4(0xcb00_7101))
        #expect(outer?.remote.kind == .prflx)
        network.expectOnePair()
    }

    @Test func aPeerReflexiveCandidateThatIsSignalledLaterIsOneCandidate() {
        var network = VirtualNetwork()
        network.introduce(0, to: 1)
        network.introduce(1, to: 0)
        network.signal(0, to: 1)
        network.run(until: .seconds(2))
        #expect(network.agents[0].remoteCandidates.map(\.kind) == [.prflx])
        network.signal(1, to: 0)
        network.run(until: .seconds(3))
        #expect(network.agents[0].remoteCandidates.map(\.kind) == [.host])
        #expect(network.isCompleted)
    }

    @Test func anAgentThatIsNeverAnsweredFailsAfterHalfAMinute() {
        var network = VirtualNetwork()
        network.isCut = true
        network.introduce(0, to: 1)
        network.run(until: .seconds(10))
        network.signal(0, to: 1)
        network.run(until: .milliseconds(39_999))
        #expect(network.agents[1].state == .checking)
        network.run(until: .seconds(40))
        #expect(network.agents[1].state == .failed(.noValidPair))
        #expect(network.happened(1, .failed(.noValidPair)))
        #expect(network.agents[1].nextWake == nil)
    }

    @Test func anUnansweredCheckIsRepeatedAtDoublingIntervals() {
        var configuration = ICEConfiguration()
        configuration.connectTimeout = .seconds(60)
        var network = VirtualNetwork(configuration: configuration)
        network.isCut = true
        network.introduce(1, to: 0)
        network.signal(1, to: 0)
        network.run(until: .seconds(59))
        let times = network.sent[0].map { $0.time.nanoseconds / 1_000_000 }
        #expect(times == [0, 500, 1500, 3500, 7500, 15_500, 31_500])
        #expect(Set(network.sent[0].map(\.packet.bytes)).count == 1)
    }

    @Test func aFloodOfCandidatesIsBoundedAndTheCallStillConnects() {
        var network = VirtualNetwork(addresses: [["192.0.2.1:4000", "192.0.2.2:4000"], ["198.51.100.1:5000"]])
        var random = SplitMix64(5)
        let flood = (0..<1000).map { index in
            Candidate(
                kind: .host, address: SocketAddress(.v4(0xcb00_7100 + UInt32(index)), 1000),
                foundation: index.isMultiple(of: 2) ? "1" : "\(index)", component: 1,
                priority: UInt32.random(in: 0 ... .max, using: &random))
        }
        network.introduce(1, to: 0)
        network.introduce(0, to: 1)
        network.call(0) { $0.addRemoteCandidates(flood, now: $1) }
        #expect(network.agents[0].remoteCandidates.count == 100)
        #expect(network.agents[0].checks.pairs.count <= 100)
        network.run(until: .seconds(1))
        #expect(network.sent[0].count <= 45)
        network.signal(0, to: 1)
        network.run(until: .seconds(10)) { $0.isCompleted }
        #expect(network.isCompleted)
        #expect(network.agents[0].selectedPair?.remote.address == "198.51.100.1:5000")
        #expect(network.agents[0].checks.pairs.count <= 100)
    }

    @Test func addressesNoPacketCanGoToAreIgnored() {
        var network = VirtualNetwork(addresses: [["192.0.2.1:4000", "[2001:db8::1]:4000"], ["198.51.100.1:5000"]])
        network.introduce(1, to: 0)
        let useless: [SocketAddress] = [
            "0.0.0.0:9", "224.0.0.1:9", "255.255.255.255:9", "192.0.2.9:0", "[::]:9", "[ff02::1]:9",
        ]
        network.call(0) { $0.addRemoteCandidates(useless.map { .host($0) }, now: $1) }
        network.call(0) { $0.addRemoteCandidates([.host("192.0.2.9:9", component: 2)], now: $1) }
        #expect(network.agents[0].remoteCandidates.isEmpty)
        network.call(0) { $0.addRemoteCandidates([.host("[fe80::9]:9"), .host("[::ffff:192.0.2.7]:9")], now: $1) }
        #expect(network.agents[0].checks.pairs.map(\.remote.address) == ["192.0.2.7:9"])
    }
}
