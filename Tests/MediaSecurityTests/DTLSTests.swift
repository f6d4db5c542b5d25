import MediaSecurity
import Primitives
import Testing

@Suite struct DTLSTests {
    private let alice: Certificate
    private let bob: Certificate

    init() throws {
        alice = try Certificate()
        bob = try Certificate()
    }

    private func network(
        seed: UInt64 = 1, profiles: [SRTPProfile] = SRTPProfile.preferred,
        expectedOfServer: [CertificateFingerprint]? = nil, expectedOfClient: [CertificateFingerprint]? = nil
    ) throws -> Network {
        try Network(
            DTLSConnection(
                role: .client, certificate: alice, fingerprints: expectedOfServer ?? bob.announced, profiles: profiles),
            DTLSConnection(role: .server, certificate: bob, fingerprints: expectedOfClient ?? alice.announced),
            seed: seed)
    }

    private func expectAgreement(_ network: Network, _ profile: SRTPProfile, _ comment: Comment? = nil) {
        guard let a = network.peers[0].keys, let b = network.peers[1].keys else {
            Issue.record("not connected: \(network.peers.map(\.state)) \(comment ?? "")")
            return
        }
        #expect(a.profile == profile)
        #expect(b.profile == profile)
        #expect(a.send == b.receive)
        #expect(a.receive == b.send)
        #expect(a.send != a.receive)
        #expect(a.send.secret.count == profile.keyLength + profile.saltLength)
        #expect(network.peers.allSatisfy { $0.nextWake == nil })
    }

    @Test(arguments: SRTPProfile.preferred)
    func twoPeersAgreeOnKeys(profile: SRTPProfile) throws {
        var network = try network(profiles: [profile])
        network.start()
        network.run()
        expectAgreement(network, profile)
        #expect(network.now < .zero + .milliseconds(100), "no retransmission on a good network")
        #expect(network.sent.count <= 8)
    }

    @Test func aesCMIsPreferred() throws {
        var network = try network()
        network.start()
        network.run()
        expectAgreement(network, .aes128CMSHA1_80)
    }

    @Test(arguments: SRTPProfile.preferred)
    func aBadNetworkOnlyDelaysTheHandshake(profile: SRTPProfile) throws {
        for seed in 0..<60 {
            var network = try network(seed: UInt64(seed), profiles: [profile])
            network.loss = 25
            network.duplication = 20
            network.delay = 5...250
            network.start()
            network.run()
            expectAgreement(network, profile, "seed \(seed)")
        }
    }

    @Test func anyOneDatagramMayBeLost() throws {
        for from in 0...1 {
            for number in 1...4 {
                var network = try network()
                network.passes = { sender, index, _ in sender != from || index != number }
                network.start()
                network.run()
                expectAgreement(network, .aes128CMSHA1_80, "datagram \(number) of \(from)")
                #expect(network.now < .zero + .seconds(1))
            }
        }
    }

    @Test func theLastFlightMayBeLostSeveralTimes() throws {
        var network = try network()
        var lost = 0
        network.passes = { from, _, datagram in
            // The server's ChangeCipherSpec, and with it the Finished that it sends without a timer.
            if from == 1, datagram.first == 20, lost < 4 { lost += 1 } else { return true }
            return false
        }
        network.start()
        network.run()
        expectAgreement(network, .aes128CMSHA1_80)
        #expect(lost == 4)
    }

    @Test func retransmissionsBackOffAndEndInTimeout() throws {
        let client = try DTLSConnection(role: .client, certificate: alice, fingerprints: bob.announced)
        var now = Instant.zero
        var gaps: [Double] = []
        var sent = client.start(now: now).datagrams
        let first = sent
        while let wake = client.nextWake {
            gaps.append((wake - now).inSeconds)
            now = wake
            sent += client.wake(now: now).datagrams
        }
        #expect(client.state == .failed(.timeout))
        #expect(now == Instant.zero + DTLSConnection.timeout)
        #expect(gaps.prefix(5) == [0.2, 0.4, 0.8, 1.6, 3.2])
        #expect(gaps.allSatisfy { $0 <= 4.8 })
        #expect(first.count == 1)
        #expect(sent.count == 12)
        // Record numbers (bytes 5…10 of the header) are never used twice, RFC 6347 section 4.2.4.
        #expect(Set(sent.map { Array($0[5..<11]) }).count == sent.count)
    }

    @Test func aServerThatIsNotCalledGivesUp() throws {
        let server = try DTLSConnection(role: .server, certificate: bob)
        #expect(server.start(now: .zero).datagrams.isEmpty)
        #expect(server.nextWake == Instant.zero + DTLSConnection.timeout)
        #expect(server.wake(now: Instant.zero + .seconds(29)).state == .handshaking)
        let outcome = server.wake(now: Instant.zero + DTLSConnection.timeout)
        #expect(outcome.state == .failed(.timeout))
        #expect(outcome.changed)
    }

    @Test func datagramsAreWholeRecordsWithinTheMTU() throws {
        for mtu in [300, 600, 1200] {
            var network = try Network(
                DTLSConnection(role: .client, certificate: alice, fingerprints: bob.announced, mtu: mtu),
                DTLSConnection(role: .server, certificate: bob, fingerprints: alice.announced, mtu: mtu))
            network.start()
            network.run()
            expectAgreement(network, .aes128CMSHA1_80)
            for (_, datagram) in network.sent {
                #expect(datagram.count <= mtu)
                var offset = 0
                while offset + 13 <= datagram.count {
                    #expect((20...23).contains(datagram[offset]))
                    offset += 13 + Int(datagram[offset + 11]) << 8 + Int(datagram[offset + 12])
                }
                #expect(offset == datagram.count)
            }
        }
    }

    @Test func aCertificateThatWasNotAnnouncedFails() throws {
        let other = try Certificate()
        var network = try network(expectedOfServer: other.announced)
        network.start()
        network.run()
        #expect(network.peers[0].state == .failed(.wrongFingerprint))
        #expect(network.peers[1].keys == nil || network.peers[1].state == .closed)

        var reverse = try self.network(expectedOfClient: other.announced)
        reverse.start()
        reverse.run()
        #expect(reverse.peers[1].state == .failed(.wrongFingerprint))
        #expect(reverse.peers[0].state == .closed, "it heard the goodbye")
    }

    @Test func anyOfTheFingerprintsOfTheStrongestHashWillDo() throws {
        let wrong = CertificateFingerprint(hash: "sha-256", bytes: Array(repeating: 1, count: 32))
        let weak = CertificateFingerprint(hash: "sha-1", bytes: Array(repeating: 1, count: 20))
        var network = try network(expectedOfServer: [weak, wrong] + bob.announced)
        network.start()
        network.run()
        expectAgreement(network, .aes128CMSHA1_80)
    }

    @Test(arguments: [
        [], [CertificateFingerprint(hash: "sha-256", bytes: [])], [CertificateFingerprint(hash: "md5", bytes: [1])],
        [CertificateFingerprint(hash: "sha-512", bytes: Array(repeating: 0, count: 64))],
    ])
    func withoutAUsableFingerprintThereAreNoKeys(fingerprints: [CertificateFingerprint]) throws {
        var network = try network(expectedOfServer: fingerprints)
        network.start()
        network.run()
        #expect(network.peers[0].keys == nil)
    }

    @Test func theFingerprintMayComeAfterTheHandshake() throws {
        var network = try network(expectedOfServer: [])
        network.start()
        network.run()
        let client = network.peers[0]
        #expect(client.state == .handshaking)
        #expect(client.nextWake == nil, "an answer may take minutes")
        let outcome = client.expect(bob.announced, now: network.now + .seconds(120))
        #expect(outcome.changed)
        expectAgreement(network, .aes128CMSHA1_80)
        #expect(!client.expect(alice.announced, now: network.now).changed, "it is settled")
    }

    @Test func aWrongFingerprintAfterTheHandshakeFails() throws {
        var network = try network(expectedOfServer: [])
        network.start()
        network.run()
        #expect(network.peers[0].expect(alice.announced, now: network.now).state == .failed(.wrongFingerprint))
    }

    @Test func garbageAndTruncatedRecordsDoNotDisturb() throws {
        for seed in 0..<20 {
            var network = try network(seed: UInt64(seed))
            var dice = SplitMix64(UInt64(seed) &+ 99)
            network.before = { peer, datagram, now in
                var outcomes = [peer.receive([], now: now)]
                for _ in 0..<20 {
                    let garbage = (0..<dice.below(200)).map { _ in UInt8(truncatingIfNeeded: dice.next()) }
                    outcomes.append(peer.receive(garbage, now: now))
                    var plausible = [UInt8]([22, 254, 253, 0, 0]) + garbage
                    if plausible.count > 12 { plausible[11] = 0xff }
                    outcomes.append(peer.receive(plausible, now: now))
                    outcomes.append(peer.receive(Array(datagram.prefix(dice.below(13))), now: now))
                    outcomes.append(peer.receive(Array(datagram.prefix(13 + dice.below(20))), now: now))
                }
                return outcomes
            }
            network.start()
            network.run()
            expectAgreement(network, .aes128CMSHA1_80, "seed \(seed)")
        }
    }

    @Test func everyTruncationOfEachDatagramIsHarmless() throws {
        var network = try network()
        network.before = { peer, datagram, now in
            // Whole records at the front are genuine; the cut one is dropped.
            stride(from: 0, to: datagram.count, by: 7).map { peer.receive(Array(datagram.prefix($0)), now: now) }
        }
        network.start()
        network.run()
        expectAgreement(network, .aes128CMSHA1_80)
    }

    @Test func mutatedDatagramsNeverTrapAndNeverYieldTheWrongKeys() throws {
        for seed in 0..<60 {
            var network = try network(seed: UInt64(seed))
            var dice = SplitMix64(UInt64(seed) &+ 7)
            network.before = { peer, datagram, now in
                var mutated = datagram
                for _ in 0...dice.below(4) {
                    mutated[dice.below(mutated.count)] = UInt8(truncatingIfNeeded: dice.next())
                }
                return [peer.receive(mutated, now: now)]
            }
            network.start()
            network.run()
            guard let a = network.peers[0].keys, let b = network.peers[1].keys else { continue }
            #expect(a.send == b.receive)
        }
    }

    @Test func noProfileInCommonFails() throws {
        var network = try Network(
            DTLSConnection(
                role: .client, certificate: alice, fingerprints: bob.announced, profiles: [.aes128CMSHA1_80]),
            DTLSConnection(
                role: .server, certificate: bob, fingerprints: alice.announced, profiles: [.aeadAES128GCM]))
        network.start()
        network.run()
        #expect(network.peers[0].keys == nil)
        #expect(network.peers[1].state == .failed(.noProfile))
    }

    @Test func closingTellsThePeer() throws {
        var network = try network()
        network.start()
        network.run()
        network.send(network.peers[0].close(), from: 0)
        network.run()
        #expect(network.peers.map(\.state) == [.closed, .closed])
        #expect(network.peers[0].close().datagrams.isEmpty)
    }

    @Test func replayedAndForgedDatagramsLeaveAConnectionUp() throws {
        var network = try network()
        network.start()
        network.run()
        var dice = SplitMix64(3)
        for (from, datagram) in network.sent {
            _ = network.peers[1 - from].receive(datagram, now: network.now)
            for _ in 0..<50 {
                var forged = datagram
                forged[dice.below(forged.count)] ^= UInt8(1 + dice.below(255))
                _ = network.peers[1 - from].receive(forged, now: network.now)
            }
            // A plaintext fatal alert, and one that pretends to be encrypted.
            _ = network.peers[1 - from].receive([21, 254, 253, 0, 0, 0, 0, 0, 0, 9, 9, 0, 2, 2, 40], now: network.now)
            _ = network.peers[1 - from].receive([21, 254, 253, 0, 1, 0, 0, 0, 0, 9, 9, 0, 2, 2, 40], now: network.now)
        }
        #expect(network.peers.allSatisfy { $0.keys != nil })
    }

    @Test func whatIsNoDTLSIsIgnored() throws {
        let server = try DTLSConnection(role: .server, certificate: bob)
        for first: UInt8 in [0, 1, 19, 64, 128, 255] {
            #expect(server.receive([first] + Array(repeating: 0, count: 40), now: .zero).datagrams.isEmpty)
        }
        #expect(server.nextWake == nil)
    }
}
