import MediaDescription
import Primitives
import Testing

/// DTLS-SRTP without ICE (RFC 5763), and offers with several ways of protection.
@Suite struct DTLSNegotiationTests {
    private static let origin = Origin(sessionID: 1, version: 1, address: "192.0.2.1")
    private static let fingerprint = "a=fingerprint:sha-256 " + Array(repeating: "AB", count: 32).joined(separator: ":")
    private static let crypto = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"

    private static func offer(_ medias: (profile: String, lines: [String])...) throws -> SessionDescription {
        var text = "v=0\no=- 1 1 IN IP4 192.0.2.9\ns=-\nc=IN IP4 192.0.2.9\nt=0 0\n"
        for (index, media) in medias.enumerated() {
            text += "m=audio \(5000 + 2 * index) \(media.profile) 0 8\n"
            text += media.lines.map { $0 + "\n" }.joined()
        }
        return try SDP.parse(text)
    }

    @Test(
        arguments: ["UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF", "RTP/SAVPF", "RTP/AVP"], ["actpass", "active", "passive"])
    func anOfferWithAFingerprintIsAnsweredWithOne(profile: String, setup: String) throws {
        let offer = try Self.offer((profile, [Self.fingerprint, "a=setup:\(setup)", Self.crypto]))
        #expect(Negotiation.transportKind(of: offer) == .plain(peer: .v4(0xc000_0209)))
        #expect(Negotiation.protection(of: offer) == .dtls)
        let (answer, agreed) = try Negotiation.answer(to: offer, local: .certified, origin: Self.origin)
        let content = answer.contents[0]
        #expect(content.profile.rawValue == profile && content.cryptos.isEmpty && content.ice == nil)
        #expect(content.fingerprints == [LocalMedia.certified.fingerprint])
        #expect(content.setup == (setup == "active" ? .passive : .active))
        #expect(agreed.dtls?.isClient == (setup != "active"))
        #expect(agreed.dtls?.fingerprints == offer.contents[0].fingerprints)
        #expect(agreed.protection == .dtls && !agreed.rtcpMux)
        let rtp = SocketAddress(.v4(0xc000_0209), 5000)
        #expect(agreed.transport == .plain(rtp: rtp, rtcp: SocketAddress(rtp.ip, 5001)))
        #expect(try SDP.parse(SDP.write(answer)) == answer)
    }

    @Test func withoutAFingerprintThatCanBeCheckedItIsRefused() throws {
        for lines in [[], ["a=setup:actpass"], ["a=fingerprint:md5 AB:CD", "a=setup:actpass"], [Self.crypto]] {
            let offer = try Self.offer(("UDP/TLS/RTP/SAVP", lines))
            #expect(Negotiation.transportKind(of: offer) == .unsupported(.unsupportedTransport))
            #expect(throws: NegotiationError.unsupportedTransport) {
                try Negotiation.answer(to: offer, local: .certified, origin: Self.origin)
            }
        }
    }

    @Test(arguments: [OfferProtection.dtls, .opportunistic]) func twoOfUsAgreeOnAHandshake(_ use: OfferProtection)
        throws
    {
        let offer = Negotiation.offer(local: .certified, origin: Self.origin, protection: use)
        #expect(offer.contents[0].profile == (use == .dtls ? .dtlsSAVP : .avp) && offer.contents[0].setup == .actpass)
        let (answer, theirs) = try Negotiation.answer(
            to: SDP.parse(SDP.write(offer)), local: .certified, origin: Self.origin)
        let ours = try Negotiation.conclude(offer: offer, answer: SDP.parse(SDP.write(answer)))
        #expect(ours.dtls?.isClient == false && theirs.dtls?.isClient == true)
        #expect(ours.rtcpMux && theirs.rtcpMux && ours.sdes == nil && theirs.sdes == nil)
        // A new offer leaves the roles as they are.
        let reoffer = Negotiation.reoffer(answer, direction: .sendonly)
        #expect(reoffer.contents[0].setup == .actpass)
        let (again, after) = try Negotiation.answer(
            to: reoffer, local: .certified, currentSetup: .passive, origin: Self.origin)
        #expect(after.dtls?.isClient == false)
        #expect(try Negotiation.conclude(offer: reoffer, answer: again).dtls?.isClient == true)
    }

    @Test func anAnswerMayLeaveWhatWasOfferedBesideAndNotWhatWasAskedFor() throws {
        let open = Negotiation.offer(local: .certified, origin: Self.origin, protection: .opportunistic)
        let plain = try Self.offer(("RTP/AVP", []))
        let agreed = try Negotiation.conclude(offer: open, answer: plain)
        #expect(agreed.protection == .none)
        let keyed = try Self.offer(("RTP/AVP", [Self.crypto]))
        #expect(try Negotiation.conclude(offer: open, answer: keyed).protection == .sdes)
        let strict = Negotiation.offer(local: .certified, origin: Self.origin, protection: .dtls)
        for answer in [plain, keyed] {
            #expect(throws: NegotiationError.badAnswer("no fingerprint")) {
                try Negotiation.conclude(offer: strict, answer: answer)
            }
        }
    }

    @Test func ofSeveralTheBestProtectedIsTakenAndTheOthersRefused() throws {
        let dtls = ("UDP/TLS/RTP/SAVP", [Self.fingerprint, "a=setup:actpass"])
        let kinds: [[(String, [String])]] = [
            [("RTP/AVP", []), ("RTP/SAVP", [Self.crypto])], [("RTP/AVP", []), ("RTP/SAVP", [Self.crypto]), dtls],
            [dtls, ("RTP/AVP", [])], [("RTP/SAVP", []), ("RTP/AVP", [])],
        ]
        for (kind, (index, protection)) in zip(
            kinds, [(1, MediaProtection.sdes), (2, .dtls), (0, .dtls), (1, .none)])
        {
            var offer = try Self.offer()
            offer.contents = try kind.enumerated().map { place, media in
                var content = try Self.offer((media.0, media.1)).contents[0]
                content.address?.port = UInt16(5000 + 2 * place)
                return content
            }
            #expect(Negotiation.protection(of: offer) == protection)
            let (answer, agreed) = try Negotiation.answer(to: offer, local: .certified, origin: Self.origin)
            #expect(answer.contents.map(\.isRejected) == kind.indices.map { $0 != index })
            #expect(agreed.protection == protection)
            guard case .plain(let rtp, _) = agreed.transport else { continue }
            #expect(Int(rtp.port) == 5000 + 2 * index)
        }
    }

    @Test func iceWithoutMuxIsAnsweredWithoutICE() throws {
        let ice = ["a=ice-ufrag:abcd", "a=ice-pwd:abcdefghijklmnopqrstuv", Self.fingerprint, "a=setup:actpass"]
        let candidates = [1, 2].map { "a=candidate:1 \($0) UDP 2130706431 192.0.2.9 \(4999 + $0) typ host" }
        let offer = try Self.offer(("UDP/TLS/RTP/SAVPF", ice + candidates))
        #expect(Negotiation.transportKind(of: offer) == .plain(peer: .v4(0xc000_0209)))
        let (answer, agreed) = try Negotiation.answer(to: offer, local: .certified, origin: Self.origin)
        #expect(answer.contents[0].ice == nil && agreed.dtls != nil)
        let shared = try Self.offer(("UDP/TLS/RTP/SAVPF", ice + candidates + ["a=rtcp-mux"]))
        #expect(Negotiation.transportKind(of: shared) == .ice)
    }
}

extension LocalMedia {
    /// With keys and a certificate.
    static let certified: LocalMedia = {
        var local = LocalMedia.secured
        local.fingerprint = Fingerprint(hash: "sha-256", bytes: Array(repeating: 9, count: 32))
        return local
    }()
}
