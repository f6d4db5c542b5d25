import Conference
import MediaSecurity
import Primitives
import SIP
import Testing

@testable import Signalling

/// Accounts: who has to prove what (RFC 3261 section 22), and REGISTER (section 10).
@Suite struct SIPAccountTests {
    static let passwords = ["alice": "wonderland", "bob": "builder"]
    static let accounts = SIPAccounts(
        domain: "talk.localhost", secrets: passwords.mapValues { .password(Redacted($0)) },
        displayNames: ["bob": "Bob the Builder"])

    private func house(
        _ authentication: SIPAuthentication = .calls, trusting trusted: [IPNetwork] = []
    ) -> SIPHouse { SIPHouse(accounts: SIPAccountTests.accounts, asking: authentication, trusting: trusted) }

    private func phone(_ name: String, _ port: UInt16, as identity: String, calls dialled: String) -> SIPPhone {
        var phone = SIPPhone(name, port: port, calls: dialled)
        phone.identity = SIPURI(identity)
        return phone
    }

    private func alice(calls dialled: String = "sip:demo@talk.localhost") -> SIPPhone {
        phone("Alice", 4001, as: "sip:alice@talk.localhost", calls: dialled)
    }

    // MARK: Calls

    @Test func whoSaysThatItIsAnAccountIsAskedForThePassword() throws {
        var house = house()
        var alice = alice()
        let challenge = try #require(
            house.receive(alice.request(.invite, sdp: SIPPhone.sdp()), from: alice.address).first(401))
        #expect(challenge.headers.count { $0.isNamed("WWW-Authenticate") } == 2)
        #expect(house.commands.isEmpty && house.adapter.legCount == 0)
        let ok = house.receive(alice.request(.invite, sdp: SIPPhone.sdp(), answering: challenge), from: alice.address)
        #expect(ok.first(200) != nil)
        guard case .legOffered(_, let call)? = house.commands.first else { return #expect(Bool(false)) }
        #expect(call.isAuthenticated && call.caller == PeerAddress(.sip, user: "alice", host: "talk.localhost"))
    }

    @Test func ourNumericAddressIsTheDomainToo() throws {
        var house = house()
        for identity in [
            "sip:alice@127.0.0.1", "sip:alice@127.0.0.1:5060", "sip:alice@TALK.localhost", "sip:demo@talk.localhost",
        ] {
            var eve = phone("Eve", 4002, as: identity, calls: "sip:demo@127.0.0.1")
            (eve.callID, eve.branchPrefix) = (identity, "\(identity.utf8.count)")
            #expect(house.receive(eve.request(.invite, sdp: SIPPhone.sdp()), from: eve.address).first(401) != nil)
        }
        // A phone's own address is not ours, and strangers may call.
        for identity in ["sip:alice@127.0.0.1:4003", "sip:dora@127.0.0.1", "sip:alice@elsewhere.example"] {
            var dora = phone("Dora", 4003, as: identity, calls: "sip:demo@127.0.0.1")
            (dora.callID, dora.branchPrefix) = (identity, "\(identity.utf8.count)")
            #expect(house.receive(dora.request(.invite, sdp: SIPPhone.sdp()), from: dora.address).first(200) != nil)
        }
        #expect(
            house.commands.allSatisfy { if case .legOffered(_, let call) = $0 { !call.isAuthenticated } else { true } })
    }

    @Test func onesOwnPasswordProvesNobodyElse() throws {
        var house = house()
        var alice = alice()
        let challenge = try #require(
            house.receive(alice.request(.invite, sdp: SIPPhone.sdp()), from: alice.address).first(401))
        var asBob = alice
        asBob.identity = SIPURI("sip:bob@talk.localhost")
        asBob.account = "alice"
        let refused = house.receive(
            asBob.request(.invite, sdp: SIPPhone.sdp(), answering: challenge), from: alice.address)
        #expect(refused.first(403) != nil && house.commands.isEmpty)
    }

    @Test func aWrongPasswordIsAskedForAgainAndThenNot() throws {
        var house = house()
        var alice = alice()
        alice.password = "guess"
        var response = try #require(
            house.receive(alice.request(.invite, sdp: SIPPhone.sdp()), from: alice.address).first(401))
        for _ in 0..<10 {
            let again = house.receive(
                alice.request(.invite, sdp: SIPPhone.sdp(), answering: response), from: alice.address)
            response = try #require(again.first(401))
        }
        alice.password = "wonderland"
        let barred = house.receive(
            alice.request(.invite, sdp: SIPPhone.sdp(), answering: response), from: alice.address)
        #expect(barred.first(403)?.header("Retry-After") != nil && house.commands.isEmpty)
    }

    @Test func aRepeatedRequestIsStaleAndItsNonceSaysSo() throws {
        var house = house()
        var alice = alice(calls: "sip:demo@talk.localhost")
        let challenge = try #require(house.receive(alice.message("hi"), from: alice.address).first(401))
        var copy = alice
        house.receive(alice.message("hi", answering: challenge), from: alice.address)
        copy.branchPrefix = "copy"
        house.run(for: .seconds(40))
        let replayed = try #require(
            house.receive(copy.message("hi", answering: challenge), from: alice.address).first(401))
        #expect(replayed.headers.first { $0.isNamed("WWW-Authenticate") }?.value.contains("stale=true") == true)
    }

    @Test func whoWantsToBeAnonymousIsKnownToUsAlone() throws {
        var house = house()
        var alice = alice()
        let challenge = try #require(
            house.receive(alice.request(.invite, sdp: SIPPhone.sdp()), from: alice.address).first(401))
        var request = alice.request(.invite, sdp: SIPPhone.sdp(), answering: challenge)
        request.set("Privacy", "id")
        house.receive(request, from: alice.address)
        guard case .legOffered(_, let call)? = house.commands.first else { return #expect(Bool(false)) }
        #expect(call.isAuthenticated && call.caller.isAnonymous)
    }

    @Test func everybodyIsAskedWhereTheOperatorWantsItSoAndNobodyOtherwise() throws {
        var all = house(.all)
        var dora = SIPPhone("Dora", port: 4003)
        #expect(all.receive(dora.request(.invite, sdp: SIPPhone.sdp()), from: dora.address).first(401) != nil)
        #expect(all.receive(dora.message("x"), from: dora.address).first(401) != nil)
        #expect(all.receive(dora.request(.options), from: dora.address).first(200) != nil)
        var none = house(.none)
        var alice = alice()
        #expect(none.receive(alice.request(.invite, sdp: SIPPhone.sdp()), from: alice.address).first(200) != nil)
        #expect(none.receive(alice.registration(), from: alice.address).first(401) != nil)
    }

    @Test func whoIsTrustedVouchesForAccounts() throws {
        var house = house(.all, trusting: [try #require(IPNetwork("127.0.0.1"))])
        var alice = alice()
        #expect(house.receive(alice.request(.invite, sdp: SIPPhone.sdp()), from: alice.address).first(200) != nil)
        guard case .legOffered(_, let call)? = house.commands.first else { return #expect(Bool(false)) }
        #expect(call.isAuthenticated && call.caller.host == "talk.localhost")
        #expect(house.receive(alice.registration(), from: alice.address).first(401) != nil)
    }

    @Test func textsAndRefersOfStrangersCountFromWhereTheyCall() throws {
        var house = house()
        var dora = SIPPhone("Dora", port: 4003)
        house.join(&dora)
        var outside = SIPPhone("Dora", port: 4003)
        outside.callID = "outside"
        outside.branchPrefix = "outside"
        #expect(house.receive(outside.message("mine"), from: dora.address).first(202) != nil)
        var eve = SIPPhone("Dora", port: 4004)
        eve.callID = "eve"
        eve.branchPrefix = "eve"
        #expect(house.receive(eve.message("/lock"), from: eve.address).first(403) != nil)
        var refer = eve.request(.refer)
        refer.set("Refer-To", "<sip:100@talk.localhost>")
        #expect(house.receive(refer, from: eve.address).first(403) != nil)
        // Nor is she the one who is in, however often she says so.
        house.join(&eve)
        #expect(house.demo?.participants.count == 2)
    }

    @Test func withoutAccountsThereIsNoREGISTER() {
        var house = SIPHouse()
        var alice = alice()
        #expect(house.receive(alice.registration(), from: alice.address).first(405) != nil)
    }

    // MARK: REGISTER

    @Test func registeringNeedsThePasswordOfTheVeryAccount() throws {
        var house = house()
        var alice = alice()
        #expect(house.register(&alice)?.contacts.map(\.uri.port) == [4001])
        #expect(house.registrations == ["alice"])
        var asBob = alice
        asBob.identity = SIPURI("sip:bob@talk.localhost")
        asBob.account = "alice"
        asBob.callID = "bob"
        let challenge = try #require(house.receive(asBob.registration(), from: alice.address).first(401))
        #expect(house.receive(asBob.registration(answering: challenge), from: alice.address).first(403) != nil)
        var elsewhere = asBob
        elsewhere.identity = SIPURI("sip:alice@elsewhere.example")
        #expect(house.receive(elsewhere.registration(answering: challenge), from: alice.address).first(404) != nil)
    }

    @Test func whatIsRegisteredIsToldAndForgottenInTime() throws {
        var house = house()
        var alice = alice()
        house.register(&alice, expires: 120)
        house.run(for: .seconds(60))
        let asked = try #require(house.register(&alice, contacts: false))
        #expect(asked.contacts.first?.parameters["expires"] == "60")
        house.run(for: .seconds(61))
        #expect(house.register(&alice, contacts: false)?.contacts.isEmpty == true)
        #expect(house.registrations.count == 2)
        let short = try #require(house.receive(alice.registration(), from: alice.address).first(401))
        let brief = house.receive(alice.registration(expires: 30, answering: short), from: alice.address)
        #expect(brief.first(423)?.header("Min-Expires") == "60")
        var require = alice.registration()
        require.set("Require", "path")
        #expect(house.receive(require, from: alice.address).first(420)?.header("Unsupported") == "path")
    }

    @Test func whoIsReachedByAConnectionKeepsItOpen() throws {
        var house = house()
        var alice = alice()
        let flow = SIPFlow(.ws, local: SIPHouse.address, remote: alice.address, connection: 9)
        let challenge = try #require(house.receive(alice.registration().bytes, on: flow).first(401))
        #expect(house.receive(alice.registration(answering: challenge).bytes, on: flow).first(200) != nil)
        #expect(house.adapter.connectionsInUse == [9])
        house.disconnect(9)
        #expect(house.adapter.connectionsInUse.isEmpty && house.adapter.bindings(of: "alice", at: house.now).isEmpty)
    }
}
