import MediaSecurity
import Primitives
import Testing

@testable import SIP

/// A registrar of the test's making, message by message, on a virtual clock.
@Suite struct RegistrationClientTests {
    static let registrar = SIPTarget(.udp, SocketAddress(.loopback4, 5080), domain: "127.0.0.1")
    var client = RegistrationClientTests.make()
    var now = Instant.zero
    let contact = NameAddress(SIPURI(user: "token", host: "192.168.1.2", port: 5060))

    static func make(_ address: String = "sip:alice@127.0.0.1:5080", seed: UInt64 = 1) -> RegistrationClient {
        RegistrationClient(
            RegistrationAccount(
                address: SIPURI(address) ?? SIPURI(host: "invalid"),
                user: DigestUser(name: "alice", password: Redacted("wonderland"))),
            supported: [.udp, .tcp], hashing: .openSSL, entropy: .seeded(seed), start: .zero)
    }

    private mutating func wake() -> [RegistrationClient.Action] {
        now = max(now, client.nextWake ?? now)
        return client.wake(at: now)
    }

    /// Sends what is to be sent, and gives it as it stands on the wire.
    private mutating func sent(_ actions: [RegistrationClient.Action]) throws -> SIPMessage {
        guard case .send = actions.last else { throw Missing() }
        var request = client.request(contact: contact)
        request.vias = [Via(transport: "UDP", host: "192.168.1.2", port: 5060)]
        request.vias[0].parameters["branch"] = "z9hG4bK1"
        return try SIPMessage(parsing: request.bytes)
    }

    private mutating func answer(
        _ request: SIPMessage, _ status: Int, _ headers: [SIPHeader] = [], expires: String? = nil
    ) -> [RegistrationClient.Action] {
        var response = request.response(status, tag: "t")
        response.headers += headers
        if status == 200 {
            response.contacts = request.contacts
            if let expires { response.contacts[0].parameters["expires"] = expires }
        }
        return client.answered(response, contact: "token", at: now)
    }

    private func challenge(_ nonce: String, algorithm: DigestAlgorithm = .md5, isStale: Bool = false) -> SIPHeader {
        SIPHeader(
            "WWW-Authenticate",
            DigestChallenge(realm: "pbx", nonce: nonce, algorithm: algorithm, isStale: isStale).description)
    }

    private func outcomes(_ actions: [RegistrationClient.Action]) -> [RegistrationClient.Outcome] {
        actions.compactMap { if case .report(let outcome) = $0 { outcome } else { nil } }
    }

    struct Missing: Error {}

    private mutating func registered(expires: String = "600") throws {
        let request = try sent(wake())
        #expect(outcomes(answer(request, 200, expires: expires)) == [.registered])
    }

    // MARK: Registering

    @Test(arguments: DigestAlgorithm.allCases)
    mutating func itProvesItselfAndRefreshesBeforeTheEnd(algorithm: DigestAlgorithm) throws {
        let first = try sent(wake())
        #expect(first.requestURI == SIPURI("sip:127.0.0.1:5080"))
        #expect(first.to.uri == SIPURI("sip:alice@127.0.0.1:5080") && first.expires == 600)
        #expect(first.header("Authorization") == nil)
        let second = try sent(answer(first, 401, [challenge("one", algorithm: algorithm)]))
        let credentials = try #require(second.header("Authorization").flatMap { DigestCredentials(parsing: $0) })
        let secret = algorithm.secret(of: "alice", realm: "pbx", password: "wonderland", .openSSL)
        #expect(credentials.nonce == "one" && credentials.algorithm == algorithm)
        #expect(credentials.response == credentials.expected(method: .register, secret: secret, .openSSL))
        #expect(second.callID == first.callID && second.cseq.number == first.cseq.number + 1)
        #expect(outcomes(answer(second, 200, expires: "600")) == [.registered])
        let due = try #require(client.nextWake)
        #expect((Instant.zero + .seconds(450)...Instant.zero + .seconds(540)).contains(due))
        // Its credentials are used again, with the next count; a nonce that is over is changed for another.
        let third = try sent(wake())
        #expect(DigestCredentials(parsing: try #require(third.header("Authorization")))?.quality?.count == "00000002")
        let fourth = try sent(answer(third, 401, [challenge("two", algorithm: algorithm, isStale: true)]))
        #expect(DigestCredentials(parsing: try #require(fourth.header("Authorization")))?.nonce == "two")
        #expect(outcomes(answer(fourth, 200)) == [.registered])
    }

    @Test mutating func aProxyMayAskToo() throws {
        let first = try sent(wake())
        let demand = DigestChallenge(realm: "proxy", nonce: "n", algorithm: .sha256).description
        let second = try sent(answer(first, 407, [SIPHeader("Proxy-Authenticate", demand)]))
        #expect(second.header("Proxy-Authorization") != nil)
        #expect(outcomes(answer(second, 200)) == [.registered])
    }

    @Test mutating func aLongerTimeIsTakenWhereTheRegistrarWantsOne() throws {
        let first = try sent(wake())
        let second = try sent(answer(first, 423, [SIPHeader("Min-Expires", "1800")]))
        #expect(second.expires == 1800)
        #expect(outcomes(answer(second, 200, expires: "1800")) == [.registered])
    }

    @Test(arguments: ["0", "4294967295", "99999999999", "1", "-5", "x"])
    mutating func bogusTimesNeitherFloodNorLast(expires: String) throws {
        let request = try sent(wake())
        let actions = answer(request, 200, expires: expires)
        let wait = try #require(client.nextWake) - now
        #expect(wait >= .seconds(15) && wait <= .seconds(86_400))
        #expect(outcomes(actions) == (expires == "0" ? outcomes(actions) : [.registered]))
        if expires == "0" { #expect(client.state == .waiting) }
    }

    // MARK: Failing

    @Test mutating func challengesWithoutEndAreGivenUp() throws {
        var request = try sent(wake())
        var rounds = 0
        while rounds < 20 {
            let actions = answer(request, 401, [challenge("n\(rounds)", isStale: true)])
            if case .refused = outcomes(actions).first { break }
            request = try sent(actions)
            rounds += 1
        }
        #expect(rounds <= 4)
        #expect(try #require(client.nextWake) - now >= .seconds(2000))
    }

    @Test mutating func aWrongPasswordIsNotTriedAgainSoon() throws {
        let second = try sent(answer(try sent(wake()), 401, [challenge("n")]))
        guard case .refused = outcomes(answer(second, 401, [challenge("n2")])).first else { throw Missing() }
        #expect(try #require(client.nextWake) - now >= .seconds(2000))
    }

    @Test(arguments: [302, 403, 404, 604])
    mutating func whatIsRefusedRestsAndNoRedirectIsFollowed(status: Int) throws {
        let actions = answer(try sent(wake()), status, [SIPHeader("Contact", "<sip:10.0.0.1:22>")])
        guard case .refused = outcomes(actions).first, actions.count == 1 else { throw Missing() }
        #expect(client.target == nil)
    }

    @Test mutating func failuresAreTriedAgainAfterLongerAndLonger() throws {
        var waits: [Duration] = []
        for _ in 0..<10 {
            _ = try sent(wake())
            guard case .failed = outcomes(client.failed(at: now)).first else { throw Missing() }
            waits.append(try #require(client.nextWake) - now)
        }
        #expect(waits[0] >= .seconds(15) && waits[0] <= .seconds(30))
        #expect(waits[9] >= .seconds(900) && waits[9] <= .seconds(1800))
        try registered()
        _ = try sent(wake())
        _ = client.failed(at: now)
        #expect(try #require(client.nextWake) - now <= .seconds(30))
    }

    @Test mutating func aServerThatAsksForPatienceGetsIt() throws {
        _ = answer(try sent(wake()), 503, [SIPHeader("Retry-After", "900 (busy)")])
        #expect(try #require(client.nextWake) - now >= .seconds(900))
        _ = answer(try sent(wake()), 503, [SIPHeader("Retry-After", "99999999999999999999")])
        #expect(try #require(client.nextWake) - now <= .seconds(3600))
    }

    @Test mutating func theNextTargetIsTried() throws {
        client = RegistrationClientTests.make("sip:alice@pbx.example.org")
        guard case .resolve = wake().first else { throw Missing() }
        let targets = [5080, 5081].map { SIPTarget(.udp, SocketAddress(.loopback4, $0), domain: "pbx.example.org") }
        _ = try sent(client.resolved(targets, at: now))
        let second = client.failed(at: now)
        #expect(client.target == targets[1])
        let request = try sent(second)
        #expect(outcomes(answer(request, 200)) == [.registered])
    }

    @Test mutating func theNextTargetAsksForThePasswordAnew() throws {
        client = RegistrationClientTests.make("sip:alice@pbx.example.org")
        _ = wake()
        let targets = [5080, 5081].map { SIPTarget(.udp, SocketAddress(.loopback4, $0), domain: "pbx.example.org") }
        let first = try sent(client.resolved(targets, at: now))
        let proven = try sent(answer(first, 401, [challenge("of the first")]))
        #expect(proven.header("Authorization") != nil)
        let second = try sent(answer(proven, 503))
        #expect(client.target == targets[1] && second.header("Authorization") == nil)
        let again = try sent(answer(second, 401, [challenge("of the second")]))
        let given = try #require(again.header("Authorization").flatMap { DigestCredentials(parsing: $0) })
        #expect(given.nonce == "of the second" && given.quality?.count == "00000001")
        #expect(outcomes(answer(again, 200)) == [.registered])
    }

    @Test mutating func nothingFoundIsAFailure() throws {
        client = RegistrationClientTests.make("sip:alice@pbx.example.org")
        _ = wake()
        guard case .failed = outcomes(client.resolved([], at: now)).first else { throw Missing() }
    }

    // MARK: Where we are, and going

    @Test mutating func behindANATTheContactIsWhatTheRegistrarSees() throws {
        var first = try sent(wake())
        first.vias[0].parameters["received"] = "203.0.113.7"
        first.vias[0].parameters["rport"] = "40000"
        #expect(outcomes(answer(first, 200)) == [.registered])
        // At once again, with the right Contact; and from then on the way is kept open.
        #expect(client.nextWake == now)
        var second = try sent(wake())
        #expect(second.contacts.first?.uri == SIPURI("sip:token@203.0.113.7:40000"))
        // The old one is taken back, or calls would go to both.
        #expect(second.contacts.count == 2 && second.contacts.last?.uri == SIPURI("sip:token@192.168.1.2:5060"))
        #expect(second.contacts.last?.parameters["expires"] == "0")
        second.vias[0].parameters["received"] = "203.0.113.7"
        second.vias[0].parameters["rport"] = "40000"
        #expect(outcomes(answer(second, 200)) == [.registered])
        #expect(try #require(client.nextWake) - now <= .seconds(29))
        let actions = wake()
        guard case .keepAlive = actions.first, actions.count == 1 else { throw Missing() }
        #expect(try sent(client.leave(at: now)).contacts.count == 1)
    }

    @Test mutating func aNATThatChangesEachTimeMakesNoLoop() throws {
        var ports = 0
        for _ in 0..<6 {
            let actions = wake()
            guard case .send = actions.last else { continue }
            var request = try sent(actions)
            ports += 1
            request.vias[0].parameters["received"] = "203.0.113.7"
            request.vias[0].parameters["rport"] = String(40_000 + ports)
            _ = answer(request, 200)
        }
        #expect(ports <= 3 && now > .zero + .seconds(30))
    }

    /// A REGISTER that comes from that port of the NAT is taken; none, and there is no NAT.
    private mutating func seen(_ request: SIPMessage, from port: UInt16?) {
        var request = request
        request.vias[0].parameters["received"] = port == nil ? "192.168.1.2" : "203.0.113.7"
        request.vias[0].parameters["rport"] = String(port ?? 5060)
        #expect(outcomes(answer(request, 200)) == [.registered])
    }

    /// The next REGISTER, and how long until it came.
    private mutating func next() throws -> (request: SIPMessage, wait: Duration) {
        let start = now
        while true {
            let actions = wake()
            if case .send = actions.last { return (try sent(actions), now - start) }
        }
    }

    @Test mutating func everyChangeOfTheNATsAddressIsFollowedAtOnce() throws {
        seen(try next().request, from: nil)
        for port: UInt16? in [40_001, 40_002, nil, 40_003] {
            let refresh = try next()
            #expect(refresh.wait > .seconds(60))
            seen(refresh.request, from: port)
            let again = try next()
            #expect(again.wait == .zero)
            #expect(again.request.contacts.first?.uri.port == port ?? 5060)
            seen(again.request, from: port)
        }
    }

    @Test mutating func whoLeavesTakesTheRegistrationBack() throws {
        try registered()
        let farewell = try sent(client.leave(at: now))
        #expect(farewell.expires == 0 && farewell.contacts.count == 1)
        let proven = try sent(answer(farewell, 401, [challenge("n")]))
        #expect(proven.expires == 0 && proven.header("Authorization") != nil)
        #expect(outcomes(answer(proven, 200)) == [.removed])
        #expect(client.state == .over && client.nextWake == nil && client.leave(at: now).isEmpty)
    }

    @Test mutating func whoWasNeverThereJustGoes() throws {
        #expect(outcomes(client.leave(at: now)) == [.removed])
    }

    @Test mutating func aClosedConnectionIsMadeAnewSoon() throws {
        try registered()
        client.connectionLost(at: now)
        #expect(try #require(client.nextWake) - now <= .seconds(5))
    }

    @Test func anOutboundProxyIsTheFirstHop() throws {
        let proxy = try #require(SIPURI("sip:proxy.example.org"))
        let account = RegistrationAccount(
            address: SIPURI(user: "a", host: "example.org"), user: DigestUser(name: "a", password: Redacted("b")),
            proxy: proxy)
        #expect(account.nextHop == proxy)
        #expect(account.route.first?.uri.isLooseRouter == true)
    }

    /// With half of all datagrams lost, it is registered in the end, and stays so.
    @Test(arguments: [UInt64(3), 4, 5])
    func itGetsThroughALossyNetwork(seed: UInt64) throws {
        let (us, them) = (SocketAddress(.loopback4, 5060), SocketAddress(.loopback4, 5080))
        var network = VirtualNetwork(seed: seed)
        network.loss = 0.4
        network.repeats = 0.2
        network.add(us)
        network.add(them) { layer, event, now in
            guard case .request(let request, let id, _) = event else { return }
            var response = request.response(200, tag: "t")
            response.contacts = request.contacts
            layer.respond(response, to: id, at: now)
        }
        var client = RegistrationClientTests.make(seed: seed)
        var (read, registrations) = (0, 0)
        for _ in 0..<4000 {
            var actions: [RegistrationClient.Action] = []
            if let due = client.nextWake, due <= network.now { actions += client.wake(at: network.now) }
            let heard = network.events[us] ?? []
            for event in heard[read...] {
                switch event {
                case .response(let response, _, _):
                    actions += client.answered(response, contact: "token", at: network.now)
                case .failed: actions += client.failed(at: network.now)
                default: break
                }
            }
            read = heard.count
            for action in actions {
                switch action {
                case .send:
                    let flow = network.flow(us, them)
                    let request = client.request(contact: contact)
                    _ = network.with(us) { layer, now in layer.send(request, on: flow, at: now) }
                case .report(.registered): registrations += 1
                default: break
                }
            }
            network.run(for: .seconds(1))
        }
        #expect(registrations >= 6)
    }
}
