import Conference
import Jingle
import MediaDescription
import Primitives
import Testing
import XMPP

@testable import Signalling

/// Sessions across the gateway follow what the other leg has.
@Suite struct JinglePreferenceTests {
    typealias H = JingleHarness
    var h = JingleHarness()
    private let pcmu = Codec(payloadType: 0, name: "PCMU", clockRate: 8000)

    @Test mutating func aDeviceIsOfferedFirstWhatTheOtherLegHas() throws {
        h.media.preference = [pcmu]
        let call = OutgoingCall(
            target: PeerAddress(.xmpp, user: "juliet", host: "example.net", resource: "phone"),
            caller: PeerAddress(.xmpp, user: "+4930", host: "sip.example.org"), displayName: nil, isFocus: false)
        #expect(h.perform(.dial(LegID(1 << 56 | 1), call)).isEmpty)
        let jingle = try #require(h.sent.first?.child("jingle", Namespace.jingle))
        let description = jingle.child("content")?.child("description", JingleNamespace.rtp)
        #expect(description?.children(named: "payload-type").prefix(2).map { $0["name"] } == ["PCMU", "opus"])
    }

    @Test func anAnswerBeginsWithWhatTheOtherLegTookElseWithOpus() throws {
        let local = try JingleMediaRecorder().openICE(LegID(1), isControlling: false)
        var offer = JingleNegotiation.offer(local, preferring: [])
        offer.contents[0].codecs.sort { $0.name > $1.name }
        let usual = try JingleNegotiation.answer(offer, local: local, preferring: [])
        #expect(usual.agreed.sendCodec.name == "opus")
        let following = try JingleNegotiation.answer(offer, local: local, preferring: [pcmu])
        #expect(following.agreed.sendCodec.name == "PCMU")
        #expect(following.answer.soundCodecs.map(\.name).prefix(2) == ["PCMU", "opus"])
    }

    @Test mutating func whatIsOfferedIsTold() throws {
        let offered = h.receive(
            h.iq(H.jingle(.sessionInitiate, "sid", [H.group("0"), H.content()]), to: H.number + "/gw"))
        #expect(offered.count == 1)
        #expect(h.media.offers.values.first?.map(\.name) == ["opus"])
    }
}
