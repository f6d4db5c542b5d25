import Primitives
import Testing

@testable import ICE

@Suite struct TURNClientTests {
    let peer: SocketAddress = "198.51.100.9:4000"

    private func allocated(seed: UInt64 = 1, loss: Double = 0, isReliable: Bool = false) -> TURNTestNetwork {
        var network = TURNTestNetwork(seed: seed, isReliable: isReliable)
        network.loss = loss
        network.start()
        network.run(for: .seconds(40))
        return network
    }

    @Test func aChallengedAllocationHasAddressesOfBothFamilies() {
        let network = allocated()
        #expect(network.client.relayed == network.server.relayed)
        #expect(network.client.mapped == network.server.client)
        #expect(network.events.map(\.event) == [.allocated(network.server.relayed, mapped: network.server.client)])
        #expect(network.server.requests[TURN.allocate] == 2)
    }

    @Test(arguments: 1...8) func anAllocationIsHadAndKeptThroughLoss(_ seed: UInt64) {
        var network = allocated(seed: seed, loss: 0.25)
        network.run(for: .seconds(3600))
        #expect(network.client.relayed == network.server.relayed)
        #expect(network.failures.isEmpty)
    }

    @Test func overTCPNothingIsSentTwice() {
        var network = TURNTestNetwork(isReliable: true)
        network.isCut = true
        network.start()
        network.run(for: .seconds(39))
        #expect(network.sent == 1)
        network.run(for: .seconds(1))
        #expect(network.failures == [.noAnswer])
    }

    @Test func anAllocationIsRefreshedAMinuteBeforeItEnds() {
        var network = allocated()
        network.run(for: .seconds(450))
        #expect(network.server.requests[TURN.refresh] == nil)
        network.run(for: .seconds(100))
        #expect(network.server.requests[TURN.refresh] == 1)
        network.run(for: .seconds(7200))
        #expect(network.server.allocation != nil)
        #expect(network.failures.isEmpty)
    }

    @Test func aShortLifetimeIsRefreshedInTime() {
        var network = TURNTestNetwork()
        network.server.lifetime = .seconds(20)
        network.start()
        network.run(for: .seconds(300))
        #expect(network.failures.isEmpty)
        #expect(network.server.allocation != nil)
    }

    @Test func aStaleNonceIsReplacedByTheNewOne() {
        var network = allocated()
        network.server.nonce = "nonce-2"
        network.run(for: .seconds(600))
        #expect(network.server.requests[TURN.refresh] == 2)
        #expect(network.failures.isEmpty)
        network.server.nonce = "nonce-3"
        network.send("hello", to: peer)
        network.run(for: .seconds(1))
        #expect(network.texts == ["hello"])
    }

    @Test func aServerThatAlwaysWantsAnotherNonceIsNotAskedForEver() {
        var network = TURNTestNetwork()
        network.server.isNeverContent = true
        network.start()
        network.run(for: .seconds(120))
        #expect((network.server.requests[TURN.allocate] ?? 0) < 60)
        #expect(network.failures.contains(.refused(438)))
    }

    @Test func wrongCredentialsAreTriedAgainEverMoreRarely() {
        var network = TURNTestNetwork(password: "guess")
        network.start()
        network.run(for: .seconds(600))
        #expect(Set(network.failures) == [.unauthorized])
        #expect((5...12).contains(network.failures.count))
        network.client.credentials = TURNCredentials(username: "confab", password: Redacted("secret"))
        network.run(for: .seconds(130))
        #expect(!network.client.relayed.isEmpty)
    }

    @Test(arguments: [486, 508, 442, 403]) func aServerThatIsFullIsAskedAgain(_ code: Int) {
        var network = TURNTestNetwork()
        network.server.refusal = code
        network.start()
        network.run(for: .seconds(1))
        #expect(network.failures == [.refused(code)])
        network.server.refusal = nil
        network.run(for: .seconds(10))
        #expect(!network.client.relayed.isEmpty)
    }

    @Test func aServerWithIPv6AloneGivesThat() {
        var network = TURNTestNetwork()
        network.server.isIPv6Only = true
        network.start()
        network.run(for: .seconds(1))
        #expect(network.client.relayed == network.server.relayed.filter(\.ip.isV6))
        #expect(network.failures.isEmpty)
    }

    @Test func anAllocationOfAnEarlierLifeIsClearedAway() {
        var network = TURNTestNetwork()
        network.server.allocation = .init(
            relayed: ["203.0.113.7:50000"], expires: .seconds(500), username: "confab")
        network.start()
        network.run(for: .seconds(1))
        #expect(network.client.relayed == network.server.relayed)
        #expect(network.failures.isEmpty)
    }

    @Test func anAllocationOfAnotherUserIsWaitedOut() {
        var network = TURNTestNetwork()
        network.server.users["old"] = "old"
        network.server.allocation = .init(relayed: ["203.0.113.7:50000"], expires: .seconds(500), username: "old")
        network.start()
        network.run(for: .seconds(400))
        #expect(network.client.relayed.isEmpty)
        network.run(for: .seconds(230))
        #expect(network.client.relayed == network.server.relayed)
    }

    @Test func anAlternateServerIsGoneToAndNotForEver() {
        var network = TURNTestNetwork()
        network.server.alternate = "203.0.113.8:3478"
        network.start()
        network.run(for: .seconds(30))
        let redirections = network.count { $0 == .redirected("203.0.113.8:3478") }
        #expect(redirections == TURNConfiguration().maximumRedirections)
        #expect(network.failures.contains(.refused(300)))
        network.server.alternate = nil
        network.run(for: .seconds(60))
        #expect(!network.client.relayed.isEmpty)
    }

    @Test func anUnsignedSuccessIsNotBelieved() {
        var network = TURNTestNetwork()
        network.server.isImpostor = true
        network.start()
        network.run(for: .seconds(30))
        #expect(network.client.relayed.isEmpty)
    }

    @Test func aServerThatForgetsIsAllocatedAtAnew() {
        var network = allocated()
        network.server.allocation = nil
        network.run(for: .seconds(600))
        #expect(network.failures == [.mismatch])
        #expect(network.count { if case .allocated = $0 { true } else { false } } == 2)
    }

    @Test func aCutServerIsLostAndFoundAgain() {
        var network = allocated()
        network.isCut = true
        network.run(for: .seconds(1200))
        #expect(network.failures.contains(.noAnswer))
        #expect(network.client.relayed.isEmpty)
        network.isCut = false
        network.run(for: .seconds(130))
        #expect(!network.client.relayed.isEmpty)
    }

    @Test func closingGivesTheAllocationBack() {
        var network = allocated()
        network.call { client, now in
            client.close(now: now)
            return []
        }
        network.run(for: .seconds(1))
        #expect(network.server.allocation == nil)
        #expect(network.client.nextWake == nil)
    }

    // MARK: Peers

    @Test func whatIsSentWaitsForThePermission() {
        var network = allocated()
        for text in ["one", "two", "three"] { network.send(text, to: peer) }
        #expect(network.texts.isEmpty)
        network.run(for: .seconds(1))
        #expect(Set(network.texts) == ["one", "two", "three"])
        #expect(network.server.requests[TURN.createPermission] == 1)
        network.send("four", to: SocketAddress(peer.ip, 9))
        network.run(for: .seconds(1))
        #expect(network.server.requests[TURN.createPermission] == 1)
        #expect(network.texts.contains("four"))
    }

    @Test func bothFamiliesAreReached() {
        var network = allocated()
        network.send("six", to: "[2001:db8:9::9]:4000")
        network.run(for: .seconds(1))
        network.comes("back", from: "[2001:db8:9::9]:4000")
        network.run(for: .seconds(1))
        #expect(network.texts == ["six"])
        #expect(network.received == ["back"])
    }

    @Test func aForbiddenPeerIsNotAskedForAtEachPacket() {
        var network = allocated()
        network.server.forbidden = [peer.ip]
        for _ in 0..<30 {
            network.send("hello", to: peer)
            network.run(for: .seconds(1))
        }
        #expect(network.server.requests[TURN.createPermission] == 1)
        network.server.forbidden = []
        network.run(for: .seconds(60))
        network.send("again", to: peer)
        network.run(for: .seconds(1))
        #expect(network.texts == ["again"])
    }

    @Test(arguments: 1...4) func permissionsInUseLastAndOthersEnd(_ seed: UInt64) {
        var network = allocated(seed: seed, loss: 0.1)
        let idle: SocketAddress = "198.51.100.77:4000"
        network.send("once", to: idle)
        for _ in 0..<200 {
            network.send("tick", to: peer)
            network.run(for: .seconds(5))
        }
        #expect(network.server.allocation?.permissions[peer.ip] != nil)
        #expect(network.server.allocation?.permissions[idle.ip] == nil)
        #expect(network.client.permissions[idle.ip] == nil)
    }

    @Test(arguments: 1...4) func aChannelIsBoundAndKeptUntilReleased(_ seed: UInt64) {
        var network = allocated(seed: seed, loss: 0.1)
        network.bind(peer)
        network.run(for: .seconds(30))
        #expect(network.count { $0 == .channel(0x4000, peer) } == 1)
        network.run(for: .seconds(3000))
        network.loss = 0
        #expect(network.server.allocation?.channels[0x4000]?.peer == peer)
        #expect(network.server.allocation?.permissions[peer.ip] != nil)
        network.send("by channel", to: peer)
        network.comes("back", from: peer)
        network.run(for: .seconds(1))
        #expect(network.texts == ["by channel"])
        #expect(network.server.byChannel == 1)
        #expect(network.received == ["back"])
        network.client.release(peer)
        network.run(for: .seconds(1000))
        #expect(network.server.allocation?.channels.isEmpty == true)
        #expect(network.client.channels.isEmpty)
    }

    @Test func aChannelThatIsRefusedIsTold() {
        var network = allocated()
        network.server.forbidden = [peer.ip]
        network.bind(peer)
        network.run(for: .seconds(1))
        #expect(network.count { $0 == .refused(peer) } == 1)
        #expect(network.client.channels.isEmpty)
    }

    @Test func aChannelThatWasReleasedMayBeBoundAgain() {
        var network = allocated()
        network.bind(peer)
        network.run(for: .seconds(1))
        network.client.release(peer)
        network.run(for: .seconds(100))
        let number = network.client.bind(peer, now: network.now)
        #expect(number == 0x4000)
        network.client.release(peer)
        network.run(for: .seconds(620))
        network.bind(peer)
        network.run(for: .seconds(1))
        #expect(network.server.allocation?.channels[0x4000]?.peer == peer)
    }

    @Test func channelsArePeersOwnAndNotMoreThanThereAre() {
        var configuration = TURNConfiguration()
        configuration.maximumChannels = 3
        var network = TURNTestNetwork(configuration: configuration)
        network.start()
        network.run(for: .seconds(1))
        for port in 1...5 { network.bind(SocketAddress(peer.ip, UInt16(port))) }
        network.run(for: .seconds(1))
        #expect(Set(network.client.channels.values.map(\.number)) == [0x4000, 0x4001, 0x4002])
    }

    @Test func aFloodOfPeersIsBounded() {
        var configuration = TURNConfiguration()
        configuration.maximumPermissions = 16
        var network = TURNTestNetwork(configuration: configuration)
        network.start()
        network.run(for: .seconds(1))
        for host in 0..<1000 { network.send("x", to: SocketAddress(.v4(0xc633_6400 + UInt32(host)), 5)) }
        #expect(network.client.permissions.count == 16)
        #expect(network.client.held.count <= configuration.maximumHeld)
    }

    @Test func dataOfAPeerWithoutPermissionIsDropped() {
        var network = allocated()
        let id = STUNTransactionID(high: 9, low: 9)
        let forged = STUNMessage(.indication, method: TURN.data, id, [.peerAddress(peer, id), .payload([1, 2, 3])])
        network.put(forged.encoded(key: nil, hashing: .turnTest), toServer: false)
        network.put(ChannelData(channel: 0x4001, payload: [1]).encoded, toServer: false)
        network.run(for: .seconds(1))
        #expect(network.received.isEmpty)
    }

    // MARK: Hostile input

    @Test func truncatedAndDamagedAnswersChangeNothingAndTrapNowhere() {
        var network = allocated()
        network.bind(peer)
        network.run(for: .seconds(1))
        var random = SplitMix64(5)
        let request = STUNMessage(
            .success, method: TURN.allocate, STUNTransactionID(high: 3, low: 4),
            [.relayedAddress(peer, STUNTransactionID(high: 3, low: 4)), .lifetime(0)]
        ).encoded(key: [1], hashing: .turnTest)
        for whole in [request, ChannelData(channel: 0x4000, payload: [1, 2, 3]).encoded] {
            for count in 0..<whole.count { network.call { $0.receive(Array(whole.prefix(count)), now: $1) } }
            for _ in 0..<3000 {
                var damaged = whole
                damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                network.call { $0.receive(damaged, now: $1) }
            }
        }
        #expect(network.client.relayed == network.server.relayed)
        #expect(network.failures.isEmpty)
    }
}
