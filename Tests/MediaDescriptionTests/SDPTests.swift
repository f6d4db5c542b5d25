import MediaDescription
import Primitives
import Testing

@Suite struct SDPTests {
    @Test func whateverIsWrittenReadsTheSame() throws {
        for seed in 0..<2_000 {
            var dice = SplitMix64(UInt64(seed))
            let description = dice.description()
            let text = SDP.write(description)
            #expect(try SDP.parse(text) == description, "seed \(seed)\n\(text)")
        }
    }

    @Test(arguments: [Offers.baresip, Offers.sipp, Offers.chrome, Offers.linphone, Offers.sdesOnly])
    func cutOffTextNeverTraps(offer: String) {
        let bytes = Array(offer.utf8)
        for length in 0..<bytes.count { _ = try? SDP.parse(Array(bytes[..<length])) }
    }

    @Test func textWithoutItsMandatoryLinesIsRefused() {
        let head = offersHead(Offers.baresip)
        for length in 0..<head {
            #expect(throws: SDPError.self) { try SDP.parse(String(Offers.baresip.prefix(length))) }
        }
    }

    /// How many characters end before the `t=` line is recognisable.
    private func offersHead(_ offer: String) -> Int {
        offer.firstRange(of: "t=").map { offer.distance(from: offer.startIndex, to: $0.lowerBound) } ?? 0
    }

    @Test(arguments: [Offers.baresip, Offers.chrome, Offers.linphone])
    func mutatedTextNeverTraps(offer: String) {
        var dice = SplitMix64(7)
        let original = Array(offer.utf8)
        for _ in 0..<1_500 {
            var bytes = original
            for _ in 0...dice.below(8) {
                let at = dice.below(bytes.count)
                switch dice.below(4) {
                case 0: bytes[at] = UInt8(truncatingIfNeeded: dice.next())
                case 1: bytes.remove(at: at)
                case 2: bytes.insert(contentsOf: Array("99999999999999999999".utf8), at: at)
                default: bytes.insert(contentsOf: original[at % original.count..<min(original.count, at + 40)], at: at)
                }
            }
            guard let parsed = try? SDP.parse(bytes) else { continue }
            _ = SDP.write(parsed)
            _ = Negotiation.transportKind(of: parsed)
            _ = try? Negotiation.answer(to: parsed, local: .plain, origin: nil)
            _ = try? Negotiation.answer(to: parsed, local: .ice, origin: nil)
        }
    }

    @Test func attributesOfTheSessionAreHandedDown() throws {
        let description = try SDP.parse(
            Offers.lines(
                """
                v=0
                o=- 1 2 IN IP4 host.example
                s=-
                c=IN IP4 224.2.1.1/127
                t=0 0
                a=ice-lite
                a=ice-ufrag:abcd
                a=ice-pwd:0123456789012345678901
                a=ice-options:trickle renomination
                a=fingerprint:SHA-1 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13
                a=setup:passive
                a=sendonly
                m=audio 4000/2 RTP/AVP 0 9
                m=audio 4002 RTP/AVP 8
                c=IN IP6 2001:db8::7
                a=recvonly
                a=setup:active
                a=ice-ufrag:other
                """))
        let (first, second) = (description.contents[0], description.contents[1])
        #expect(first.address == SocketAddress(.v4(0xe002_0101), 4000))
        #expect(first.direction == .sendonly)
        #expect(first.setup == .passive)
        #expect(first.fingerprints == [Fingerprint(hash: "sha-1", bytes: Array(0..<20))])
        #expect(
            first.ice
                == ICEParameters(
                    ufrag: "abcd", pwd: "0123456789012345678901", isLite: true, options: ["trickle", "renomination"]))
        #expect(first.codecs.map(\.name) == ["PCMU", "G722"])
        #expect(first.codecs.map(\.clockRate) == [8000, 8000])
        #expect(second.direction == .recvonly)
        #expect(second.setup == .active)
        #expect(second.ice?.ufrag == "other")
        #expect(second.address?.ip == IPAddress("2001:db8::7"))
    }

    @Test func chromeIsReadInFull() throws {
        let audio = try SDP.parse(Offers.chrome).contents[0]
        #expect(audio.candidates.count == 3, "the mDNS candidate is left out")
        #expect(audio.candidates[0].network == 1)
        #expect(audio.candidates[1].relatedAddress?.port == 46_243)
        #expect(audio.candidates[2].extensions == [Parameter("tcptype", "active")])
        #expect(audio.codecs[0].parameters == [Parameter("minptime", "10"), Parameter("useinbandfec", "1")])
        #expect(audio.codecs[1].parameters == [Parameter("", "111/111")])
        #expect(
            audio.sources[0].parameters == [Parameter("cname", "4TOk42mSjXCkVIa6"), Parameter("msid", "stream track")])
        #expect(audio.codecs[0].feedback == [RTCPFeedback(type: "transport-cc")])
        #expect(audio.fingerprints[0].bytes.first == 0x0f)
    }

    @Test func anMLineThatIsNoRTPIsKeptAsItWas() throws {
        let data = try SDP.parse(Offers.chrome).contents[2]
        #expect(data.kind == .other("application"))
        #expect(data.profile == .unknown)
        #expect(data.opaque == OpaqueFormats(profile: "UDP/DTLS/SCTP", formats: ["webrtc-datachannel"]))
    }

    @Test func bareLineFeedsAndAMissingLastLineEndAreRead() throws {
        let text = Offers.sipp.split(separator: "\r\n").joined(separator: "\n")
        #expect(try SDP.parse(text) == SDP.parse(Offers.sipp))
    }

    @Test func theTextHasWhatEveryPhoneWants() {
        var content = ContentDescription(name: "")
        content.codecs = [Codec(payloadType: 0, name: "PCMU", clockRate: 8000)]
        content.address = SocketAddress(.loopback6, 4000)
        let origin = Origin(sessionID: 5, version: 6, address: "::1")
        let text = SDP.write(SessionDescription(origin: origin, contents: [content]))
        #expect(
            text == "v=0\r\no=- 5 6 IN IP6 ::1\r\ns=-\r\nc=IN IP6 ::1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
                + "a=sendrecv\r\na=rtpmap:0 PCMU/8000\r\n")
    }

    @Test func noValueCanAddALine() throws {
        var content = ContentDescription(name: "x\r\na=evil:1")
        content.codecs = [
            Codec(
                payloadType: 96, name: "o p\nus", clockRate: 8000,
                parameters: [Parameter("a\rb", "c\r\na=evil:2")])
        ]
        content.address = SocketAddress(.loopback4, 4000)
        content.ice = ICEParameters(ufrag: "u\n", pwd: "p\r\n\u{0}")
        let text = SDP.write(
            SessionDescription(
                origin: Origin(username: "a b\r\n", sessionID: 1, version: 1, address: "127.0.0.1\r\n"),
                groups: [ContentGroup(semantics: "BUNDLE", names: ["\r\na=evil:3"])], contents: [content]))
        let lines = text.utf8.split(separator: 0x0a).map { String(decoding: $0, as: UTF8.self) }
        #expect(!lines.contains { $0.hasPrefix("a=evil") })
        #expect(try SDP.parse(text).contents.count == 1)
    }

    @Test(arguments: [
        "m=audio 70000 RTP/AVP 0", "m=audio x RTP/AVP 0", "m=audio 4000 RTP/AVP", "m=audio 4000 RTP/AVP 128",
        "m=audio 4000 RTP/AVP -1", "c=IN", "a", "=", "ab=c", "o=- x y IN IP4 1.1.1.1",
    ])
    func brokenLinesAreRefused(line: String) {
        let head = line.hasPrefix("o=") ? "v=0\r\n" : "v=0\r\no=- 1 1 IN IP4 1.1.1.1\r\n"
        #expect(throws: SDPError.malformed(line: line)) { try SDP.parse(head + "s=-\r\nt=0 0\r\n" + line + "\r\n") }
    }

    @Test(arguments: [
        "rtpmap:0", "rtpmap:0 PCMU", "rtpmap:0 PCMU/0", "rtpmap:0 PCMU/8000/0", "rtpmap:0 /8000",
        "rtpmap:999 PCMU/8000", "extmap:0 urn:x", "extmap:1/up urn:x", "extmap:1", "ssrc:4294967296 a:b", "ssrc:1",
        "fingerprint:sha-256 0", "fingerprint:sha-256 zz", "setup:up", "crypto:1 AES", "rtcp:65536", "ice-ufrag:",
        "candidate:1 1 udp 1 192.0.2.1 1 typ", "candidate:1 1 udp 4294967296 192.0.2.1 1 typ host",
        "candidate:1 0 udp 1 192.0.2.1 1 typ host",
    ])
    func brokenAttributesAreRefused(attribute: String) {
        let head = "v=0\r\no=- 1 1 IN IP4 1.1.1.1\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
        #expect(throws: SDPError.malformed(line: "a=\(attribute)")) { try SDP.parse(head + "a=\(attribute)\r\n") }
    }

    @Test func excessIsRefused() {
        let head = "v=0\r\no=- 1 1 IN IP4 1.1.1.1\r\ns=-\r\nt=0 0\r\n"
        let media = "m=audio 4000 RTP/AVP 0\r\n"
        func refuses(_ text: String) -> Bool {
            do throws(SDPError) {
                _ = try SDP.parse(text)
                return false
            } catch {
                if case .tooMany = error { return true }
                return error == .tooLong
            }
        }
        #expect(!refuses(head + String(repeating: media, count: 32)))
        #expect(refuses(head + String(repeating: media, count: 33)))
        #expect(refuses(head + "m=audio 4000 RTP/AVP" + String(repeating: " 0", count: 257) + "\r\n"))
        let candidate = "a=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n"
        #expect(refuses(head + media + String(repeating: candidate, count: 257)))
        #expect(refuses(head + String(repeating: "a=x\r\n", count: 20_000)))
    }

    @Test func aMillionSpacesAreNotSlow() {
        let text = "v=0\r\no=- 1 1 IN IP4 1.1.1.1\r\ns=-\r\nt=0 0\r\nm=audio" + String(repeating: " ", count: 60_000)
        #expect(throws: SDPError.self) { try SDP.parse(text) }
    }
}
