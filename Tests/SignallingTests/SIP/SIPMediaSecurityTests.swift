import Conference
import MediaDescription
import Primitives
import SIP
import Testing

@testable import Signalling

/// DTLS-SRTP without ICE, offers of our own, and the least that is accepted (RFC 4568, RFC 5763, RFC 8643).
@Suite struct SIPMediaSecurityTests {
    private static let crypto =
        "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n"
    private static let fingerprint =
        "a=fingerprint:sha-256 " + Array(repeating: "AB", count: 32).joined(separator: ":") + "\r\n"

    /// What phones say, by the way in which they are protected.
    private static func sdp(_ kind: MediaProtection, setup: String = "actpass", version: Int = 1) -> String {
        let plain = SIPPhone.sdp(version: version)
        return switch kind {
        case .none: plain
        case .sdes: plain.replacing("RTP/AVP", with: "RTP/SAVP") + crypto
        case .dtls: plain.replacing("RTP/AVP", with: "UDP/TLS/RTP/SAVP") + fingerprint + "a=setup:\(setup)\r\n"
        }
    }

    private func house(
        _ least: SIPMediaSecurity.Least, _ offer: SIPMediaSecurity.Offer = .plain
    ) -> SIPHouse {
        SIPHouse { $0.security = SIPMediaSecurity(offer: offer, least: least) }
    }

    private func call(
        _ house: inout SIPHouse, _ phone: inout SIPPhone, _ sdp: String?, by transport: SIPTransport = .udp,
        ack: String? = nil
    ) -> SIPMessage? {
        func flow() -> SIPFlow { SIPFlow(transport, local: SIPHouse.address, remote: phone.address, connection: 1) }
        let answer = house.receive(phone.request(.invite, sdp: sdp).bytes, on: flow()).first { ($0.status ?? 0) >= 200 }
        if let answer, answer.status == 200 { house.receive(phone.ack(answer, sdp: ack).bytes, on: flow()) }
        return answer
    }

    @Test func anOfferOfDTLSWithoutICEIsAnswered() throws {
        var house = house(.dtls)
        var alice = SIPPhone("Alice", port: 5061)
        let ok = try #require(call(&house, &alice, Self.sdp(.dtls)))
        let content = try #require(try SDP.parse(ok.body).contents.first)
        #expect(ok.status == 200 && content.profile == .dtlsSAVP && content.setup == .active && content.ice == nil)
        #expect(house.media.agreed.values.first?.map(\.protection) == [.dtls])
        // Held and taken up again with the roles as they are.
        let again = try #require(call(&house, &alice, Self.sdp(.dtls, version: 2)))
        #expect(try SDP.parse(again.body).contents.first?.setup == .active)
        #expect(call(&house, &alice, Self.sdp(.none, version: 3))?.status == 488)
        #expect(call(&house, &alice, Self.sdp(.sdes, version: 4))?.status == 488)
        #expect(house.demo?.participants.count == 1)
    }

    /// What is accepted by UDP, and by TLS.
    @Test(arguments: [
        (SIPMediaSecurity.Least.none, [MediaProtection.none, .sdes, .dtls], [MediaProtection.none, .sdes, .dtls]),
        (.encrypted, [.sdes, .dtls], [.sdes, .dtls]), (.protectedKeys, [.dtls], [.sdes, .dtls]),
        (.dtls, [.dtls], [.dtls]),
    ])
    func whatIsLessThanTheLeastIs488(
        least: SIPMediaSecurity.Least, byUDP: [MediaProtection], byTLS: [MediaProtection]
    ) throws {
        for (transport, accepted) in [(SIPTransport.udp, byUDP), (.tls, byTLS)] {
            for protection in MediaProtection.allCases {
                var house = house(least)
                var alice = SIPPhone("Alice", port: 5061)
                let answer = try #require(call(&house, &alice, Self.sdp(protection), by: transport))
                #expect(answer.status == (accepted.contains(protection) ? 200 : 488))
                if answer.status == 488 {
                    #expect(answer.header("Warning") == "399 confab \"Encrypted media is required\"")
                    #expect(house.notices.contains { $0.text.contains("less than sip.least-security") })
                    #expect(house.media.opened.isEmpty)
                }
            }
        }
    }

    @Test func ofSeveralMediaTheBestProtectedIsTaken() throws {
        var house = house(.encrypted)
        var alice = SIPPhone("Alice", port: 5061)
        let media = "m=audio 4010 RTP/SAVP 0\r\na=rtpmap:0 PCMU/8000\r\n" + Self.crypto
        let ok = try #require(call(&house, &alice, SIPPhone.sdp("inactive") + media))
        let answer = try SDP.parse(ok.body)
        #expect(answer.contents.map(\.isRejected) == [true, false])
        let agreed = try #require(house.media.agreed.values.first?.first)
        #expect(agreed.direction == .sendrecv && agreed.sdes != nil)
        guard case .plain(let rtp, _) = agreed.transport else { return }
        #expect(rtp.port == 4010)
    }

    // MARK: Offers of ours

    /// An INVITE of the house's to a phone, by each offer.
    private func dialled(_ house: inout SIPHouse) throws -> SIPMessage {
        let jingle = LegID(LegIDs.Origin.jingle.rawValue << 56 | 1)
        let call = IncomingCall(
            caller: PeerAddress(.xmpp, user: "romeo", host: "localhost", resource: "orchard"), displayName: "Romeo",
            callee: PeerAddress(.xmpp, user: "100", host: "sip.localhost"), takesText: true)
        return try #require(house.handle(.legOffered(jingle, call)).first(.invite))
    }

    @Test(arguments: SIPMediaSecurity.Offer.allCases) func callsOfOursOfferWhatTheyShould(
        offer: SIPMediaSecurity.Offer
    ) throws {
        var house = house(.none, offer)
        let content = try #require(try SDP.parse(try dialled(&house).body).contents.first)
        #expect(content.cryptos.isEmpty == (offer != .sdes && offer != .opportunistic))
        #expect(content.fingerprints.isEmpty == (offer == .plain || offer == .sdes))
        #expect((content.ice != nil) == (offer == .ice))
        let profiles: [SIPMediaSecurity.Offer: TransportProfile] = [
            .plain: .avp, .opportunistic: .avp, .sdes: .savp, .dtls: .dtlsSAVP, .ice: .dtlsSAVPF,
        ]
        #expect(content.profile == profiles[offer])
    }

    @Test func keysThatWouldNotCountAreNotOffered() throws {
        var house = house(.protectedKeys, .sdes)
        #expect(try SDP.parse(try dialled(&house).body).contents.first?.profile == .dtlsSAVP)
    }

    @Test(arguments: [SIPMediaSecurity.Offer.opportunistic, .sdes, .dtls, .ice])
    func aRefusedOfferIsRepeatedInTheClearWhereThatIsAccepted(offer: SIPMediaSecurity.Offer) throws {
        for (least, isRepeated) in [(SIPMediaSecurity.Least.none, true), (.encrypted, false)] {
            var house = house(least, offer)
            let bob = SIPPhone("Bob", port: 5080)
            let invite = try dialled(&house)
            let next = house.receive(bob.answer(invite, 488), from: bob.address).first(.invite)
            #expect((next != nil) == isRepeated)
            guard let next else { continue }
            #expect(next.callID == invite.callID && next.cseq.number == invite.cseq.number + 1)
            #expect(try SDP.parse(next.body).contents.first?.profile == .avp)
            #expect(try SDP.parse(next.body).contents.first?.fingerprints == [])
            // Once, and no more.
            #expect(house.receive(bob.answer(next, 488), from: bob.address).allSatisfy { $0.method != .invite })
        }
    }

    @Test func anAnswerBelowTheLeastEndsTheCall() throws {
        for (answer, ends) in [(MediaProtection.none, true), (.sdes, false), (.dtls, false)] {
            var house = house(.encrypted, .opportunistic)
            let bob = SIPPhone("Bob", port: 5080)
            let invite = try dialled(&house)
            // Beside the offer's profile, which stays.
            let sdp = Self.sdp(answer, setup: "active").replacing("UDP/TLS/RTP/SAVP", with: "RTP/AVP")
                .replacing("RTP/SAVP", with: "RTP/AVP")
            let sent = house.receive(bob.answer(invite, sdp: sdp), from: bob.address)
            #expect(sent.contains { $0.method == .bye } == ends)
            #expect(house.media.agreed.isEmpty == ends)
        }
    }

    @Test func whoOffersNothingIsOfferedProtection() throws {
        var house = house(.dtls, .dtls)
        var alice = SIPPhone("Alice", port: 5061)
        let ok = try #require(call(&house, &alice, nil, ack: Self.sdp(.dtls, setup: "active")))
        let offer = try #require(try SDP.parse(ok.body).contents.first)
        #expect(offer.profile == .dtlsSAVP && offer.setup == .actpass && offer.rtcpMux)
        #expect(house.media.agreed.values.first?.map(\.dtls?.isClient) == [false])
        var bob = SIPPhone("Bob", port: 5062)
        _ = call(&house, &bob, nil, ack: Self.sdp(.none))
        #expect(house.demo?.participants.count == 1, "an answer in the clear ends it")
    }

    @Test func aPeerBehindNATOpensTheHandshake() throws {
        for (host, setup) in [("192.168.0.7", SetupRole.passive), ("127.0.0.1", .active)] {
            var house = house(.none)
            var alice = SIPPhone("Alice", port: 5061)
            let flow = SIPFlow(
                .udp, local: SIPHouse.address,
                remote: SocketAddress(host == "127.0.0.1" ? .loopback4 : .v4(0xc633_6407), 5061))
            let sdp = Self.sdp(.dtls).replacing("c=IN IP4 127.0.0.1", with: "c=IN IP4 \(host)")
            let ok = try #require(house.receive(alice.request(.invite, sdp: sdp).bytes, on: flow).first(200))
            #expect(try SDP.parse(ok.body).contents.first?.setup == setup)
        }
    }

    // MARK: Too much of everything

    /// Two hundred of each thing: an answer or a refusal, and the house goes on.
    @Test func hugeOffersAreAnsweredOrRefused() throws {
        var house = house(.none)
        let base = SIPPhone.sdp()
        let many = { (count: Int, line: (Int) -> String) in (0..<count).map { line($0) + "\r\n" }.joined() }
        let codecs = (0..<200).map { "\($0 % 128)" }.joined(separator: " ")
        let maps = many(200) { "a=rtpmap:\($0 % 128) codec\($0)/8000" }
        let keys = Self.crypto
        let offers: [(String, String, Int)] = [
            (
                "codecs, ours among them",
                base.replacing("RTP/AVP 0", with: "RTP/AVP 0 " + codecs) + "a=rtpmap:0 PCMU/8000\r\n", 200
            ),
            (
                "strange codecs",
                base.replacing("RTP/AVP 0", with: "RTP/AVP " + codecs).replacing("a=rtpmap:0 PCMU/8000\r\n", with: "")
                    + maps, 488
            ),
            ("media", base + many(200) { "m=audio \($0 + 5000) RTP/AVP 0" }, 400),
            ("candidates", base + many(200) { "a=candidate:\($0) 1 UDP \($0) 127.0.0.1 \($0 + 1) typ host" }, 200),
            ("keys", base + many(200) { keys.replacing(":1 ", with: ":\($0) ").replacing("\r\n", with: "") }, 400),
            ("numbers", base.replacing("m=audio 4000", with: "m=audio 99999999999999999999"), 400),
            ("payload types", base.replacing("RTP/AVP 0", with: "RTP/AVP 0 18446744073709551617"), 400),
            ("clocks", base.replacing("PCMU/8000", with: "PCMU/99999999999999999999"), 400),
            ("versions", base.replacing("o=- 1 1", with: "o=- 99999999999999999999999 99999999999999999999999"), 200),
            ("times", base + "a=ptime:99999999999999999999\r\na=maxptime:0\r\n", 200),
        ]
        for (index, (what, sdp, status)) in offers.enumerated() {
            var phone = SIPPhone("Phone\(index)", port: UInt16(6000 + index))
            #expect(call(&house, &phone, sdp)?.status == status, "\(what)")
        }
        #expect(house.demo?.participants.count == offers.count { $0.2 == 200 })
    }
}
