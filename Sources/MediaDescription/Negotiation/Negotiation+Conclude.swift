extension Negotiation {
    /// What our offer and the peer's answer settle (RFC 3264 section 7).
    public static func conclude(
        offer: SessionDescription, answer: SessionDescription
    ) throws(NegotiationError) -> AgreedMedia {
        guard offer.contents.count == answer.contents.count else { throw .badAnswer("another number of contents") }
        let kept = zip(offer.contents, answer.contents).first { $0.0.kind == .audio && !$0.0.isRejected }
        guard let (ours, theirs) = kept else { throw .noAudio }
        guard theirs.kind == .audio else { throw .badAnswer("another kind of media") }
        if theirs.isRejected { throw .rejected }

        // Our own offer is the measure: the answer may use its own numbers for what it names (RFC 3264 section 6.1).
        let pairs = common(
            theirs.codecs, Capabilities(codecs: ours.codecs, headerExtensions: []), allowsBare: true)
        guard let first = pairs.first, first.ours.isSound else { throw .noCommonCodec }
        let mux = ours.rtcpMux && hasMux(theirs, in: answer)
        let receive = pairs.map(\.ours)
        let direction = intersection(ours.direction, effectiveDirection(of: theirs).reversed)
        let dtls = ours.ice == nil ? try dtls(ours, answered: theirs) : nil
        return AgreedMedia(
            name: ours.name, sendCodec: first.theirs, receiveCodecs: receive.filter(\.isSound),
            sendEvents: events(pairs.map(\.theirs), for: first.theirs),
            receiveEvents: receive.filter(\.isTelephoneEvent), direction: direction,
            ptime: ptime(of: theirs), rtcpMux: mux,
            headerExtensions: headerExtensions(ours.headerExtensions, answered: theirs.headerExtensions),
            transport: try transport(ours, answered: theirs, mux: mux),
            sdes: ours.ice == nil && dtls == nil ? try sdes(ours, answered: theirs) : nil,
            dtls: dtls, receiveRedundancy: receive.filter(\.isRedundancy),
            comfortNoise: pairs.first { $0.ours.isComfortNoise && $0.ours.payloadType == $0.theirs.payloadType }?
                .ours.payloadType)
    }

    private static func transport(
        _ ours: ContentDescription, answered theirs: ContentDescription, mux: Bool
    ) throws(NegotiationError) -> AgreedTransport {
        guard ours.ice != nil else {
            guard theirs.profile.isRTPAlone else { throw .badAnswer("another profile") }
            guard let plain = plainTransport(of: theirs, mux: mux) else { throw .badAnswer("no address") }
            return plain
        }
        guard let remote = theirs.ice else { throw .badAnswer("no ICE") }
        let fingerprints = theirs.fingerprints.filter(\.isUsable)
        if fingerprints.isEmpty { throw .badAnswer("no fingerprint") }
        return .ice(remote: remote, fingerprints: fingerprints, isDTLSClient: theirs.setup == .passive)
    }

    private static func headerExtensions(
        _ offered: [HeaderExtension], answered: [HeaderExtension]
    ) -> [HeaderExtension] {
        offered.compactMap { ours in
            guard let theirs = answered.first(where: { $0.id == ours.id && $0.uri == ours.uri }) else { return nil }
            let direction = intersection(ours.direction, theirs.direction.reversed)
            return direction == .inactive ? nil : HeaderExtension(id: ours.id, uri: ours.uri, direction: direction)
        }
    }
}
