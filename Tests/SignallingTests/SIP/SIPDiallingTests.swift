import Conference
import MediaSecurity
import Primitives
import SIP
import Testing

@testable import Signalling

/// Calls from SIP that go on to SIP: numbers at the gateway's domain, and hops.
@Suite struct SIPDiallingTests {
    private let accounts = SIPAccounts(
        domain: "talk.localhost", secrets: ["emil": .password(Redacted("wonderland"))])

    private func phone(_ dialled: String, isOurs: Bool = true) -> SIPPhone {
        var phone = SIPPhone(isOurs ? "emil" : "eve", port: 6001, calls: dialled)
        if isOurs { phone.identity = SIPURI(user: "emil", host: "talk.localhost") }
        return phone
    }

    @Test(arguments: [(70, 69), (1, 0), (255, 70)])
    func anAccountCallsANumberWithItsPassword(hops: Int, left: Int) throws {
        var house = SIPHouse(accounts: accounts)
        var phone = phone("sip:100@sip.localhost")
        let challenge = try #require(
            house.receive(phone.request(.invite, sdp: SIPPhone.sdp()), from: phone.address).first(401))
        var invite = phone.request(.invite, sdp: SIPPhone.sdp(), answering: challenge)
        invite.maxForwards = hops
        let out = try #require(house.receive(invite, from: phone.address).first(.invite))
        #expect(out.requestURI?.description == "sip:100@127.0.0.1:5080")
        #expect(out.from.uri.description == "sip:emil@talk.localhost" && out.maxForwards == left)
        #expect(out.contacts.first?.parameters.contains("isfocus") == false)
    }

    @Test func withoutHopsItGoesNowhere() throws {
        var house = SIPHouse(accounts: accounts)
        var phone = phone("sip:100@sip.localhost")
        let challenge = try #require(
            house.receive(phone.request(.invite, sdp: SIPPhone.sdp()), from: phone.address).first(401))
        var invite = phone.request(.invite, sdp: SIPPhone.sdp(), answering: challenge)
        invite.maxForwards = 0
        let sent = house.receive(invite, from: phone.address)
        #expect(sent.first(.invite) == nil && sent.statuses.last == 483)
    }

    @Test(arguments: ["sip:100@sip.localhost", "sip:%2B4930@sip.localhost", "sip:bob%25pbx.example.org@sip.localhost"])
    func nobodyElseGetsAnything(dialled: String) {
        for house in [SIPHouse(accounts: accounts), SIPHouse()] {
            var house = house
            var phone = phone(dialled, isOurs: false)
            let sent = house.receive(phone.request(.invite, sdp: SIPPhone.sdp()), from: phone.address)
            #expect(sent.first(.invite) == nil && sent.statuses.last == 403)
        }
    }

    @Test func whomATrustedPeerVouchesForDoes() throws {
        var house = SIPHouse(trusting: [IPNetwork("127.0.0.0/8")].compactMap(\.self))
        var phone = phone("sip:100@sip.localhost", isOurs: false)
        let sent = house.receive(phone.request(.invite, sdp: SIPPhone.sdp()), from: phone.address)
        #expect(sent.first(.invite)?.requestURI?.description == "sip:100@127.0.0.1:5080")
    }
}
