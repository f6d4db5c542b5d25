import Conference
import MediaDescription
import Primitives
import SIP
import Testing

@testable import Signalling

/// Calls across the gateway follow what the other leg has.
@Suite struct SIPPreferenceTests {
    private let pcma = Codec(payloadType: 77, name: "PCMA", clockRate: 8000)
    private let jingle = LegID(LegIDs.Origin.jingle.rawValue << 56 | 1)

    private func names(_ body: [UInt8]) throws -> [String] { try SDP.parse(body).soundCodecs.map(\.name) }

    @Test func aCallIsOfferedInTheOrderOfTheOtherLeg() throws {
        var house = SIPHouse()
        house.media.preference = [pcma]
        let invite = try #require(
            house.handle(
                .legOffered(
                    jingle,
                    IncomingCall(
                        caller: PeerAddress(.xmpp, user: "romeo", host: "localhost", resource: "orchard"),
                        displayName: "Romeo", callee: PeerAddress(.xmpp, user: "100", host: "sip.localhost"),
                        takesText: true))
            ).first(.invite))
        #expect(try names(invite.body) == ["PCMA", "opus", "G722", "PCMU"])
        #expect(try SDP.parse(invite.body).soundCodecs.first?.payloadType == 8)
    }

    @Test func offersAreToldAndAnsweredAsTheOtherLegTookThem() throws {
        var house = SIPHouse()
        house.media.preference = [pcma]
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        #expect(house.media.offers.values.first?.map(\.name) == ["PCMU"])
        let both = SIPPhone.sdp(version: 2).replacing("RTP/AVP 0", with: "RTP/AVP 0 8")
        let answer = try #require(
            house.receive(alice.request(.invite, sdp: both), from: alice.address).first { $0.status == 200 })
        #expect(try names(answer.body) == ["PCMA", "PCMU"])
        #expect(house.media.agreed.values.first?.last?.sendCodec.name == "PCMA")
    }
}
