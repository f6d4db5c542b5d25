import MediaDescription
import MediaSecurity
import Primitives

/// What a participant offers, and what an answer makes of it.
struct Offer {
    var description: SessionDescription
    /// The key that we send with, of SDES (RFC 4568).
    private var sdesKey: [UInt8] = []

    static let suite = "AES_CM_128_HMAC_SHA1_80"

    /// An offer of one codec and, where levels are sent, of RFC 6464.
    init(_ options: LoadOptions, local: LocalMedia, origin: Origin?, entropy: Entropy) {
        let codec = options.codec
        var parameters: [Parameter] = []
        if codec == .opus { parameters = [Parameter("minptime", "10"), Parameter("useinbandfec", "1")] }
        let capabilities = Capabilities(
            codecs: [
                Codec(
                    payloadType: codec.payloadType, name: codec.encodingName, clockRate: codec.clockRate,
                    channels: codec == .opus ? 2 : 1, parameters: parameters)
            ],
            headerExtensions: options.rest == .levels
                ? [HeaderExtension(id: 1, uri: HeaderExtension.ssrcAudioLevel)] : [])
        description = Negotiation.offer(capabilities, local: local, origin: origin)
        guard options.security == .sdes else { return }
        sdesKey = entropy.bytes(30)
        for index in description.contents.indices {
            description.contents[index].profile = .savp
            description.contents[index].cryptos = [
                SDESCrypto(tag: 1, suite: Offer.suite, keyParameters: "inline:" + Base64.encode(sdesKey))
            ]
        }
    }

    struct Agreed {
        var media: AgreedMedia
        /// From SDES; with DTLS they come later.
        var keys: SRTPKeys?
        /// The number that levels go under.
        var levelID: UInt8?
    }

    func conclude(_ answer: SessionDescription) throws(LoadError) -> Agreed {
        var ours = description
        var theirs = answer
        var keys: SRTPKeys?
        if !sdesKey.isEmpty {
            guard let content = answer.contents.first(where: { $0.kind == .audio && !$0.isRejected }),
                let crypto = content.cryptos.first(where: { $0.tag == 1 && $0.suite == Offer.suite }),
                crypto.keyParameters.hasPrefix("inline:"),
                let key = Base64.decode(String(crypto.keyParameters.dropFirst(7).prefix { $0 != "|" })), key.count == 30
            else { throw LoadError("no usable crypto in the answer") }
            keys = SRTPKeys(profile: .aes128CMSHA1_80, send: sdesKey, receive: key)
            for index in ours.contents.indices { ours.contents[index].profile = .avp }
            for index in theirs.contents.indices { theirs.contents[index].profile = .avp }
        }
        do throws(NegotiationError) {
            let media = try Negotiation.conclude(offer: ours, answer: theirs)
            let level = media.headerExtensions.first {
                $0.uri == HeaderExtension.ssrcAudioLevel && $0.direction.sends
            }
            return Agreed(media: media, keys: keys, levelID: level.map { UInt8(clamping: $0.id) })
        } catch {
            throw LoadError("the answer does not fit the offer: \(error)")
        }
    }
}
