import Primitives
import Testing

@testable import SIP

/// REGISTER (RFC 3261 section 10.3).
@Suite struct RegistrarTests {
    private let flow = SIPFlow(.udp, remote: SocketAddress(.v4(0xc000_0201), 40_000))

    private func request(
        _ contacts: [String], expires: String? = nil, sequence: UInt32 = 1, callID: String = "c", rport: Bool = true
    ) throws -> SIPMessage {
        let lines =
            [
                "REGISTER sip:example.org SIP/2.0",
                "Via: SIP/2.0/UDP 10.0.0.5:5060;branch=z9hG4bK1\(rport ? ";rport" : "")",
                "From: <sip:alice@example.org>;tag=1", "To: <sip:alice@example.org>", "Call-ID: \(callID)",
                "CSeq: \(sequence) REGISTER",
            ] + contacts.map { "Contact: \($0)" } + (expires.map { ["Expires: \($0)"] } ?? []) + ["", ""]
        return try SIPMessage(parsing: Array(lines.joined(separator: "\r\n").utf8))
    }

    private func status(_ body: () throws -> Void) -> Int? {
        do { try body() } catch let refusal as Registrar.Refusal { return refusal.status } catch { return -1 }
        return nil
    }

    @Test func aPhoneIsReachedWhereItCameFromUntilItsTimeIsOver() throws {
        var registrar = Registrar()
        try registrar.register("alice", request(["<sip:alice@10.0.0.5:5060>;expires=120"]), on: flow, at: .zero)
        let binding = try #require(registrar.bindings(of: "alice", at: .zero).first)
        #expect(binding.flow == flow && binding.contact.uri.host == "10.0.0.5")
        #expect(registrar.takeChanges() == ["alice"] && registrar.takeChanges().isEmpty)
        #expect(registrar.nextWake == .zero + .seconds(120))
        #expect(registrar.bindings(of: "alice", at: .zero + .seconds(120)).isEmpty)
        registrar.wake(at: .zero + .seconds(120))
        #expect(registrar.takeChanges() == ["alice"] && registrar.nextWake == nil)
    }

    @Test func whoDoesNotAskForItsSourcePortIsCalledAtItsOwn() throws {
        var registrar = Registrar()
        let contact = "<sip:alice@192.0.2.1:5062>"
        try registrar.register("alice", request([contact], rport: false), on: flow, at: .zero)
        #expect(registrar.bindings(of: "alice", at: .zero).first?.flow.remote.port == 5062)
        try registrar.register("alice", request([contact], sequence: 2), on: flow, at: .zero)
        #expect(registrar.bindings(of: "alice", at: .zero).map(\.flow.remote.port) == [40_000])
    }

    @Test func severalContactsByPreference() throws {
        var registrar = Registrar()
        try registrar.register(
            "alice", request(["<sip:a@h1>;q=0.3, <sip:a@h2>;q=0.8", "<sip:a@h3>;q=nan"], expires: "600"), on: flow,
            at: .zero)
        #expect(registrar.bindings(of: "alice", at: .zero).map(\.contact.uri.host) == ["h3", "h2", "h1"])
        try registrar.register("alice", request(["<sip:a@h2>;expires=0"], sequence: 2), on: flow, at: .zero)
        #expect(registrar.bindings(of: "alice", at: .zero).map(\.contact.uri.host) == ["h3", "h1"])
    }

    @Test func aStarTakesAllOutAndStandsAlone() throws {
        var registrar = Registrar()
        try registrar.register("alice", request(["<sip:a@h1>", "<sip:a@h2>"]), on: flow, at: .zero)
        #expect(status { try registrar.register("alice", request(["*"], sequence: 2), on: flow, at: .zero) } == 400)
        #expect(
            status { try registrar.register("alice", request(["*"], expires: "60", sequence: 2), on: flow, at: .zero) }
                == 400)
        #expect(
            status {
                try registrar.register(
                    "alice", request(["*", "<sip:a@h3>"], expires: "0", sequence: 2), on: flow, at: .zero)
            } == 400)
        #expect(registrar.bindings(of: "alice", at: .zero).count == 2)
        try registrar.register("alice", request(["*"], expires: "0", sequence: 2), on: flow, at: .zero)
        #expect(registrar.bindings(of: "alice", at: .zero).isEmpty)
    }

    @Test func timesAreNeitherTooShortNorTooLong() throws {
        var registrar = Registrar()
        #expect(
            status { try registrar.register("alice", request(["<sip:a@h>"], expires: "59"), on: flow, at: .zero) }
                == 423)
        #expect(
            status {
                try registrar.register(
                    "alice", request(["<sip:a@h1>;expires=600, <sip:a@h2>;expires=1"]), on: flow, at: .zero)
            } == 423)
        #expect(registrar.bindings(of: "alice", at: .zero).isEmpty)
        try registrar.register("alice", request(["<sip:a@h>"], expires: "4000000000"), on: flow, at: .zero)
        #expect(registrar.nextWake == .zero + .seconds(3600))
    }

    @Test func whatIsOvertakenChangesNothing() throws {
        var registrar = Registrar()
        try registrar.register("alice", request(["<sip:a@h>"], sequence: 5), on: flow, at: .zero)
        #expect(
            status {
                try registrar.register("alice", request(["<sip:a@h>;expires=0"], sequence: 5), on: flow, at: .zero)
            }
                == 500)
        #expect(registrar.bindings(of: "alice", at: .zero).count == 1)
        try registrar.register("alice", request(["<sip:a@h>;expires=0"], sequence: 1, callID: "d"), on: flow, at: .zero)
        #expect(registrar.bindings(of: "alice", at: .zero).isEmpty)
    }

    @Test func aDeviceHasOnePlaceAndAnAccountTen() throws {
        var registrar = Registrar()
        let instance = ";+sip.instance=\"<urn:uuid:1>\""
        try registrar.register("alice", request(["<sip:a@h1>" + instance]), on: flow, at: .zero)
        try registrar.register("alice", request(["<sip:a@h2>" + instance], callID: "d"), on: flow, at: .zero)
        #expect(registrar.bindings(of: "alice", at: .zero).map(\.contact.uri.host) == ["h2"])
        for number in 0..<30 {
            let now = Instant.zero + .seconds(number)
            try registrar.register("alice", request(["<sip:a@p\(number)>"], callID: "x\(number)"), on: flow, at: now)
        }
        let hosts = registrar.bindings(of: "alice", at: .zero + .seconds(30)).map(\.contact.uri.host)
        #expect(Set(hosts) == Set((20..<30).map { "p\($0)" }))
        let many = (0..<11).map { "<sip:a@m\($0)>" }
        #expect(status { try registrar.register("bob", request(many), on: flow, at: .zero) } == 403)
    }

    @Test func whoCameByAConnectionGoesWithItUnlessItCanBeOpenedAnew() throws {
        var registrar = Registrar()
        let tcp = SIPFlow(.tcp, remote: SocketAddress(.v4(0xc000_0201), 40_000), connection: 7)
        let browser = SIPFlow(.ws, remote: SocketAddress(.v4(0xc000_0201), 40_001), connection: 7)
        try registrar.register(
            "alice", request(["<sip:a@10.0.0.5;transport=tcp>", "<sip:a@192.0.2.1:5062;transport=tcp>"]), on: tcp,
            at: .zero)
        try registrar.register("bob", request(["<sip:b@x.invalid;transport=ws>"]), on: browser, at: .zero)
        #expect(registrar.connections == [7])
        registrar.connectionClosed(7)
        let left = registrar.bindings(of: "alice", at: .zero)
        #expect(left.map(\.flow) == [SIPFlow(.tcp, remote: SocketAddress(.v4(0xc000_0201), 5062))])
        #expect(registrar.bindings(of: "bob", at: .zero).isEmpty && registrar.connections.isEmpty)
    }
}
