import MediaDescription
import MediaSecurity
import Primitives
import Testing

@testable import LoadGenerator

/// What participants offer, and what answers make of it.
struct OfferTests {
    private static let here = SocketAddress(.loopback4, 40_000)
    private static let there = SocketAddress(.loopback4, 20_000)

    private func options(_ security: LoadSecurity, _ codec: LoadCodec = .opus) -> LoadOptions {
        var options = LoadOptions(.sip(target: "sip:demo@127.0.0.1", overTCP: false))
        options.security = security
        options.codec = codec
        return options
    }

    private func offer(_ options: LoadOptions) -> Offer {
        let local = LocalMedia(transport: .plain(rtp: Self.here, rtcp: Self.here), ssrc: 5, cname: "x")
        return Offer(
            options, local: local, origin: Origin(sessionID: 1, version: 1, address: "127.0.0.1"), entropy: .seeded(4))
    }

    /// The peer's answer to what is offered, by way of SDP.
    private func answer(to offer: Offer) throws -> SessionDescription {
        let heard = try SDP.parse(SDP.write(offer.description))
        let local = LocalMedia(transport: .plain(rtp: Self.there, rtcp: Self.there), ssrc: 6, cname: "y")
        var plain = heard
        for index in plain.contents.indices { plain.contents[index].profile = .avp }
        let (answer, _) = try Negotiation.answer(
            to: plain, .standard, local: local, origin: Origin(sessionID: 2, version: 1, address: "127.0.0.1"))
        return try SDP.parse(SDP.write(answer))
    }

    @Test(arguments: LoadCodec.allCases)
    func theCodecAskedForIsTheOneAgreed(codec: LoadCodec) throws {
        let offer = offer(options(.plain, codec))
        let agreed = try offer.conclude(answer(to: offer))
        #expect(agreed.media.sendCodec.name.lowercased() == codec.rawValue)
        #expect(agreed.media.sendCodec.payloadType == codec.payloadType)
        #expect(agreed.media.transport == .plain(rtp: Self.there, rtcp: Self.there))
        #expect(agreed.keys == nil)
        #expect(agreed.levelID == nil)
    }

    @Test func levelsAreOfferedWhereTheyAreSent() throws {
        var options = options(.plain)
        options.rest = .levels
        let offer = offer(options)
        #expect(try offer.conclude(answer(to: offer)).levelID == 1)
    }

    @Test func keysOfBothSidesComeFromTheDescriptions() throws {
        let offer = offer(options(.sdes))
        let content = try #require(offer.description.contents.first)
        #expect(content.profile == .savp)
        let ours = try #require(Base64.decode(String(content.cryptos[0].keyParameters.dropFirst(7))))
        let theirs = Array(UInt8(1)...30)
        var answer = try answer(to: offer)
        #expect(throws: LoadError.self) { try offer.conclude(answer) }
        answer.contents[0].profile = .savp
        answer.contents[0].cryptos = [
            SDESCrypto(
                tag: 1, suite: "AES_CM_128_HMAC_SHA1_80", keyParameters: "inline:" + Base64.encode(theirs) + "|2^20"
            )
        ]
        let keys = try #require(try offer.conclude(answer).keys)
        #expect(keys.send.secret == ours)
        #expect(keys.receive.secret == theirs)
        answer.contents[0].cryptos[0].tag = 2
        #expect(throws: LoadError.self) { try offer.conclude(answer) }
    }
}
