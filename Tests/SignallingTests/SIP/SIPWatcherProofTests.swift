import Conference
import MediaSecurity
import Primitives
import SIP
import Testing

@testable import Signalling

/// Who is told how others are there has shown who it is: to be called is for everybody, to be watched is not.
@Suite struct SIPWatcherProofTests {
    private static let accounts = SIPAccounts(
        domain: "talk.localhost", secrets: ["bob": .password(Redacted("wonderland"))], displayNames: [:])
    private let stranger = SocketAddress(IPAddress("203.0.113.9") ?? .loopback4, 5080)

    private func house(
        _ authentication: SIPAuthentication = .calls, trusting trusted: [IPNetwork] = []
    ) -> SIPHouse { SIPHouse(accounts: SIPWatcherProofTests.accounts, asking: authentication, trusting: trusted) }

    private func phone(_ identity: String, watches dialled: String) -> SIPPhone {
        var phone = SIPPhone("W", port: 5080, calls: dialled)
        phone.identity = SIPURI(identity)
        phone.callID = identity + dialled
        phone.branchPrefix = String(dialled.filter { $0 != "@" && $0 != ":" })
        return phone
    }

    private func subscribe(
        _ phone: inout SIPPhone, event: String = "presence", answering challenge: SIPMessage? = nil
    ) -> SIPMessage {
        var request = challenge.map { phone.request(.subscribe, answering: $0) } ?? phone.request(.subscribe)
        request.set("Event", event)
        request.set("Expires", "600")
        return request
    }

    private func watches(_ house: SIPHouse) -> [PresenceLink] {
        house.effects.compactMap { if case .presence(let link, .watch) = $0 { link } else { nil } }
    }

    // MARK: Accounts

    @Test(arguments: ["bob@talk.localhost", "bob@127.0.0.1", "nobody@talk.localhost", "nobody@127.0.0.1"])
    func aStrangerIsAskedForAPasswordWhetherOrNotThereIsSuchAnAccount(watched: String) {
        var house = house()
        var eve = phone("sip:x@evil.example", watches: "sip:\(watched)")
        #expect(house.receive(subscribe(&eve), from: stranger).statuses == [401])
        // Of other packages neither: as of a room that is not there.
        #expect(house.receive(subscribe(&eve, event: "dialog"), from: stranger).statuses == [404])
        #expect(house.receive(subscribe(&eve, event: "conference"), from: stranger).statuses == [404])
        house.run(for: .seconds(60))
        #expect(watches(house).isEmpty)
        #expect(house.sent.allSatisfy { $0.method != .notify })
    }

    @Test func whoGivesItsPasswordWatches() throws {
        var house = house()
        var bob = phone("sip:bob@talk.localhost", watches: "sip:bob@talk.localhost")
        let challenge = try #require(house.receive(subscribe(&bob), from: stranger).first(401))
        #expect(house.receive(subscribe(&bob, answering: challenge), from: stranger).first(200) != nil)
        #expect(watches(house).count == 1)
        // What is no presence is none for those of ours.
        var other = phone("sip:bob@talk.localhost", watches: "sip:bob@talk.localhost")
        other.callID = "other"
        other.branchPrefix = "other"
        let again = try #require(house.receive(subscribe(&other, event: "dialog"), from: stranger).first(401))
        #expect(house.receive(subscribe(&other, event: "dialog", answering: again), from: stranger).statuses == [489])
    }

    @Test func whomAPeerVouchesForWatches() {
        var house = house(trusting: [IPNetwork("203.0.113.9/32")].compactMap(\.self))
        var carol = phone("sip:carol@pbx.example", watches: "sip:bob@talk.localhost")
        #expect(house.receive(subscribe(&carol), from: stranger).first(200) != nil)
        #expect(watches(house).count == 1)
    }

    @Test func theRouteToAPhoneIsNoProofForAccounts() {
        var house = house()
        var hundred = phone("sip:100@127.0.0.1:5080", watches: "sip:bob@talk.localhost")
        #expect(house.receive(subscribe(&hundred), from: hundred.address).statuses == [401])
    }

    @Test(arguments: ["bob@talk.localhost", "nobody@talk.localhost", "alice@localhost"])
    func whereNobodyIsAskedAnAccountIsWhereItHasRegistered(watched: String) {
        var house = house(.none)
        var forger = phone("sip:bob@talk.localhost", watches: "sip:\(watched)")
        #expect(house.receive(subscribe(&forger), from: stranger).statuses == [403])
        var bob = SIPPhone("Bob", port: 5071, calls: "sip:\(watched)")
        bob.identity = SIPURI("sip:bob@talk.localhost")
        house.register(&bob)
        bob.callID = "watch"
        let status = house.receive(subscribe(&bob), from: bob.address).statuses.first
        #expect(status == (watched.hasPrefix("nobody") ? 404 : 200))
        // Not who says so from another port, nor a guest.
        forger.callID = "again"
        forger.branchPrefix = "again"
        #expect(house.receive(subscribe(&forger), from: forger.address).statuses == [403])
        var guest = phone("sip:guest@evil.example", watches: "sip:\(watched)")
        #expect(house.receive(subscribe(&guest), from: bob.address).statuses == [403])
        #expect(watches(house).count == (watched.hasPrefix("nobody") ? 0 : 1))
    }

    // MARK: XMPP users

    @Test(arguments: [true, false]) func aNumberInFromIsNoProof(hasAccounts: Bool) {
        var house = hasAccounts ? house() : SIPHouse()
        var forger = phone("sip:100@127.0.0.1:5080", watches: "sip:alice@localhost")
        #expect(house.receive(subscribe(&forger), from: stranger).statuses == [hasAccounts ? 401 : 403])
        #expect(watches(house).isEmpty)
        // From where the routes lead it is one.
        var hundred = phone("sip:100@127.0.0.1:5080", watches: "sip:alice@localhost")
        hundred.branchPrefix = "home"
        hundred.callID = "home"
        #expect(house.receive(subscribe(&hundred), from: hundred.address).first(200) != nil)
        #expect(watches(house).map(\.watcherThere.user) == ["100"])
    }

    @Test func whoNoRouteLeadsToIsNotAtHomeAnywhere() {
        var house = SIPHouse()
        for (index, identity) in ["sip:100@203.0.113.9", "sip:x@evil.example", "sip:200@pbx.example.org"].enumerated() {
            var eve = phone(identity, watches: "sip:alice@localhost")
            eve.branchPrefix = "\(index)"
            #expect(house.receive(subscribe(&eve), from: stranger).statuses == [403])
        }
    }
}
