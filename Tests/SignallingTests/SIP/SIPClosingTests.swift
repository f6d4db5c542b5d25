import Conference
import MediaSecurity
import Primitives
import SIP
import Testing

@testable import Signalling

/// How calls and registrations end with the server: what it waits for, and what it does not.
@Suite struct SIPClosingTests {
    private let jingle = LegID(LegIDs.Origin.jingle.rawValue << 56 | 1)
    private let desk = SIPPhone("desk", port: 5080)

    /// All calls are ended and nothing new is taken; gives what is sent.
    private func close(_ house: inout SIPHouse) -> [SIPMessage] {
        for leg in house.adapter.liveLegs { _ = house.adapter.end(leg, .hangup, at: house.now) }
        house.adapter.close()
        // Something that the domain does not know, so that what there is to send is sent.
        return house.handle(.legRinging(LegID(999)))
    }

    private func call(_ house: inout SIPHouse) throws -> SIPMessage {
        try #require(
            house.handle(
                .legOffered(
                    jingle,
                    IncomingCall(
                        caller: PeerAddress(.xmpp, user: "romeo", host: "localhost", resource: "orchard"),
                        displayName: nil, callee: PeerAddress(.xmpp, user: "100", host: "sip.localhost"),
                        takesText: true))
            ).first(.invite))
    }

    @Test func whereThereIsNothingNothingIsWaitedFor() {
        var house = SIPHouse()
        #expect(close(&house).isEmpty && !house.adapter.isBusy)
    }

    @Test func aBYEThatIsLostIsRepeatedUntilItsAnswer() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        let bye = try #require(close(&house).first(.bye))
        #expect(house.adapter.isBusy)
        #expect(house.run(for: .milliseconds(600)).methods == [.bye] && house.adapter.isBusy)
        house.receive(alice.answer(bye), from: alice.address)
        #expect(!house.adapter.isBusy)
    }

    @Test func aCallThatWaitsForItsACKStillGetsItsBYE() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        let ok = try #require(
            house.receive(alice.request(.invite, sdp: SIPPhone.sdp()), from: alice.address).first(200))
        #expect(close(&house).isEmpty && house.adapter.isBusy)
        let bye = try #require(house.receive(alice.ack(ok), from: alice.address).first(.bye))
        #expect(house.adapter.isBusy)
        house.receive(alice.answer(bye), from: alice.address)
        #expect(!house.adapter.isBusy)
    }

    @Test func anINVITEThatHasNotBeenAnsweredAtAllGetsItsCANCEL() throws {
        var house = SIPHouse()
        let invite = try call(&house)
        #expect(close(&house).isEmpty && house.adapter.isBusy)
        let cancel = try #require(house.receive(desk.answer(invite, 180), from: desk.address).first(.cancel))
        house.receive(desk.answer(cancel), from: desk.address)
        #expect(house.adapter.isBusy)
        #expect(house.receive(desk.answer(invite, 487), from: desk.address).methods == [.ack])
        #expect(!house.adapter.isBusy)
    }

    @Test func aBYEThatWantsAPasswordGetsIt() throws {
        var house = SIPHouse {
            $0.hashing = .openSSL
            $0.credentials = ["127.0.0.1:5080": DigestUser(name: "confab", password: Redacted("secret"))]
        }
        let invite = try call(&house)
        house.receive(desk.answer(invite, sdp: SIPPhone.sdp()), from: desk.address)
        let bye = try #require(close(&house).first(.bye))
        var demand = bye.response(407)
        demand.headers.append(
            SIPHeader("Proxy-Authenticate", DigestChallenge(realm: "r", nonce: "n", algorithm: .sha256).description))
        let again = try #require(house.receive(demand, from: desk.address).first(.bye))
        #expect(again.header("Proxy-Authorization") != nil && house.adapter.isBusy)
        house.receive(desk.answer(again), from: desk.address)
        #expect(!house.adapter.isBusy)
    }

    @Test func nothingNewIsTakenAndWhatIsUnderWayGoesOn() throws {
        var house = SIPHouse()
        var (alice, bob) = (SIPPhone("Alice", port: 5061), SIPPhone("Bob", port: 5062))
        house.join(&alice)
        house.adapter.close()
        for method in [SIPMethod.invite, .message, .options, .subscribe] {
            bob.branchPrefix = method.rawValue
            let answer = house.receive(bob.request(method, sdp: SIPPhone.sdp()), from: bob.address).last
            #expect(answer?.status == 503 && answer?.header("Retry-After") == "10")
        }
        #expect(house.adapter.legCount == 1)
        #expect(house.receive(alice.request(.bye), from: alice.address).statuses == [200])
        #expect(house.adapter.legCount == 0)
    }

    @Test func aRegistrarThatAsksForThePasswordAtTheEndGetsItToo() throws {
        var house = SIPHouse { $0.hashing = .openSSL }
        var configuration = house.conference.configuration
        let exchange = SocketAddress(.loopback4, 5090)
        let host = try #require(RegistrarHost("127.0.0.1:5090"))
        configuration.lines = [LineAccount(user: "trunk", registrar: host, password: Redacted("secret"))]
        house.conference = Conference(configuration: configuration, entropy: .seeded(1))
        house.handle(.lineChanged(.gateway(0), .trying))
        let request = try #require(house.run(for: .seconds(1)).first(.register))
        var taken = request.response(200, tag: "pbx")
        taken.contacts = request.contacts
        house.receive(taken, from: exchange)
        house.adapter.unregisterAll(at: house.now)
        let farewell = try #require(close(&house).first(.register))
        #expect(farewell.expires == 0 && house.adapter.isBusy)
        var demand = farewell.response(401, tag: "pbx")
        demand.headers.append(
            SIPHeader("WWW-Authenticate", DigestChallenge(realm: "r", nonce: "n", algorithm: .sha256).description))
        let again = try #require(house.receive(demand, from: exchange).first(.register))
        #expect(again.expires == 0 && again.header("Authorization") != nil)
        house.receive(again.response(200, tag: "pbx"), from: exchange)
        #expect(!house.adapter.isBusy)
    }
}
