import MediaDescription
import Primitives
import Testing

/// RED (RFC 2198) and comfort noise (RFC 3389) in offer and answer.
@Suite struct RedundancyTests {
    private func offer(_ formats: String, _ lines: String = "") -> String {
        var text = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
        text += "m=audio 7000 RTP/AVP \(formats)\r\n"
        for line in lines.split(separator: "|") { text += "a=\(line)\r\n" }
        return text
    }

    private func answer(_ formats: String, _ lines: String = "") throws -> (content: ContentDescription, AgreedMedia) {
        let (answer, agreed) = try Negotiation.answer(
            to: SDP.parse(offer(formats, lines)), local: .plain, origin: Origin(sessionID: 1, version: 1, address: "::")
        )
        #expect(try SDP.parse(SDP.write(answer)) == answer)
        return (answer.contents[0], agreed)
    }

    private func conclude(_ formats: String, _ lines: String = "") throws -> AgreedMedia {
        let ours = Negotiation.offer(local: .plain, origin: Origin(sessionID: 1, version: 1, address: "::"))
        return try Negotiation.conclude(offer: ours, answer: SDP.parse(offer(formats, lines)))
    }

    private static let opus = "rtpmap:96 opus/48000/2|"

    @Test func theOfferListsThemAfterTheSound() {
        let text = SDP.write(Negotiation.offer(local: .plain, origin: nil))
        #expect(text.contains("RTP/AVP 111 9 0 8 112 113 13 110 101\r\n"))
        #expect(text.contains("a=rtpmap:112 red/48000/2\r\na=fmtp:112 111/111\r\n"))
        #expect(text.contains("a=rtpmap:113 red/8000\r\na=fmtp:113 0/0\r\n"))
        #expect(text.contains("a=rtpmap:13 CN/8000\r\n"))
    }

    @Test func whoListsREDFirstGetsTheSoundFirst() throws {
        let (content, agreed) = try answer("63 96 0", Self.opus + "rtpmap:63 red/48000/2|fmtp:63 96/96")
        #expect(content.codecs.map(\.payloadType) == [96, 0, 63])
        #expect(content.codecs[2].parameters == [Parameter("", "96/96")])
        #expect(agreed.sendCodec.name == "opus")
        #expect(agreed.receiveCodecs.map(\.payloadType) == [96, 0])
        #expect(agreed.receiveRedundancy.map(\.payloadType) == [63])
    }

    @Test(arguments: [
        ("96/96", true), ("96/96/96", true), ("96/96/96/96/96/96/96/96/96", true),
        // Of something else, of two things, of nothing that was agreed, of itself, of another clock, and no list at all.
        ("96/0", false), ("0/0", false), ("97/97", false), ("63/63", false), ("110/110", false), ("96", false),
        ("96/", false), ("/", false), ("x/x", false), ("300/300", false), ("96 96", false), ("a=96/96", false),
        ("96/96/96/96/96/96/96/96/96/96", false), ("96/96;96/96", false),
    ])
    func REDIsAnsweredOnlyWhereItSaysWhatItIsOf(_ blocks: String, isUsable: Bool) throws {
        let lines = Self.opus + "rtpmap:97 speex/16000|rtpmap:110 telephone-event/48000|rtpmap:63 red/48000/2|"
        let (content, agreed) = try answer("96 63 97 0 110", lines + "fmtp:63 " + blocks)
        #expect(content.codecs.map(\.payloadType) == (isUsable ? [96, 0, 63, 110] : [96, 0, 110]))
        #expect(agreed.receiveRedundancy.isEmpty != isUsable)
    }

    @Test func REDWithoutABlockListIsNotAnswered() throws {
        let (content, _) = try answer("96 63", Self.opus + "rtpmap:63 red/48000/2")
        #expect(content.codecs.map(\.payloadType) == [96])
    }

    @Test func theUsableOneOfSeveralIsTaken() throws {
        let lines = "rtpmap:98 red/8000|fmtp:98 18/18|rtpmap:99 RED/8000|fmtp:99 8/8|rtpmap:100 red/8000|fmtp:100 0/0"
        let (content, agreed) = try answer("98 8 99 18 100 0", lines)
        #expect(content.codecs.map(\.payloadType) == [8, 0, 99])
        #expect(agreed.sendCodec.name == "PCMA")
        #expect(agreed.receiveRedundancy.map(\.clockRate) == [8000])
    }

    @Test(arguments: ["63", "13", "63 13", "63 13 101"])
    func whatIsNoSoundIsNoCall(_ formats: String) throws {
        let text = offer(formats, "rtpmap:63 red/8000|fmtp:63 0/0|rtpmap:101 telephone-event/8000")
        #expect(Negotiation.transportKind(of: try SDP.parse(text)) == .unsupported(.noCommonCodec))
        #expect(throws: NegotiationError.noCommonCodec) { try answer(formats, "rtpmap:63 red/8000|fmtp:63 0/0") }
        #expect(throws: NegotiationError.noCommonCodec) { try conclude(formats, "rtpmap:63 red/8000|fmtp:63 0/0") }
    }

    @Test func aPhoneGetsComfortNoiseAndItsKeys() throws {
        let events = "rtpmap:101 telephone-event/8000|fmtp:101 0-16"
        let (content, agreed) = try answer("0 8 13 101", events)
        #expect(content.codecs.map(\.payloadType) == [0, 8, 13, 101])
        #expect(agreed.comfortNoise == 13)
        #expect(agreed.receiveCodecs.map(\.payloadType) == [0, 8])
        #expect(agreed.sendEvents?.payloadType == 101 && agreed.receiveEvents.map(\.payloadType) == [101])
        let alone = try answer("13 101 0", events)
        #expect(alone.content.codecs.map(\.payloadType) == [0, 13, 101])
        #expect(alone.1.sendCodec.name == "PCMU")
        #expect(SDP.write(SessionDescription(contents: [alone.content])).contains("RTP/AVP 0 13 101\r\n"))
        // Without it, none.
        #expect(try answer("0 101", events).1.comfortNoise == nil)
    }

    @Test func comfortNoiseIsOfTheClockThatIsSent() throws {
        let (content, agreed) = try answer("96 0 13", Self.opus)
        #expect(content.codecs.map(\.payloadType) == [96, 0])
        #expect(agreed.comfortNoise == nil)
        #expect(try answer("0 96 13", Self.opus).1.comfortNoise == 13)
        #expect(try answer("0 98", "rtpmap:98 CN/16000").1.comfortNoise == nil)
        #expect(try answer("0 98", "rtpmap:98 cn/8000").1.comfortNoise == 98)
        #expect(try answer("9 13").1.comfortNoise == 13)
    }

    @Test func anAnswerSettlesWhatWeTake() throws {
        let all = try conclude(
            "0 112 113 13 101", "rtpmap:112 red/48000/2|fmtp:112 111/111|rtpmap:113 red/8000|fmtp:113 0/0")
        #expect(all.receiveRedundancy.map(\.payloadType) == [113], "Opus was left out")
        #expect(all.comfortNoise == 13)
        let other = try conclude("96 0 63 13", Self.opus + "rtpmap:63 red/48000/2|fmtp:63 96/96")
        #expect(other.receiveRedundancy.map(\.payloadType) == [112], "under our number")
        #expect(other.sendCodec.payloadType == 96)
        #expect(other.comfortNoise == nil)
        // Not every client says of what in an answer.
        #expect(
            try conclude("96 63", Self.opus + "rtpmap:63 red/48000/2").receiveRedundancy.map(\.payloadType) == [112])
        #expect(try conclude("0 63", "rtpmap:63 red/48000/2").receiveRedundancy.isEmpty)
        // Another number than ours is another in each direction, which nobody does.
        #expect(try conclude("0 98", "rtpmap:98 CN/8000").comfortNoise == nil)
        #expect(try conclude("0").comfortNoise == nil)
        #expect(try conclude("63 96 0", Self.opus + "rtpmap:63 red/48000/2|fmtp:63 96/96").sendCodec.name == "opus")
    }

    @Test func aReofferAfterAnAnswerKeepsThem() throws {
        let chrome = try Negotiation.answer(to: SDP.parse(Offers.chrome), local: .ice, origin: nil)
        let hold = Negotiation.reoffer(chrome.answer, direction: .sendonly)
        let peer = try Negotiation.answer(to: hold, local: .ice, origin: nil)
        let agreed = try Negotiation.conclude(offer: hold, answer: peer.answer)
        #expect(agreed.receiveRedundancy.map(\.payloadType) == [63])
        #expect(agreed.receiveCodecs == chrome.agreed.receiveCodecs)
    }

    @Test func anyListOfFormatsIsAnsweredBySoundFirst() throws {
        var dice = SplitMix64(8)
        let words = ["0", "8", "9", "96", "63", "64", "13", "101", "18"]
        for _ in 0..<500 {
            let formats = words.shuffled(using: &dice).prefix(1 + dice.below(words.count))
            let blocks = ["96/96", "0/0", "8/8", "63/63", "", "//", "13/13", "101/101"]
            var lines = Self.opus + "rtpmap:101 telephone-event/8000|rtpmap:63 red/48000/2|rtpmap:64 red/8000|"
            lines += "fmtp:63 \(blocks[dice.below(8)])|fmtp:64 \(blocks[dice.below(8)])"
            guard let (content, agreed) = try? answer(formats.joined(separator: " "), lines) else {
                #expect(!formats.contains { ["0", "8", "9", "96"].contains($0) })
                continue
            }
            #expect(content.codecs[0].isSound && content.codecs[0].payloadType == agreed.sendCodec.payloadType)
            #expect(agreed.receiveCodecs.allSatisfy { $0.isSound })
            for red in agreed.receiveRedundancy {
                let of = red.parameters.first?.value.split(separator: "/").first.flatMap { UInt8($0) }
                #expect(agreed.receiveCodecs.contains { $0.payloadType == of && $0.clockRate == red.clockRate })
            }
            if let noise = agreed.comfortNoise {
                #expect(agreed.sendCodec.clockRate == 8000 && content.codecs.contains { $0.payloadType == noise })
            }
        }
    }
}
