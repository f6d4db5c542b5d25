import Conference
import MediaDescription
import Primitives
import SIP
import Testing

@testable import Signalling

/// SRTP by SDES on SIP legs (RFC 4568, RFC 8643).
@Suite struct SIPSecurityTests {
    private static let keys = [
        "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz", "PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR",
    ]

    private static func sdp(
        _ profile: String = "RTP/SAVP", key: String? = keys[0], suite: String = "AES_CM_128_HMAC_SHA1_80",
        _ direction: String = "sendrecv", version: Int = 1
    ) -> String {
        SIPPhone.sdp(direction, version: version).replacing("RTP/AVP", with: profile)
            + (key.map { "a=crypto:1 \(suite) inline:\($0)\r\n" } ?? "")
    }

    /// A call up to its ACK, or the final response that there is instead.
    private func call(_ house: inout SIPHouse, _ phone: inout SIPPhone, _ sdp: String) -> SIPMessage? {
        let answer = house.receive(phone.request(.invite, sdp: sdp), from: phone.address)
            .first { ($0.status ?? 0) >= 200 }
        if let answer, answer.status == 200 { house.receive(phone.ack(answer), from: phone.address) }
        return answer
    }

    @Test(arguments: ["RTP/SAVP", "RTP/AVP"]) func anOfferWithAKeyIsAnsweredWithOne(profile: String) throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        let ok = try #require(call(&house, &alice, Self.sdp(profile)))
        #expect(ok.status == 200)
        let answer = try SDP.parse(ok.body)
        let content = try #require(answer.contents.first)
        #expect(content.profile.rawValue == profile)
        #expect(content.cryptos.map(\.tag) == [1] && content.cryptos.map(\.suite) == ["AES_CM_128_HMAC_SHA1_80"])
        let sdes = try #require(house.media.agreed.values.first?.first?.sdes)
        #expect(sdes.send == content.cryptos.first?.key)
        #expect(SDESCrypto(tag: 1, sdes.receive).keyParameters == "inline:" + Self.keys[0])
        #expect(house.demo?.participants.count == 1)
    }

    @Test func aPlainOfferStaysPlain() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        let ok = try #require(call(&house, &alice, SIPPhone.sdp()))
        #expect(try SDP.parse(ok.body).contents.first?.cryptos == [])
        #expect(house.media.agreed.values.first?.map(\.sdes) == [nil])
    }

    @Test func aSecureOfferWithoutAKeyIs488() {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        #expect(call(&house, &alice, Self.sdp(key: nil))?.status == 488)
        #expect(house.media.opened.isEmpty)
    }

    @Test func holdAndResumeKeepTheKeys() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        _ = call(&house, &alice, Self.sdp())
        _ = call(&house, &alice, Self.sdp("RTP/SAVP", "sendonly", version: 2))
        // We offer, and the peer answers.
        let offer = try #require(house.receive(alice.request(.invite), from: alice.address).first(200))
        #expect(try SDP.parse(offer.body).contents.first?.cryptos.count == 1)
        house.receive(alice.ack(offer, sdp: Self.sdp(version: 3)), from: alice.address)
        let all = try #require(house.media.agreed.values.first)
        #expect(all.count == 3 && Set(all.map(\.sdes)).count == 1 && all[0].sdes != nil)
        #expect(house.demo?.participants.count == 1)
    }

    @Test func thePeerMayChangeItsKeyAndOursStays() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        _ = call(&house, &alice, Self.sdp())
        #expect(call(&house, &alice, Self.sdp(key: Self.keys[1], version: 2))?.status == 200)
        let agreed = try #require(house.media.agreed.values.first)
        let all = agreed.compactMap(\.sdes)
        #expect(all.count == 2 && all[0].send == all[1].send && all[0].receive != all[1].receive)
    }

    @Test func whatIsSecureStaysSoUnderTheSuiteItHas() {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        _ = call(&house, &alice, Self.sdp("RTP/AVP"))
        #expect(call(&house, &alice, SIPPhone.sdp(version: 2))?.status == 488)
        #expect(call(&house, &alice, Self.sdp(suite: "AES_CM_128_HMAC_SHA1_32", version: 3))?.status == 488)
        #expect(house.media.agreed.values.first?.count == 1)
        #expect(call(&house, &alice, Self.sdp("RTP/AVP", version: 4))?.status == 200)
        #expect(house.demo?.participants.count == 1)
    }
}
