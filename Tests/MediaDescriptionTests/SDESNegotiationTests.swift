import MediaDescription
import Primitives
import Testing

/// Offers and answers with SDES keys (RFC 4568 section 5.1, RFC 8643).
@Suite struct SDESNegotiationTests {
    private static let key = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
    private static let origin = Origin(sessionID: 1, version: 1, address: "192.0.2.1")

    private static func offer(_ profile: String, _ cryptos: [String]) throws -> SessionDescription {
        try SDP.parse(
            """
            v=0
            o=- 1 1 IN IP4 192.0.2.9
            s=-
            c=IN IP4 192.0.2.9
            t=0 0
            m=audio 5000 \(profile) 0 8

            """ + cryptos.map { "a=crypto:\($0)\n" }.joined())
    }

    private static func ours(_ suite: SDESSuite) -> SDESKey? {
        LocalMedia.secured.cryptos.compactMap(\.key).first { $0.suite == suite }
    }

    @Test(arguments: ["RTP/SAVP", "RTP/SAVPF", "RTP/AVP", "RTP/AVPF"])
    func anOfferWithAKeyIsAnsweredWithOne(profile: String) throws {
        let offer = try Self.offer(profile, ["5 AES_CM_128_HMAC_SHA1_80 inline:\(Self.key)|2^20"])
        #expect(Negotiation.transportKind(of: offer) == .plain(peer: .v4(0xc000_0209)))
        let (answer, agreed) = try Negotiation.answer(to: offer, local: .secured, origin: Self.origin)
        let content = answer.contents[0]
        #expect(content.profile.rawValue == profile)
        let ours = try #require(Self.ours(.aes128CMSHA1_80))
        #expect(content.cryptos == [SDESCrypto(tag: 5, ours)])
        #expect(agreed.sdes?.send == ours)
        #expect(agreed.sdes?.receive == offer.contents[0].cryptos[0].key)
        #expect(SDP.write(answer).contains("m=audio 30000 \(profile) 0 8\r\n"))
        #expect(try SDP.parse(SDP.write(answer)).contents[0].cryptos == content.cryptos)
    }

    @Test func theFirstKeyThatCanBeUsedIsTaken() throws {
        let offer = try Self.offer(
            "RTP/SAVP",
            [
                "1 AES_256_CM_HMAC_SHA1_80 inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                "2 AES_CM_128_HMAC_SHA1_80 inline:\(Self.key)|2^20|1:",
                "3 AES_CM_128_HMAC_SHA1_80 inline:\(Self.key) UNENCRYPTED_SRTP",
                "4 AES_CM_128_HMAC_SHA1_32 inline:\(Self.key)", "5 AES_CM_128_HMAC_SHA1_80 inline:\(Self.key)",
            ])
        let (answer, agreed) = try Negotiation.answer(to: offer, local: .secured, origin: Self.origin)
        #expect(answer.contents[0].cryptos.map(\.tag) == [4])
        #expect(agreed.sdes?.suite == .aes128CMSHA1_32)
        var local = LocalMedia.secured
        local.cryptos.removeAll { $0.suite == SDESSuite.aes128CMSHA1_32.rawValue }
        let (other, _) = try Negotiation.answer(to: offer, local: local, origin: Self.origin)
        #expect(other.contents[0].cryptos.map(\.tag) == [5])
    }

    @Test(arguments: ["|1:4", "|2^20|1:4"]) func anIdentifierIsReadPast(text: String) throws {
        let offer = try Self.offer("RTP/SAVP", ["1 AES_CM_128_HMAC_SHA1_80 inline:\(Self.key)\(text)"])
        let (answer, agreed) = try Negotiation.answer(to: offer, local: .secured, origin: Self.origin)
        #expect(agreed.sdes?.receive.mkiLength == 4 && agreed.sdes?.send.mkiLength == 0)
        #expect(answer.contents[0].cryptos[0].keyParameters.contains("|") == false)
    }

    @Test func aPlainOfferStaysPlain() throws {
        let (answer, agreed) = try Negotiation.answer(
            to: Self.offer("RTP/AVP", []), local: .secured, origin: Self.origin)
        #expect(answer.contents[0].cryptos.isEmpty && answer.contents[0].profile == .avp)
        #expect(agreed.sdes == nil)
    }

    @Test func anOpportunisticOfferWithoutAUsableKeyStaysPlain() throws {
        let offer = try Self.offer("RTP/AVP", ["1 AES_CM_128_HMAC_SHA1_80 inline:short"])
        let (answer, agreed) = try Negotiation.answer(to: offer, local: .secured, origin: Self.origin)
        #expect(answer.contents[0].cryptos.isEmpty)
        #expect(agreed.sdes == nil)
    }

    @Test func aSecureOfferWithoutAUsableKeyIsRefused() throws {
        for cryptos in [[], ["1 AES_CM_128_HMAC_SHA1_80 inline:short"], ["1 F8_128_HMAC_SHA1_80 inline:\(Self.key)"]] {
            let offer = try Self.offer("RTP/SAVP", cryptos)
            #expect(Negotiation.transportKind(of: offer) == .unsupported(.unsupportedTransport))
        }
        let offer = try Self.offer("RTP/SAVP", ["1 AES_CM_128_HMAC_SHA1_80 inline:\(Self.key)"])
        #expect(throws: NegotiationError.unsupportedTransport) {
            try Negotiation.answer(to: offer, local: .plain, origin: nil)
        }
    }

    @Test func dtlsGoesBeforeSDES() throws {
        var offer = try SDP.parse(Offers.chrome)
        offer.contents[0].cryptos = [
            SDESCrypto(tag: 1, suite: "AES_CM_128_HMAC_SHA1_80", keyParameters: "inline:" + Self.key)
        ]
        #expect(Negotiation.transportKind(of: offer) == .ice)
        let (answer, agreed) = try Negotiation.answer(to: offer, local: .ice, origin: nil)
        #expect(answer.contents[0].cryptos.isEmpty)
        #expect(agreed.sdes == nil)
    }

    @Test(arguments: [OfferProtection.opportunistic, .sdes], SDESSuite.allCases)
    func twoOfUsAgreeOnKeys(use: OfferProtection, suite: SDESSuite) throws {
        let offer = Negotiation.offer(local: .secured, origin: Self.origin, protection: use)
        #expect(offer.contents[0].cryptos.map(\.suite) == SDESSuite.preferred.map(\.rawValue))
        #expect(offer.contents[0].profile == (use == .sdes ? .savp : .avp))
        var peer = LocalMedia.secured
        peer.cryptos = SDESCrypto.fresh(.system, [suite])
        let (answer, theirs) = try Negotiation.answer(
            to: SDP.parse(SDP.write(offer)), local: peer, origin: Self.origin)
        let ours = try Negotiation.conclude(offer: offer, answer: SDP.parse(SDP.write(answer)))
        let (a, b) = (try #require(ours.sdes), try #require(theirs.sdes))
        #expect(a.suite == suite && a.send == b.receive && a.receive == b.send && a.send != a.receive)
        // And again, when the one who answered offers anew.
        let reoffer = Negotiation.reoffer(answer, direction: .sendonly)
        let (again, after) = try Negotiation.answer(to: reoffer, local: .secured, origin: Self.origin)
        #expect(after.sdes == a)
        #expect(try Negotiation.conclude(offer: reoffer, answer: again).sdes == b)
    }

    @Test func anOfferIsPlainUnlessToldOtherwise() {
        let offer = Negotiation.offer(local: .secured, origin: Self.origin)
        #expect(offer.contents[0].cryptos.isEmpty && offer.contents[0].profile == .avp)
    }

    @Test func theAnswerMayLeaveAnOpportunisticKeyAndNoOther() throws {
        for use in [OfferProtection.opportunistic, .sdes] {
            let offer = Negotiation.offer(local: .secured, origin: Self.origin, protection: use)
            var (answer, _) = try Negotiation.answer(to: offer, local: .secured, origin: Self.origin)
            answer.contents[0].cryptos = []
            if use == .opportunistic {
                #expect(try Negotiation.conclude(offer: offer, answer: answer).sdes == nil)
            } else {
                #expect(throws: NegotiationError.badAnswer("no key")) {
                    try Negotiation.conclude(offer: offer, answer: answer)
                }
            }
        }
    }

    @Test func anAnswerWithAKeyThatWasNotOfferedIsRefused() throws {
        let offer = Negotiation.offer(local: .secured, origin: Self.origin, protection: .sdes)
        let (answer, _) = try Negotiation.answer(to: offer, local: .secured, origin: Self.origin)
        let crypto = answer.contents[0].cryptos[0]
        func expectRefusal(_ cryptos: [SDESCrypto], _ comment: Comment) {
            var changed = answer
            changed.contents[0].cryptos = cryptos
            #expect(throws: NegotiationError.self, comment) {
                try Negotiation.conclude(offer: offer, answer: changed)
            }
        }
        var other = crypto
        other.tag = 9
        expectRefusal([other], "another tag")
        other.tag = 3
        expectRefusal([other], "another suite than the tag's")
        expectRefusal([crypto, crypto], "two")
        other = crypto
        other.keyParameters += ";inline:" + Self.key
        expectRefusal([other], "two keys")
        var plain = answer
        plain.contents[0].cryptos = []
        plain.contents[0].profile = .avp
        #expect(throws: NegotiationError.badAnswer("no key")) {
            try Negotiation.conclude(offer: offer, answer: plain)
        }
        // And one to an offer without keys.
        #expect(throws: NegotiationError.badAnswer("no key")) {
            try Negotiation.conclude(
                offer: Negotiation.offer(local: .secured, origin: Self.origin), answer: answer)
        }
    }
}

extension LocalMedia {
    /// With a key for each suite, always the same.
    static let secured: LocalMedia = {
        var local = LocalMedia.plain
        local.cryptos = SDESSuite.preferred.enumerated().compactMap { index, suite in
            SDESKey(suite, Array(repeating: UInt8(index + 1), count: suite.keyLength))
                .map { SDESCrypto(tag: index + 1, $0) }
        }
        return local
    }()
}
