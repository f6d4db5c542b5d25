import MediaDescription

/// Offer and answer over Jingle: always ICE and DTLS-SRTP, one audio content of ours.
enum JingleNegotiation {
    /// - Parameter preferred: what the other leg of a pair has.
    static func offer(_ local: LocalMedia, preferring preferred: [Codec]) -> SessionDescription {
        Negotiation.offer(Capabilities.standard.preferring(preferred), local: local, origin: nil)
    }

    /// The answer, with a content for each that is bundled with the audio; see `JingleLegs` for why. Opus comes first in
    /// it wherever it stands in the offer, as clients send what comes first; or else what the other leg of a pair has.
    static func answer(
        _ offer: SessionDescription, local: LocalMedia, preferring preferred: [Codec]
    ) throws(NegotiationError) -> (answer: SessionDescription, agreed: AgreedMedia) {
        switch Negotiation.transportKind(of: offer) {
        case .ice: break
        case .plain: throw .unsupportedTransport
        case .unsupported(let reason): throw reason
        }
        var preferring = offer
        for index in preferring.contents.indices {
            let codecs = preferring.contents[index].codecs
            let isOpus = { (codec: Codec) in codec.name.lowercased() == "opus" }
            preferring.contents[index].codecs = codecs.filter(isOpus) + codecs.filter { !isOpus($0) }
        }
        preferring = preferring.preferring(preferred)
        var (answer, agreed) = try Negotiation.answer(
            to: preferring, Capabilities.standard.preferring(preferred), local: local, origin: nil)
        guard let audio = answer.contents.first(where: { $0.name == agreed.name && !$0.isRejected }),
            let bundle = offer.groups.first(where: { $0.semantics == "BUNDLE" && $0.names.contains(audio.name) })
        else { return (answer, agreed) }
        for index in answer.contents.indices where answer.contents[index].isRejected {
            guard bundle.names.contains(answer.contents[index].name),
                let offered = offer.contents.first(where: { $0.name == answer.contents[index].name }),
                let codec = offered.codecs.first
            else { continue }
            answer.contents[index] = inactive(offered, codec, bundledWith: audio)
        }
        let names = bundle.names.filter { name in answer.contents.contains { $0.name == name && !$0.isRejected } }
        answer.groups = [ContentGroup(semantics: "BUNDLE", names: names)]
        return (answer, agreed)
    }

    private static func inactive(
        _ offered: ContentDescription, _ codec: Codec, bundledWith audio: ContentDescription
    ) -> ContentDescription {
        var codec = codec
        codec.feedback = []
        return ContentDescription(
            name: offered.name, kind: offered.kind, creator: offered.creator, profile: audio.profile,
            direction: .inactive, codecs: [codec], rtcpMux: true, ice: audio.ice, fingerprints: audio.fingerprints,
            setup: audio.setup)
    }
}
