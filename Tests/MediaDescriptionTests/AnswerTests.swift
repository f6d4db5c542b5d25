import MediaDescription
import Primitives
import Testing

@Suite struct AnswerTests {
    private let origin = Origin(sessionID: 1, version: 1, address: "192.0.2.1")

    private func answer(
        _ text: String, _ local: LocalMedia, direction: StreamDirection = .sendrecv, currentSetup: SetupRole? = nil
    ) throws -> (answer: SessionDescription, agreed: AgreedMedia) {
        let result = try Negotiation.answer(
            to: SDP.parse(text), local: local, direction: direction, currentSetup: currentSetup, origin: origin)
        #expect(try SDP.parse(SDP.write(result.answer)) == result.answer, "an answer survives the wire")
        return result
    }

    @Test func baresipGetsItsFirstCodecUnderItsOwnNumber() throws {
        let offer = try SDP.parse(Offers.baresip)
        #expect(Negotiation.transportKind(of: offer) == .plain(peer: .v4(0xc0a8_0117)))
        let (answer, agreed) = try answer(Offers.baresip, .plain)
        let audio = answer.contents[0]
        #expect(audio.codecs.map(\.payloadType) == [96, 9, 0, 8, 101])
        #expect(audio.codecs[0].parameters == [Parameter("minptime", "10"), Parameter("useinbandfec", "1")])
        #expect(audio.address == SocketAddress(.v4(0xc000_0201), 30_000))
        #expect(audio.rtcpMux)
        #expect(audio.fingerprints.isEmpty && audio.ice == nil && audio.setup == nil)
        #expect(agreed.sendCodec.payloadType == 96)
        #expect(agreed.sendCodec.parameters == [Parameter("stereo", "1"), Parameter("sprop-stereo", "1")])
        #expect(agreed.sendEvents?.payloadType == 101)
        #expect(agreed.receiveEvents.map(\.payloadType) == [101])
        let rtp = SocketAddress(.v4(0xc0a8_0117), 24_372)
        #expect(agreed.transport == .plain(rtp: rtp, rtcp: rtp), "rtcp-mux")
        #expect(agreed.direction == .sendrecv)
        #expect(agreed.ptime == 20)
    }

    @Test func otherMediaAreRefusedInTheirPlaces() throws {
        let (answer, _) = try answer(Offers.chrome, .ice)
        #expect(answer.contents.map(\.isRejected) == [false, true, true])
        #expect(answer.contents.map(\.name) == ["0", "1", "2"])
        #expect(answer.groups == [ContentGroup(semantics: "BUNDLE", names: ["0"])])
        let text = SDP.write(answer)
        #expect(text.contains("m=video 0 UDP/TLS/RTP/SAVPF 96\r\n"))
        #expect(text.contains("m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n"))
    }

    @Test func chromeGetsDTLSAsClientAndIsAllowedREDButNoComfortNoise() throws {
        #expect(Negotiation.transportKind(of: try SDP.parse(Offers.chrome)) == .ice)
        let (answer, agreed) = try answer(Offers.chrome, .ice)
        let audio = answer.contents[0]
        #expect(audio.codecs.map(\.payloadType) == [111, 9, 0, 8, 63, 110, 126])
        #expect(audio.codecs[4].parameters == [Parameter("", "111/111")])
        #expect(audio.setup == .active)
        #expect(audio.profile == .dtlsSAVPF)
        #expect(audio.rtcpMux)
        #expect(audio.ice?.ufrag == "ours")
        #expect(audio.candidates.count == 1)
        #expect(audio.headerExtensions == [HeaderExtension(id: 1, uri: HeaderExtension.ssrcAudioLevel)])
        #expect(agreed.sendEvents?.payloadType == 110, "the events of Opus's clock")
        guard case .ice(let remote, let fingerprints, let isDTLSClient) = agreed.transport else {
            Issue.record("not ICE")
            return
        }
        #expect(remote.ufrag == "ETEn")
        #expect(fingerprints.count == 1)
        #expect(isDTLSClient)
    }

    @Test func linphoneWithICEButNoDTLSIsTalkedToInTheClear() throws {
        let (answer, agreed) = try answer(Offers.linphone, .plain)
        let audio = answer.contents[0]
        #expect(audio.profile == .avpf)
        #expect(audio.ice == nil && audio.candidates.isEmpty)
        #expect(!audio.rtcpMux && answer.groups.isEmpty)
        #expect(audio.codecs.map(\.payloadType) == [96, 0, 8, 99, 101])
        #expect(
            audio.headerExtensions == [
                HeaderExtension(id: 1, uri: HeaderExtension.ssrcAudioLevel, direction: .recvonly),
                HeaderExtension(id: 2, uri: HeaderExtension.csrcAudioLevel, direction: .sendonly),
            ])
        #expect(answer.contents[1].isRejected)
        #expect(SDP.write(answer).contains("m=text 0 RTP/AVP 98\r\n"))
        #expect(
            agreed.transport
                == .plain(rtp: SocketAddress(.v4(0x0a00_0005), 7078), rtcp: SocketAddress(.v4(0x0a00_0005), 7079)))
    }

    @Test func sippOverIPv6IsAnswered() throws {
        let (answer, agreed) = try answer(Offers.sipp, .plain)
        #expect(answer.contents[0].name.isEmpty)
        #expect(agreed.sendCodec.name == "PCMU")
        #expect(agreed.sendEvents == nil)
        #expect(agreed.transport == .plain(rtp: SocketAddress(.loopback6, 6000), rtcp: SocketAddress(.loopback6, 6001)))
    }

    @Test func theAnswerNeverStartsWithEvents() throws {
        let text = Offers.baresip.replacing("RTP/AVP 96 97 9 0 8 101", with: "RTP/AVP 101 8 0")
        let (answer, agreed) = try answer(text, .plain)
        #expect(answer.contents[0].codecs.map(\.payloadType) == [8, 0, 101])
        #expect(agreed.sendCodec.name == "PCMA")
    }

    @Test func aSecondAudioIsRefusedAndAnUnusableFirstIsPassedOver() throws {
        let text =
            Offers.sdesOnly + "m=audio 6000 RTP/AVP 8\r\na=mid:b\r\nm=audio 6002 RTP/AVP 0\r\na=mid:c\r\n"
        let (answer, agreed) = try answer(text, .plain)
        #expect(answer.contents.map(\.isRejected) == [true, false, true])
        #expect(agreed.name == "b")
        #expect(agreed.sendCodec.name == "PCMA")
    }

    @Test(arguments: [
        (Offers.sdesOnly, NegotiationError.unsupportedTransport),
        (
            Offers.sipp.replacing(
                "RTP/AVP 0\r\na=rtpmap:0 PCMU/8000", with: "RTP/AVP 18 101\r\na=rtpmap:101 telephone-event/8000"),
            .noCommonCodec
        ),
        (Offers.sipp.replacing("m=audio 6000", with: "m=audio 0"), .noAudio),
        (Offers.sipp.replacing("m=audio", with: "m=video"), .noAudio),
        (Offers.chrome.replacing("fingerprint:sha-256", with: "fingerprint:md5"), .unsupportedTransport),
        (Offers.sipp.replacing("c=IN IP6 ::1", with: "c=IN IP4 phone.example"), .unsupportedTransport),
        (Offers.sipp.replacing("m=audio 6000", with: "m=audio 0") + "a=bundle-only\r\n", .unsupportedTransport),
    ])
    func whatCannotBeMetIsRefused(text: String, error: NegotiationError) throws {
        let offer = try SDP.parse(text)
        #expect(Negotiation.transportKind(of: offer) == .unsupported(error))
        for local in [LocalMedia.plain, .ice] {
            #expect(throws: error) { try Negotiation.answer(to: offer, local: local, origin: nil) }
        }
    }

    @Test func localMediaOfTheOtherKindIsAnError() throws {
        #expect(throws: NegotiationError.transportMismatch) {
            try Negotiation.answer(to: SDP.parse(Offers.chrome), local: .plain, origin: nil)
        }
        #expect(throws: NegotiationError.transportMismatch) {
            try Negotiation.answer(to: SDP.parse(Offers.baresip), local: .ice, origin: nil)
        }
    }

    @Test(arguments: StreamDirection.allCases, StreamDirection.allCases)
    func directionIsWhatBothWant(offered: StreamDirection, willing: StreamDirection) throws {
        let (answer, agreed) = try answer(
            Offers.baresip.replacing("a=sendrecv", with: "a=\(offered.rawValue)"), .plain, direction: willing)
        let direction = answer.contents[0].direction
        #expect(direction.sends == (offered.receives && willing.sends))
        #expect(direction.receives == (offered.sends && willing.receives))
        #expect(agreed.direction == direction)
    }

    @Test func theNullAddressHolds() throws {
        let offer = Offers.sipp.replacing("c=IN IP6 ::1", with: "c=IN IP4 0.0.0.0")
        #expect(Negotiation.transportKind(of: try SDP.parse(offer)) == .plain(peer: .any4))
        let (answer, agreed) = try answer(offer, .plain)
        #expect(answer.contents[0].direction == .recvonly)
        #expect(!agreed.direction.sends)
    }

    @Test(arguments: [
        ("actpass", nil, SetupRole.active), ("active", nil, .passive), ("passive", nil, .active),
        ("actpass", SetupRole.passive, .passive), ("actpass", .active, .active),
    ])
    func theHandshakeHasOneClient(offered: String, current: SetupRole?, expected: SetupRole) throws {
        let (answer, agreed) = try answer(
            Offers.chrome.replacing("a=setup:actpass", with: "a=setup:\(offered)"), .ice, currentSetup: current)
        #expect(answer.contents[0].setup == expected)
        guard case .ice(_, _, let isDTLSClient) = agreed.transport else {
            Issue.record("not ICE")
            return
        }
        #expect(isDTLSClient == (expected == .active))
    }

    @Test func dinoOffersSDESBesideDTLSAndGetsDTLS() throws {
        var offer = try SDP.parse(Offers.chrome)
        offer.groups = []
        offer.contents = [offer.contents[0]]
        offer.contents[0].name = "audio"
        offer.contents[0].cryptos = [
            SDESCrypto(tag: 1, suite: "AES_CM_128_HMAC_SHA1_80", keyParameters: "inline:abc")
        ]
        offer.origin = nil
        let (answer, agreed) = try Negotiation.answer(to: offer, local: .ice, origin: nil)
        #expect(answer.contents[0].cryptos.isEmpty)
        #expect(answer.contents[0].name == "audio")
        #expect(answer.groups.isEmpty)
        #expect(agreed.name == "audio")
    }

    @Test func headerExtensionsAreAnsweredOnlyUnderUsableNumbers() throws {
        var offer = try SDP.parse(Offers.chrome)
        offer.contents[0].headerExtensions = [
            HeaderExtension(id: 4096, uri: HeaderExtension.ssrcAudioLevel),
            HeaderExtension(id: 15, uri: HeaderExtension.ssrcAudioLevel),
            HeaderExtension(id: 3, uri: HeaderExtension.csrcAudioLevel),
            HeaderExtension(id: 3, uri: HeaderExtension.ssrcAudioLevel),
            HeaderExtension(id: 5, uri: HeaderExtension.csrcAudioLevel),
            HeaderExtension(id: 6, uri: HeaderExtension.ssrcAudioLevel, direction: .inactive),
        ]
        let (_, agreed) = try Negotiation.answer(to: offer, local: .ice, origin: nil)
        #expect(agreed.headerExtensions == [HeaderExtension(id: 3, uri: HeaderExtension.csrcAudioLevel)])
    }

    @Test func packetTimeStaysWithinReason() throws {
        for (ptime, expected) in [("30", 30), ("1", 10), ("9999", 120), ("x", 20)] {
            let (_, agreed) = try answer(Offers.baresip.replacing("a=ptime:20", with: "a=ptime:\(ptime)"), .plain)
            #expect(agreed.ptime == expected)
        }
    }
}
