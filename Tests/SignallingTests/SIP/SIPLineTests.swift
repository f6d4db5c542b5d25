import Conference
import MediaSecurity
import Primitives
import Testing

@testable import SIP
@testable import Signalling

/// Accounts of ours at an exchange that the test plays.
@Suite struct SIPLineTests {
    static let exchange = SocketAddress(.loopback4, 5090)
    let romeo = PeerAddress(.xmpp, user: "romeo", host: "localhost")
    var house: SIPHouse

    init() {
        house = SIPHouse(asking: .calls) { settings in
            settings.hashing = .openSSL
            settings.lineSecret = [1, 2, 3]
            settings.personalAccounts.hosts = ["127.0.0.1", "*"]
        }
        var configuration = house.conference.configuration
        configuration.personalAccounts.who = .bridged
        configuration.personalAccounts.hosts = ["127.0.0.1", "*"]
        configuration.gatewayPolicy = .accounts
        configuration.lines = [Self.line("trunk")].compactMap(\.self)
        configuration.numberRules = [NumberRule(pattern: "4930*", target: .person(romeo))]
        house.conference = Conference(configuration: configuration, entropy: .seeded(1))
    }

    static func line(_ user: String, at host: String = "127.0.0.1:5090") -> LineAccount? {
        RegistrarHost(host).map { LineAccount(user: user, registrar: $0, password: Redacted("secret")) }
    }

    private func registers(_ messages: [SIPMessage]) -> [SIPMessage] { messages.filter { $0.method == .register } }

    /// The first command begins everything; the exchange takes the REGISTER. -> the user of our Contact
    private mutating func registered() throws -> String {
        house.handle(
            .composing(
                Composing(
                    room: try #require(RoomName("demo")), writer: romeo, via: .talk, audience: .everyone,
                    isActive: false)))
        let request = try #require(registers(house.run(for: .seconds(1))).last)
        #expect(request.to.uri.user == "trunk")
        return try taken(request)
    }

    private mutating func taken(_ request: SIPMessage) throws -> String {
        var response = request.response(200, tag: "pbx")
        response.contacts = request.contacts
        house.receive(response, from: SIPLineTests.exchange)
        return try #require(request.contacts.first?.uri.user)
    }

    private mutating func romeoHasAnAccount(at host: String = "127.0.0.1:5090") throws -> [SIPMessage] {
        let line = try #require(Self.line("romeo", at: host))
        return house.handle(.account(AccountRequestID(1), by: romeo, .set(line, voicemail: nil)))
            + house.run(for: .seconds(1))
    }

    private func dialled() -> [OutgoingCall] {
        house.effects.compactMap { if case .dial(_, let call) = $0 { call } else { nil } }
    }

    private func invite(_ user: String, to: String, port: UInt16 = 5090) -> (SIPMessage, SocketAddress) {
        var phone = SIPPhone("Dora", port: port, calls: "sip:\(user)@127.0.0.1:5060")
        phone.callID = "to \(user) \(to) from \(port)"
        phone.branchPrefix = "\(user)\(to)\(port)".filter { $0.isLetter || $0.isNumber }
        var request = phone.request(.invite, sdp: SIPPhone.sdp())
        request.to = NameAddress(SIPURI(user: to, host: "127.0.0.1"))
        return (request, phone.address)
    }

    // MARK: In

    @Test mutating func aCallToOurContactIsTheNumbers() throws {
        let token = try registered()
        #expect(token.utf8.count >= 32)
        let (request, from) = invite(token, to: "+4930123")
        house.receive(request, from: from)
        #expect(dialled().map(\.target) == [romeo])
        let (other, _) = invite(token, to: "999")
        #expect(house.receive(other, from: from).last?.status == 404)
    }

    @Test mutating func anExchangeThatCallsTheNumberItselfIsKnownByItsAddress() throws {
        _ = try registered()
        let (request, from) = invite("4930123", to: "4930123")
        house.receive(request, from: from)
        #expect(dialled().map(\.target) == [romeo])
        // The same from elsewhere is anybody's call, and may not cross the gateway here.
        let (stranger, _) = invite("4930123", to: "4930123", port: 6000)
        let elsewhere = SocketAddress(try #require(IPAddress("192.0.2.9")), 5060)
        #expect(house.receive(stranger, from: elsewhere).last?.status == 403)
    }

    @Test mutating func aGuessedContactIsNobodys() throws {
        let token = try registered()
        for guess in ["trunk", String(token.dropLast()), token + "0", String(repeating: "0", count: 40)] {
            let (request, from) = invite(guess, to: "4930123", port: 6001)
            house.receive(request, from: from)
        }
        #expect(dialled().isEmpty)
    }

    @Test mutating func whoClaimsAnAccountOfOursProvesItAllTheSame() throws {
        let accounts = SIPAccounts(domain: "talk.localhost", secrets: ["alice": .password(Redacted("wonderland"))])
        let conference = house.conference
        house = SIPHouse(accounts: accounts) { $0.lineSecret = [1] }
        house.conference = conference
        let token = try registered()
        var (request, from) = invite(token, to: "4930123")
        request.from = NameAddress(SIPURI(user: "alice", host: "talk.localhost"))
        request.from.tag = "x"
        #expect(house.receive(request, from: from).last?.status == 401)
    }

    // MARK: Registrars

    @Test mutating func aPersonsRegistrarMayNotLeadIntoOurNetwork() throws {
        _ = try registered()
        #expect(registers(try romeoHasAnAccount(at: "exchange.example.net")).isEmpty)
        let lookup = try #require(house.lookups.last)
        house.resolve(lookup, [try #require(IPAddress("10.0.0.1")), try #require(IPAddress("169.254.169.254"))])
        #expect(registers(house.run(for: .milliseconds(100))).isEmpty)
        guard case .failed = house.conference.lineState(of: romeo) else {
            Issue.record("registers there")
            return
        }
        // It is looked up again, and found outside.
        house.run(for: .seconds(31))
        let again = try #require(house.lookups.last)
        house.resolve(again, [try #require(IPAddress("10.0.0.1")), try #require(IPAddress("198.100.1.1"))])
        #expect(house.flows.last?.remote.ip == IPAddress("198.100.1.1"))
    }

    @Test mutating func theContactIsTheSameAfterARestart() throws {
        let first = try registered()
        let conference = house.conference
        self = SIPLineTests()
        #expect(try registered() == first)
        _ = conference
    }

    @Test mutating func whoLeavesAndAStopTakeRegistrationsBack() throws {
        _ = try registered()
        _ = try taken(try #require(registers(try romeoHasAnAccount()).last))
        let gone = registers(house.handle(.account(AccountRequestID(2), by: romeo, .remove)))
        #expect(gone.map(\.expires) == [0])
        house.adapter.unregisterAll(at: house.now)
        #expect(registers(house.handle(.lineChanged(.gateway(0), .registered))).map(\.expires) == [0])
    }

    @Test mutating func aConnectionToARegistrarIsKeptOpenWhereItAgrees() throws {
        for granted in ["60", "", nil] {
            self = SIPLineTests()
            var configuration = house.conference.configuration
            configuration.lines = [
                RegistrarHost("127.0.0.1:5090;transport=tcp").map {
                    LineAccount(user: "trunk", registrar: $0, password: Redacted("secret"))
                }
            ].compactMap(\.self)
            #expect(configuration.lines.count == 1)
            house.conference = Conference(configuration: configuration, entropy: .seeded(1))
            house.handle(.lineChanged(.gateway(0), .trying))
            let request = try #require(registers(house.run(for: .seconds(1))).last)
            #expect(request.vias[0].transport == "TCP")
            #expect(request.vias[0].parameters.contains("keep") && request.vias[0].parameters["keep"] == nil)
            var response = request.response(200, tag: "pbx")
            response.contacts = request.contacts
            if let granted, !granted.isEmpty { response.vias[0].parameters["keep"] = granted }
            house.receive(
                response.bytes,
                on: SIPFlow(.tcp, local: SIPHouse.address, remote: SIPLineTests.exchange, connection: 9))
            #expect(house.adapter.keepAlives == (granted == "60" ? [9: .seconds(54)] : [:]))
        }
    }

    @Test mutating func aFloodOfChallengesIsAnsweredThriceAtMost() throws {
        house.handle(.lineChanged(.gateway(0), .trying))
        var request = registers(house.run(for: .seconds(1))).last
        var count = 0
        while let asked = request, count < 50 {
            count += 1
            var response = asked.response(401, tag: "pbx")
            response.headers.append(
                SIPHeader(
                    "WWW-Authenticate",
                    DigestChallenge(realm: "r", nonce: "n\(count)", algorithm: .md5, isStale: true).description))
            request = registers(house.receive(response, from: SIPLineTests.exchange)).last
        }
        #expect(count <= 4)
        #expect(registers(house.run(for: .seconds(1200))).isEmpty)
    }

    @Test mutating func aCallThatCameByTheAccountIsEndedWithItsPassword() throws {
        for isRegistrar in [true, false] {
            self = SIPLineTests()
            let token = try registered()
            let (request, exchange) = invite(token, to: "4930123")
            let from = isRegistrar ? exchange : SocketAddress(.v4(0xc000_0209), 5090)
            house.receive(request, from: from)
            let callee = try #require(
                house.effects.lazy.compactMap { if case .dial(let leg, _) = $0 { leg } else { nil } }.last)
            let ok = try #require(house.handle(.legAnswered(callee)).first(200))
            var phone = SIPPhone("Dora", port: 5090, calls: "sip:\(token)@127.0.0.1:5060")
            phone.callID = request.callID
            var ack = phone.ack(ok)
            ack.cseq.number = request.cseq.number
            house.receive(ack, from: from)
            let bye = try #require(house.handle(.legEnded(callee, .hangup)).first(.bye))
            #expect(bye.header("Proxy-Authorization") == nil)
            var demand = bye.response(407, tag: nil)
            demand.headers.append(
                SIPHeader("Proxy-Authenticate", DigestChallenge(realm: "r", nonce: "n", algorithm: .sha256).description)
            )
            let again = house.receive(demand, from: from).first(.bye)
            let given = again?.header("Proxy-Authorization").flatMap { DigestCredentials(parsing: $0) }
            // Whoever else knows our Contact gets nothing that was made with the password.
            #expect(given?.username == (isRegistrar ? "trunk" : nil))
        }
    }

    // MARK: Out

    @Test mutating func aCallGoesOutByTheAccountWithItsPassword() throws {
        _ = try registered()
        let token = try taken(try #require(registers(try romeoHasAnAccount()).last))
        let call = IncomingCall(
            caller: romeo, displayName: nil, callee: PeerAddress(.xmpp, user: "700", host: "sip.localhost"),
            takesText: true)
        let leg = LegID(77)
        let first = try #require(house.handle(.legOffered(leg, call)).last)
        #expect(first.method == .invite && first.requestURI == SIPURI("sip:700@127.0.0.1:5090"))
        #expect(first.from.uri == SIPURI("sip:romeo@127.0.0.1:5090") && first.contacts.first?.uri.user == token)
        var demand = first.response(407, tag: "pbx")
        demand.headers.append(
            SIPHeader(
                "Proxy-Authenticate", DigestChallenge(realm: "r", nonce: "n", algorithm: .sha256).description))
        let second = try #require(
            house.receive(demand, from: SIPLineTests.exchange).last { $0.method == .invite })
        let credentials = second.header("Proxy-Authorization").flatMap { DigestCredentials(parsing: $0) }
        #expect(credentials?.username == "romeo")
    }

    /// The other side of the account knows nobody else, after a transfer either.
    @Test mutating func aTextInACallByTheAccountIsFromItAlone() throws {
        _ = try registered()
        _ = try taken(try #require(registers(try romeoHasAnAccount()).last))
        let number = PeerAddress(.xmpp, user: "700", host: "sip.localhost")
        let leg = LegID(LegIDs.Origin.jingle.rawValue << 56 | 77)
        let call = IncomingCall(caller: romeo, displayName: nil, callee: number, takesText: true)
        let invite = try #require(house.handle(.legOffered(leg, call)).last)
        let phone = SIPPhone("desk", port: 5090)
        var ok = phone.answer(invite, sdp: SIPPhone.sdp())
        ok.set("Accept", "application/sdp, message/cpim")
        house.receive(ok, from: SIPLineTests.exchange)
        house.handle(.legAnswered(leg))
        let carol = PeerAddress(.xmpp, user: "carol", host: "localhost")
        house.handle(.transfer(Transfer(id: nil, leg: leg, target: carol)))
        let other = try #require(
            house.effects.compactMap { if case .dial(let leg, _) = $0 { leg } else { nil } }.last)
        house.handle(.legAnswered(other))
        var message = InstantMessage(id: SubmissionID(1), from: carol, to: number, .text(InstantText("hello")))
        message.displayName = "Carol"
        let told = try #require(house.handle(.instant(message)).first(.message))
        #expect(told.to.tag != nil && told.from.uri == SIPURI("sip:romeo@127.0.0.1:5090"))
        #expect(!String(decoding: told.bytes, as: UTF8.self).lowercased().contains("carol"))
        let wrapped = try #require(CPIMMessage(parsing: told.body))
        #expect(wrapped.from == .init(name: nil, uri: "sip:romeo@127.0.0.1:5090"))
    }

    @Test mutating func withoutARegistrationNoCallGoesOut() throws {
        _ = try registered()
        let request = try #require(registers(try romeoHasAnAccount()).last)
        house.receive(request.response(403, tag: "pbx"), from: SIPLineTests.exchange)
        let call = IncomingCall(
            caller: romeo, displayName: nil, callee: PeerAddress(.xmpp, user: "700", host: "sip.localhost"),
            takesText: true)
        #expect(!house.handle(.legOffered(LegID(78), call)).contains { $0.method == .invite })
        #expect(house.effects.last.map { if case .end(LegID(78), .failed) = $0 { true } else { false } } == true)
    }
}
