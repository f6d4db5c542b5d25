import MediaDescription
import Primitives
import Testing

@Suite struct OfferTests {
    private let origin = Origin(sessionID: 1, version: 1, address: "192.0.2.1")

    private func exchange(_ local: LocalMedia, _ peer: LocalMedia) throws -> (ours: AgreedMedia, theirs: AgreedMedia) {
        let offer = try SDP.parse(SDP.write(Negotiation.offer(local: local, origin: origin)))
        let (answer, theirs) = try Negotiation.answer(to: offer, local: peer, origin: origin)
        let ours = try Negotiation.conclude(offer: offer, answer: SDP.parse(SDP.write(answer)))
        return (ours, theirs)
    }

    @Test(arguments: [LocalMedia.plain, .ice])
    func twoOfUsAgree(local: LocalMedia) throws {
        let (ours, theirs) = try exchange(local, local)
        #expect(ours.sendCodec == theirs.sendCodec)
        #expect(ours.sendCodec.name == "opus")
        #expect(ours.receiveCodecs.map(\.payloadType) == [111, 9, 0, 8])
        #expect(ours.receiveRedundancy.map(\.payloadType) == [112, 113])
        #expect(theirs.receiveRedundancy == ours.receiveRedundancy)
        #expect(ours.comfortNoise == nil && theirs.comfortNoise == nil, "Opus has its own")
        #expect(ours.receiveEvents.map(\.payloadType) == [110, 101])
        #expect(ours.sendEvents?.payloadType == 110)
        #expect(ours.headerExtensions == theirs.headerExtensions)
        #expect(ours.rtcpMux == theirs.rtcpMux)
        switch (ours.transport, theirs.transport) {
        case (.plain(let a, _), .plain(let b, _)): #expect(a == b)
        case (.ice(_, _, let a), .ice(_, _, let b)): #expect(a != b, "one is the DTLS client")
        default: Issue.record("the transports differ")
        }
    }

    @Test func anOfferForWebRTCHasAllItTakes() {
        let offer = Negotiation.offer(local: .ice, contentName: "audio", origin: origin)
        let content = offer.contents[0]
        #expect(offer.groups == [ContentGroup(semantics: "BUNDLE", names: ["audio"])])
        #expect(content.setup == .actpass)
        #expect(content.rtcpMux)
        #expect(content.profile == .dtlsSAVPF)
        #expect(content.fingerprints.count == 1)
        #expect(content.sources == [MediaSource(ssrc: 77, parameters: [Parameter("cname", "confab")])])
    }

    private func plainAnswer(_ media: String) throws -> AgreedMedia {
        let text = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n" + media
        return try Negotiation.conclude(
            offer: Negotiation.offer(local: .plain, origin: origin), answer: SDP.parse(text))
    }

    @Test func anAnswerMayUseItsOwnNumbers() throws {
        let agreed = try plainAnswer(
            "m=audio 7000 RTP/AVP 120 0 99\r\na=rtpmap:120 OPUS/48000/2\r\na=fmtp:120 maxaveragebitrate=20000\r\n"
                + "a=rtpmap:99 telephone-event/8000\r\na=ptime:40\r\n")
        #expect(agreed.sendCodec.payloadType == 120)
        #expect(agreed.sendCodec.parameters == [Parameter("maxaveragebitrate", "20000")])
        #expect(agreed.receiveCodecs.map(\.payloadType) == [111, 0])
        #expect(agreed.sendEvents?.payloadType == 99)
        #expect(agreed.receiveEvents.map(\.payloadType) == [101])
        #expect(agreed.ptime == 40)
        #expect(!agreed.rtcpMux)
    }

    @Test func holdInAnAnswerStopsUs() throws {
        #expect(try plainAnswer("m=audio 7000 RTP/AVP 0\r\na=sendonly\r\n").direction == .recvonly)
        #expect(try plainAnswer("m=audio 7000 RTP/AVP 0\r\na=inactive\r\n").direction == .inactive)
        #expect(try plainAnswer("m=audio 7000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n").direction == .recvonly)
    }

    @Test(arguments: [
        ("m=audio 0 RTP/AVP 0\r\n", NegotiationError.rejected),
        ("m=audio 7000 RTP/AVP 18\r\n", .noCommonCodec),
        ("m=audio 7000 RTP/AVP 101\r\na=rtpmap:101 telephone-event/8000\r\n", .noCommonCodec),
        ("m=audio 7000 RTP/AVP 0\r\nm=audio 7002 RTP/AVP 0\r\n", .badAnswer("another number of contents")),
        ("", .badAnswer("another number of contents")),
        ("m=video 7000 RTP/AVP 0\r\n", .badAnswer("another kind of media")),
        ("m=audio 7000 RTP/SAVP 0\r\n", .badAnswer("no key")),
        ("m=audio 7000 UDP/TLS/RTP/SAVP 0\r\n", .badAnswer("no fingerprint")),
    ])
    func answersThatDoNotFitAreRefused(media: String, error: NegotiationError) {
        #expect(throws: error) { try plainAnswer(media) }
    }

    @Test func anAnswerWithoutFingerprintIsRefused() throws {
        let offer = Negotiation.offer(local: .ice, origin: origin)
        var (answer, _) = try Negotiation.answer(to: offer, local: .ice, origin: origin)
        answer.contents[0].fingerprints = []
        #expect(throws: NegotiationError.badAnswer("no fingerprint")) {
            try Negotiation.conclude(offer: offer, answer: answer)
        }
        answer.contents[0].ice = nil
        #expect(throws: NegotiationError.badAnswer("no ICE")) {
            try Negotiation.conclude(offer: offer, answer: answer)
        }
    }

    @Test func anOfferAfterAnAnswerKeepsLinesNumbersAndRoles() throws {
        let (answer, _) = try Negotiation.answer(to: SDP.parse(Offers.chrome), local: .ice, origin: origin)
        let hold = Negotiation.reoffer(answer, direction: .sendonly)
        #expect(hold.origin?.version == 2)
        #expect(hold.contents.map(\.isRejected) == [false, true, true])
        #expect(hold.contents[0].codecs == answer.contents[0].codecs)
        #expect(hold.contents[0].ice == answer.contents[0].ice)
        #expect(hold.contents[0].direction == .sendonly)
        #expect(hold.contents[0].setup == .actpass)
        let peer = try Negotiation.answer(to: hold, local: .ice, currentSetup: .passive, origin: origin)
        #expect(peer.answer.contents[0].direction == .recvonly)
        let agreed = try Negotiation.conclude(offer: hold, answer: peer.answer)
        #expect(agreed.direction == .sendonly)
        guard case .ice(_, _, let isDTLSClient) = agreed.transport else {
            Issue.record("not ICE")
            return
        }
        #expect(isDTLSClient, "as in the first exchange")
    }
}
