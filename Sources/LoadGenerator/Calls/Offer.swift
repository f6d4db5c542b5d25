import MediaDescription
import MediaSecurity
import Primitives

/// What a participant offers, and what an answer makes of it.
struct Offer {
    let description: SessionDescription

    /// An offer of one codec and, where levels are sent, of RFC 6464.
    /// - Parameter codec: nil for the one of all.
    init(_ options: LoadOptions, _ codec: LoadCodec? = nil, local: LocalMedia, origin: Origin?, entropy: Entropy) {
        let capabilities = Offer.capabilities(options, codec ?? options.codec)
        var local = local
        if options.security == .sdes, let key = SDESKey(.aes128CMSHA1_80, entropy.bytes(30)) {
            local.cryptos = [SDESCrypto(tag: 1, key)]
        }
        description = Negotiation.offer(
            capabilities, local: local, origin: origin, protection: options.security == .sdes ? .sdes : .none)
    }

    /// One codec and, where levels are sent, RFC 6464.
    static func capabilities(_ options: LoadOptions, _ codec: LoadCodec) -> Capabilities {
        var parameters: [Parameter] = []
        if codec == .opus { parameters = [Parameter("minptime", "10"), Parameter("useinbandfec", "1")] }
        return Capabilities(
            codecs: [
                Codec(
                    payloadType: codec.payloadType, name: codec.encodingName, clockRate: codec.clockRate,
                    channels: codec == .opus ? 2 : 1, parameters: parameters)
            ],
            headerExtensions: options.rest == .levels
                ? [HeaderExtension(id: 1, uri: HeaderExtension.ssrcAudioLevel)] : [])
    }

    struct Agreed {
        var media: AgreedMedia
        /// From SDES; with DTLS they come later.
        var keys: SRTPKeys?
        /// The number that levels go under.
        var levelID: UInt8?
    }

    func conclude(_ answer: SessionDescription) throws(LoadError) -> Agreed {
        do throws(NegotiationError) {
            let media = try Negotiation.conclude(offer: description, answer: answer)
            var keys: SRTPKeys?
            if let sdes = media.sdes, let profile = SRTPProfile(cryptoSuite: sdes.suite.rawValue) {
                keys = SRTPKeys(profile: profile, send: sdes.send.bytes.secret, receive: sdes.receive.bytes.secret)
            }
            let level = media.headerExtensions.first {
                $0.uri == HeaderExtension.ssrcAudioLevel && $0.direction.sends
            }
            return Agreed(media: media, keys: keys, levelID: level.map { UInt8(clamping: $0.id) })
        } catch {
            throw LoadError("the answer does not fit the offer: \(error)")
        }
    }
}
