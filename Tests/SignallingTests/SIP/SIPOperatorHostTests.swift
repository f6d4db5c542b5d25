import MediaSecurity
import Primitives
import Testing

@testable import Conference
@testable import SIP
@testable import Signalling

/// The operator's own hosts: who may not register there, and whose word is believed.
@Suite struct SIPOperatorHostTests {
    private let romeo = PeerAddress(.xmpp, user: "romeo", host: "localhost")
    private let trunk = SocketAddress(.v4(0xc664_0101), 5060)
    private let other = SocketAddress(.v4(0xc664_0102), 5060)

    private func house(_ change: (inout SIPAdapterConfiguration) -> Void = { _ in }) -> SIPHouse {
        var house = SIPHouse { settings in
            settings.hashing = .openSSL
            settings.lineSecret = [1, 2, 3]
            change(&settings)
        }
        var configuration = house.conference.configuration
        configuration.personalAccounts.who = .bridged
        house.conference = Conference(configuration: configuration, entropy: .seeded(1))
        return house
    }

    private func operators(_ house: String = "trunk.example.net") -> SIPHouse {
        self.house { $0.operatorHosts = Set([RegistrarHost(house)].compactMap(\.self)) }
    }

    private func lookup(_ house: SIPHouse, of name: String) -> SIPLookup? {
        house.lookups.last { $0.owner == .host(name) }
    }

    private func registrations(_ house: SIPHouse) -> [SIPMessage] { house.sent.filter { $0.method == .register } }

    /// Romeo's account at a host that the DNS finds there.
    private func account(_ house: inout SIPHouse, at host: String, found addresses: [IPAddress]) throws {
        let line = LineAccount(
            user: "romeo", registrar: try #require(RegistrarHost(host)), password: Redacted("secret"))
        house.handle(.account(AccountRequestID(1), by: romeo, .set(line, voicemail: nil)))
        house.run(for: .seconds(1))
        let lookup = try #require(house.lookups.last { $0.owner == .line(.person(romeo)) })
        house.resolve(lookup, addresses)
    }

    private func take(_ house: inout SIPHouse) throws {
        let request = try #require(registrations(house).last)
        var response = request.response(200, tag: "pbx")
        response.contacts = request.contacts
        house.receive(response, from: other)
    }

    private func call(_ house: inout SIPHouse, _ leg: UInt64) -> SIPMessage? {
        house.handle(
            .legOffered(
                LegID(leg),
                IncomingCall(
                    caller: romeo, displayName: nil, callee: PeerAddress(.xmpp, user: "0900", host: "sip.localhost"),
                    takesText: true))
        ).first(.invite)
    }

    private func write(_ house: inout SIPHouse) -> [Command] {
        var delivery = InstantDelivery(
            id: "text", target: PeerAddress(.sip, user: "0900", host: "exchange.example.com"), sender: romeo,
            content: .text(InstantText("hello")))
        delivery.way = InstantDelivery.Way(target: delivery.target, line: .person(romeo))
        return house.adapter.pass(delivery, at: house.now, wall: WallTime(milliseconds: 0))
    }

    @Test func nothingGoesByAnAccountBeforeItIsRegistered() throws {
        var house = house()
        try account(&house, at: "exchange.example.com", found: [other.ip])
        #expect(registrations(house).count == 1)
        #expect(call(&house, 70) == nil)
        #expect(house.effects.last.map { if case .end(LegID(70), .failed) = $0 { true } else { false } } == true)
        guard case .instantOutcome("text", .failed(.recipientUnavailable), _) = write(&house).first else {
            Issue.record("a text went out")
            return
        }
        try take(&house)
        #expect(write(&house).isEmpty)
        #expect(call(&house, 71)?.requestURI?.host == "exchange.example.com")
        // Nor is it while the next registrar has not taken it, but it is while it is refreshed.
        for _ in 0..<600 where registrations(house).count < 2 { house.run(for: .seconds(1)) }
        #expect(call(&house, 72) != nil)
        house.run(for: .seconds(40))
        #expect(call(&house, 73) == nil)
    }

    @Test func aNameThatLeadsToATrunkIsNoRegistrar() throws {
        var house = operators()
        house.run(for: .seconds(1))
        house.resolve(try #require(lookup(house, of: "trunk.example.net")), [trunk.ip])
        try account(&house, at: "evil.example.com", found: [trunk.ip])
        #expect(registrations(house).isEmpty && call(&house, 70) == nil)
        house.run(for: .seconds(31))
        let again = try #require(house.lookups.last { $0.owner == .line(.person(romeo)) })
        house.resolve(again, [trunk.ip, other.ip])
        #expect(house.flows.last?.remote == other && registrations(house).count == 1)
    }

    @Test func aTrunkThatIsFoundWhereAnAccountIsTakesItsCallsNoMore() throws {
        var house = operators()
        try account(&house, at: "evil.example.com", found: [trunk.ip])
        try take(&house)
        #expect(call(&house, 70) != nil)
        house.resolve(try #require(lookup(house, of: "trunk.example.net")), [trunk.ip])
        #expect(call(&house, 71) == nil)
    }

    @Test func anAccountFromBeforeTheTrunkIsNotRegisteredThere() throws {
        for host in ["trunk.example.net:5080", "198.100.1.1:5080"] {
            var house = operators(host)
            let isName = host.first == "t"
            if isName {
                try account(&house, at: "trunk.example.net", found: [trunk.ip])
            } else {
                let line = LineAccount(
                    user: "romeo", registrar: try #require(RegistrarHost("198.100.1.1")), password: Redacted("secret"))
                house.handle(.account(AccountRequestID(1), by: romeo, .set(line, voicemail: nil)))
                house.run(for: .seconds(1))
            }
            #expect(registrations(house).isEmpty)
        }
    }

    @Test func aHostThatTheOperatorNamesMayBeBoth() throws {
        var house = house {
            $0.operatorHosts = Set([RegistrarHost("trunk.example.net")].compactMap(\.self))
            $0.personalAccounts.hosts = ["*", "trunk.example.net"]
        }
        house.run(for: .seconds(1))
        house.resolve(try #require(lookup(house, of: "trunk.example.net")), [trunk.ip])
        try account(&house, at: "trunk.example.net", found: [trunk.ip])
        #expect(registrations(house).count == 1)
    }

    // MARK: Trust

    private func isTrusted(_ house: SIPHouse, _ address: SocketAddress) -> Bool {
        house.adapter.isTrusted(SIPFlow(.udp, local: SIPHouse.address, remote: address))
    }

    @Test func aTrustedTrunkIsTrustedWhereItIsFoundAndSomeTimeAfter() throws {
        var house = house { $0.trustedHosts = Set([RegistrarHost("trunk.example.net:5070")].compactMap(\.self)) }
        house.run(for: .seconds(1))
        let name = "trunk.example.net:5070"
        house.resolve(try #require(lookup(house, of: name)), [trunk.ip])
        #expect(isTrusted(house, trunk) && !isTrusted(house, other))
        // What finds nothing says nothing.
        house.run(for: .seconds(300))
        #expect(house.lookups.count == 2)
        house.resolve(try #require(lookup(house, of: name)), [])
        house.run(for: .seconds(1200))
        #expect(isTrusted(house, trunk))
        house.resolve(try #require(lookup(house, of: name)), [trunk.ip])
        house.run(for: .seconds(300))
        house.resolve(try #require(lookup(house, of: name)), [other.ip])
        #expect(isTrusted(house, trunk) && isTrusted(house, other))
        house.run(for: .seconds(590))
        #expect(isTrusted(house, trunk))
        house.run(for: .seconds(20))
        #expect(!isTrusted(house, trunk) && isTrusted(house, other))
    }

    @Test func whereACallByATrustedTrunkGoesIsTrusted() throws {
        for trusted in [true, false] {
            var settings = SIPTrunk()
            settings.isTrusted = trusted
            var house = SIPHouse { $0.trunks = ["a": settings] }
            var configuration = house.conference.configuration
            configuration.trunks = ["a": Trunk(host: "trunk.example.net")]
            configuration.routes = [GatewayRoute(pattern: "*", host: "trunk.example.net", trunks: ["a"])]
            configuration.calling.rules = [CallingRule(.everyone, nil)]
            house.conference = Conference(configuration: configuration, entropy: .seeded(1))
            _ = call(&house, 70)
            house.resolve(try #require(house.lookups.last), [trunk.ip, other.ip])
            #expect(isTrusted(house, trunk) == trusted && isTrusted(house, other) == trusted)
        }
    }

    @Test func manyAddressesOfOneHostLeaveRoomForTheOthers() {
        var hosts = OperatorHosts(SIPAdapterConfiguration(localAddress: { _, _ in nil }))
        hosts.found("quiet.example", at: [trunk.ip], isTrusted: true, now: .zero)
        for second in 0..<100 {
            let addresses = (0..<200).map { IPAddress.v4(0x0a00_0000 + UInt32(second * 200 + $0)) }
            hosts.found("loud.example", at: addresses, isTrusted: true, now: .zero + .seconds(second))
        }
        let kept = (0..<20_000).count { hosts.trusts(.v4(0x0a00_0000 + UInt32($0))) }
        #expect(kept == OperatorHosts.most && hosts.trusts(trunk.ip))
    }
}
