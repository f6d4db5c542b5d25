import Primitives
import Testing

@testable import SIP

@Suite struct TransactionTests {
    let alice = SocketAddress(.loopback4, 5061)
    let bob = SocketAddress(.loopback4, 5062)

    private func request(_ method: SIPMethod) -> SIPMessage {
        var from = NameAddress(SIPURI(user: "alice", host: "127.0.0.1"))
        from.tag = "a"
        let uri = SIPURI(user: "bob", host: "127.0.0.1", port: 5062)
        var request = SIPMessage(method, uri, from: from, to: NameAddress(uri), callID: "call", sequence: 1)
        request.contacts = [NameAddress(SIPURI(user: "alice", host: "127.0.0.1", port: 5061))]
        return request
    }

    private func responder(_ status: Int) -> VirtualNetwork.User {
        { layer, event, now in
            guard case .request(let request, let id, _) = event else { return }
            layer.respond(request.response(status, tag: "b"), to: id, at: now)
        }
    }

    private func network(seed: UInt64 = 1, transport: SIPTransport = .udp, _ user: @escaping VirtualNetwork.User)
        -> VirtualNetwork
    {
        var network = VirtualNetwork(seed: seed)
        network.transport = transport
        network.add(alice)
        network.add(bob, user: user)
        return network
    }

    private func sent(_ network: VirtualNetwork, _ from: SocketAddress, _ method: SIPMethod) -> Int {
        network.wire.count { $0.from == from && $0.message.method == method }
    }

    private func sent(_ network: VirtualNetwork, _ from: SocketAddress, _ status: Int) -> Int {
        network.wire.count { $0.from == from && $0.message.status == status }
    }

    private func statuses(_ events: [TransactionEvent]?) -> [Int] {
        (events ?? []).compactMap { if case .response(let response, _, _) = $0 { response.status } else { nil } }
    }

    private func finals(_ events: [TransactionEvent]?) -> [Int] { statuses(events).filter { $0 >= 200 } }

    private func failures(_ events: [TransactionEvent]?) -> [TransactionFailure] {
        (events ?? []).compactMap { if case .failed(_, let failure) = $0 { failure } else { nil } }
    }

    private func send(_ network: inout VirtualNetwork, _ method: SIPMethod) -> ClientTransactionID? {
        let flow = network.flow(alice, bob)
        return network.with(alice) { layer, now in layer.send(request(method), on: flow, at: now) } ?? nil
    }

    @Test(arguments: 1...40)
    func aRequestGetsThroughALossyNetworkOnce(seed: Int) {
        for method in [SIPMethod.options, .invite] {
            var network = network(seed: UInt64(seed), responder(486))
            network.loss = 0.4
            network.repeats = 0.3
            _ = send(&network, method)
            network.run(for: .seconds(200))
            let requests = (network.events[bob] ?? []).filter {
                if case .request = $0 { true } else { false }
            }
            if requests.isEmpty {
                #expect(failures(network.events[alice]) == [.timeout])
            } else {
                #expect(requests.count == 1)
                let finals = statuses(network.events[alice]).filter { $0 >= 200 }
                #expect(finals == [486] || failures(network.events[alice]) == [.timeout])
            }
            #expect(network.count(alice) == 0)
            #expect(network.count(bob) == 0)
        }
    }

    @Test func anInviteNobodyAnswersIsSentSevenTimesAndFailsAfter64T1() {
        var network = network { _, _, _ in }
        network.loss = 1
        _ = send(&network, .invite)
        network.run(for: .milliseconds(31_999))
        #expect(sent(network, alice, .invite) == 7)
        #expect(failures(network.events[alice]) == [])
        network.run(for: .milliseconds(1))
        #expect(failures(network.events[alice]) == [.timeout])
        #expect(network.count(alice) == 0)
    }

    @Test func aRequestNobodyAnswersIsSentElevenTimesAndFailsAfter64T1() {
        var network = network { _, _, _ in }
        network.loss = 1
        _ = send(&network, .options)
        network.run(for: .milliseconds(31_999))
        #expect(sent(network, alice, .options) == 11)
        #expect(failures(network.events[alice]) == [])
        network.run(for: .milliseconds(1))
        #expect(failures(network.events[alice]) == [.timeout])
    }

    @Test func aReliableTransportIsNotBurdenedWithRetransmissions() {
        var network = network(transport: .tcp) { _, _, _ in }
        _ = send(&network, .options)
        network.run(for: .seconds(31))
        #expect(sent(network, alice, .options) == 1)
        network.run(for: .seconds(1))
        #expect(failures(network.events[alice]) == [.timeout])
    }

    @Test func anInviteGetsTryingAtOnceAndThenRingsWithoutEnd() {
        var network = network(responder(180))
        _ = send(&network, .invite)
        network.run(for: .seconds(600))
        #expect(statuses(network.events[alice]).sorted() == [100, 180])
        #expect(sent(network, alice, .invite) == 1)
        #expect(network.count(alice) == 1)
    }

    @Test func aRetransmittedInviteGetsTheSameAnswer() {
        var network = network(responder(180))
        network.drops = [{ $0.status == 100 }, { $0.status == 180 }]
        _ = send(&network, .invite)
        network.run(for: .seconds(2))
        #expect(statuses(network.events[alice]) == [180])
        #expect(sent(network, bob, 180) == 2)
        #expect(network.events[bob]?.count == 1)
    }

    @Test func aRefusalIsRepeatedUntilItsACKAndThenAbsorbed() {
        var network = network(responder(486))
        network.drops = [{ $0.method == .ack }, { $0.method == .ack }]
        _ = send(&network, .invite)
        network.run(for: .seconds(4))
        #expect(sent(network, bob, 486) == 3)
        #expect(sent(network, alice, .ack) == 3)
        #expect(finals(network.events[alice]) == [486])
        network.run(for: .seconds(40))
        #expect(network.count(alice) == 0)
        #expect(network.count(bob) == 0)
    }

    @Test func aRefusalNobodyAcknowledgesEndsByTimerH() {
        var network = network(responder(486))
        network.drops = (0..<50).map { _ in { $0.method == .ack } }
        _ = send(&network, .invite)
        network.run(for: .seconds(40))
        let unacknowledged = (network.events[bob] ?? []).contains {
            if case .unacknowledged = $0 { true } else { false }
        }
        #expect(unacknowledged)
        // T1, 2T1, 4T1, 8T1, then every T2 until 64T1.
        #expect(sent(network, bob, 486) == 11)
        #expect(network.count(bob) == 0)
    }

    @Test func a2xxIsPassedEachTimeItComesAndItsRequestIsNotAnsweredAnew() {
        var network = network(responder(200))
        _ = send(&network, .invite)
        network.run(for: .seconds(1))
        guard case .request(let request, let id, _) = network.events[bob]?.first else {
            Issue.record("no request")
            return
        }
        for _ in 0..<2 {
            _ = network.with(bob) { layer, now in
                layer.respond(request.response(200, tag: "b"), to: id, at: now)
            }
            network.run(for: .seconds(1))
        }
        #expect(finals(network.events[alice]) == [200, 200, 200])
        // RFC 6026: the INVITE again is absorbed in Accepted.
        let before = network.wire.count
        let flow = network.flow(bob, alice)
        let events = network.with(bob) { layer, now in layer.receive(request, on: flow, at: now) }
        #expect(events == [])
        #expect(network.wire.count == before)
        network.run(for: .seconds(33))
        #expect(network.count(alice) == 0)
        #expect(network.count(bob) == 0)
    }

    @Test func forkedAnswersAreAllPassed() {
        var network = network { layer, event, now in
            guard case .request(let request, let id, _) = event else { return }
            layer.respond(request.response(200, tag: "one"), to: id, at: now)
            layer.respond(request.response(200, tag: "two"), to: id, at: now)
        }
        _ = send(&network, .invite)
        network.run(for: .seconds(1))
        let tags = Set(
            (network.events[alice] ?? []).compactMap {
                if case .response(let response, _, _) = $0 { response.to.tag } else { nil }
            })
        #expect(tags == ["one", "two"])
    }

    @Test func anACKToA2xxReachesTheUser() {
        var network = network(responder(200))
        _ = send(&network, .invite)
        network.run(for: .seconds(1))
        let flow = network.flow(alice, bob)
        _ = network.with(alice) { layer, _ in layer.sendAcknowledgement(request(.ack), on: flow) }
        network.run(for: .seconds(1))
        let acks = (network.events[bob] ?? []).filter { if case .acknowledged = $0 { true } else { false } }
        #expect(acks.count == 1)
    }

    // MARK: CANCEL

    private func cancellable() -> VirtualNetwork.User {
        { layer, event, now in
            switch event {
            case .request(let request, let id, _):
                layer.respond(request.response(180, tag: "b"), to: id, at: now)
            case .cancelled(let id, let cancel):
                var response = cancel.response(487, tag: "b")
                response.cseq.method = .invite
                layer.respond(response, to: id, at: now)
            default: break
            }
        }
    }

    @Test func cancelEndsARingingInvite() throws {
        var network = network(cancellable())
        let id = try #require(send(&network, .invite))
        network.run(for: .seconds(1))
        _ = network.with(alice) { layer, now in layer.cancel(id, at: now) }
        network.run(for: .seconds(1))
        #expect(statuses(network.events[alice]).contains(487))
        #expect(statuses(network.events[alice]).contains(200))
        network.run(for: .seconds(60))
        #expect(network.count(alice) == 0)
        #expect(network.count(bob) == 0)
    }

    @Test func cancelWaitsForAProvisionalResponse() throws {
        var network = network(cancellable())
        network.drops = [{ $0.method == .invite }]
        let id = try #require(send(&network, .invite))
        _ = network.with(alice) { layer, now in layer.cancel(id, at: now) }
        network.run(for: .milliseconds(499))
        #expect(sent(network, alice, .cancel) == 0)
        network.run(for: .seconds(2))
        #expect(sent(network, alice, .cancel) == 1)
        #expect(statuses(network.events[alice]).contains(487))
    }

    @Test func aCancelThatComesTooLateChangesNothing() throws {
        var network = network(responder(200))
        let id = try #require(send(&network, .invite))
        network.run(for: .milliseconds(30))
        _ = network.with(alice) { layer, now in layer.cancel(id, at: now) }
        network.run(for: .seconds(2))
        let cancelled = (network.events[bob] ?? []).contains { if case .cancelled = $0 { true } else { false } }
        #expect(!cancelled)
        #expect(statuses(network.events[alice]).contains(200))
    }

    @Test func aCancelForNothingGets481() throws {
        var network = network(responder(200))
        let id = send(&network, .cancel)
        #expect(id != nil)
        network.run(for: .seconds(1))
        #expect(statuses(network.events[alice]) == [481])
        #expect(network.events[bob] == [])
    }

    @Test func aCancelledInviteThatIsNeverAnsweredEnds() throws {
        var network = network(responder(180))
        let id = try #require(send(&network, .invite))
        network.run(for: .seconds(1))
        _ = network.with(alice) { layer, now in layer.cancel(id, at: now) }
        network.run(for: .seconds(33))
        #expect(failures(network.events[alice]) == [.timeout])
    }

    // MARK: The rest

    @Test func aMergedRequestGets482() throws {
        var layer = TransactionLayer(entropy: .seeded(1))
        let flow = SIPFlow(.udp, local: bob, remote: alice)
        var first = request(.invite)
        first.vias = [Via(transport: "UDP", host: "a", port: nil, parameters: .init([.init("branch", "z9hG4bK1")]))]
        var second = first
        second.vias = [Via(transport: "UDP", host: "a", port: nil, parameters: .init([.init("branch", "z9hG4bK2")]))]
        #expect(({ layer.receive(first, on: flow, at: .zero).count })() == 1)
        _ = layer.drain()
        #expect(({ layer.receive(second, on: flow, at: .zero) })() == [])
        let statuses = layer.drain().compactMap { try? SIPMessage(parsing: $0.bytes).status }
        #expect(statuses.contains(482))
    }

    @Test func responsesGoWhereTheRequestCameFromWithRportAndToSentByWithout() throws {
        for (hasRport, port) in [(true, UInt16(40_000)), (false, 5070)] {
            var layer = TransactionLayer(entropy: .seeded(1))
            let nat = SocketAddress(.v4(0xcb00_7101), 40_000)
            var options = request(.options)
            var via = Via(transport: "UDP", host: "192.168.1.5", port: 5070)
            via.parameters["branch"] = "z9hG4bK1"
            if hasRport { via.parameters.flag("rport") }
            options.vias = [via]
            guard
                case .request(let request, let id, _) = layer.receive(
                    options, on: SIPFlow(.udp, remote: nat), at: .zero
                ).first
            else {
                Issue.record("no request")
                return
            }
            layer.respond(request.response(200, tag: "b"), to: id, at: .zero)
            let packets = layer.drain()
            let packet = try #require(packets.first)
            #expect(packet.flow.remote == SocketAddress(nat.ip, port))
            let response = try SIPMessage(parsing: packet.bytes)
            #expect(response.vias.first?.parameters["received"] == "203.0.113.1")
            #expect(response.vias.first?.parameters["rport"] == (hasRport ? "40000" : nil))
        }
    }

    @Test func aClosedConnectionFailsRequestsAndMovesResponses() throws {
        var layer = TransactionLayer(entropy: .seeded(1))
        let flow = SIPFlow(.tcp, local: alice, remote: bob, connection: 9)
        let sent = layer.send(request(.options), on: flow, at: .zero)
        let id = try #require(sent)
        var incoming = request(.invite)
        incoming.vias = [Via(transport: "TCP", host: "127.0.0.1", port: 5090)]
        incoming.vias[0].parameters["branch"] = "z9hG4bK7"
        guard case .request(let invite, let server, _) = layer.receive(incoming, on: flow, at: .zero).first else {
            Issue.record("no request")
            return
        }
        #expect(({ layer.connectionClosed(9) })() == [.failed(id, .transport)])
        _ = layer.drain()
        layer.respond(invite.response(200, tag: "b"), to: server, at: .zero)
        let moved = layer.drain().first?.flow
        #expect(moved == SIPFlow(.tcp, local: alice, remote: SocketAddress(bob.ip, 5090)))
    }

    @Test func beyondTheLimitRequestsGet503AndCostNothing() {
        var layer = TransactionLayer(limit: 2, entropy: .seeded(1))
        let flow = SIPFlow(.udp, local: bob, remote: alice)
        for number in 0..<5 {
            var options = request(.options)
            options.callID = "\(number)"
            options.vias = [Via(transport: "UDP", host: "a", port: nil)]
            options.vias[0].parameters["branch"] = "z9hG4bK\(number)"
            _ = layer.receive(options, on: flow, at: .zero)
        }
        #expect(layer.count == 2)
        let refused = layer.drain().count { (try? SIPMessage(parsing: $0.bytes).status) == 503 }
        #expect(refused == 3)
    }

    @Test func clientsOfRFC2543AreMatchedWithoutBranches() {
        var layer = TransactionLayer(entropy: .seeded(1))
        let flow = SIPFlow(.udp, local: bob, remote: alice)
        var options = request(.options)
        options.vias = [Via(transport: "UDP", host: "old.example.org", port: nil)]
        #expect(({ layer.receive(options, on: flow, at: .zero).count })() == 1)
        #expect(({ layer.receive(options, on: flow, at: .zero).count })() == 0)
        options.cseq.number = 2
        #expect(({ layer.receive(options, on: flow, at: .zero).count })() == 1)
    }
}
