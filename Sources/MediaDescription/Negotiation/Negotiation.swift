import Primitives

/// Offer and answer (RFC 3264) for one audio content, as functions on the neutral description.
///
/// `offer` and `conclude` are the two halves of a call we place, `transportKind` and `answer` those of a call we get;
/// `reoffer` changes what stands.
public enum Negotiation {
    /// The content an offer is accepted by: of the audio that travels in a way we can and has a codec of ours, the first
    /// of the best protected.
    static func choice(
        in offer: SessionDescription, _ capabilities: Capabilities
    ) -> Result<(index: Int, transport: OfferedTransport), NegotiationError> {
        var failure = NegotiationError.noAudio
        var best: (index: Int, transport: OfferedTransport, protection: MediaProtection)?
        for (index, content) in offer.contents.enumerated() where content.kind == .audio && !content.isRejected {
            let transport = transport(of: content)
            if case .unsupported(let reason) = transport {
                failure = failure == .noAudio ? reason : failure
            } else if common(content.codecs, capabilities).contains(where: \.ours.isSound) {
                let protection = protection(of: content, transport)
                if best.map({ $0.protection < protection }) ?? true { best = (index, transport, protection) }
            } else if best == nil {
                failure = .noCommonCodec
            }
        }
        return best.map { .success(($0.index, $0.transport)) } ?? .failure(failure)
    }

    /// What an answer to an offer would settle; nil when it cannot be accepted.
    public static func protection(
        of offer: SessionDescription, capabilities: Capabilities = .standard
    ) -> MediaProtection? {
        guard case .success(let choice) = choice(in: offer, capabilities) else { return nil }
        return protection(of: offer.contents[choice.index], choice.transport)
    }

    private static func protection(of content: ContentDescription, _ transport: OfferedTransport) -> MediaProtection {
        if transport == .ice || asksForDTLS(content) { return .dtls }
        return content.cryptos.contains { $0.key != nil } ? .sdes : .none
    }

    /// Codecs both sides have, in the order of `theirs` but for those that are no sound, which come last; each of ours
    /// is matched once.
    /// - Parameter allowsBare: whether redundancy may come without saying of what.
    static func common(
        _ theirs: [Codec], _ capabilities: Capabilities, allowsBare: Bool = false
    ) -> [(theirs: Codec, ours: Codec)] {
        var left = capabilities.codecs
        var pairs: [(theirs: Codec, ours: Codec)] = []
        func match(_ codec: Codec) {
            guard let index = left.firstIndex(where: { $0.matches(codec) }) else { return }
            pairs.append((codec, left.remove(at: index)))
        }
        for codec in theirs where codec.isSound { match(codec) }
        let sound = pairs.map(\.theirs)
        for codec in theirs where codec.isRedundancy {
            if isUsable(codec, of: sound, allowsBare: allowsBare) { match(codec) }
        }
        // Comfort noise is for codecs of its own clock (RFC 3389 section 4), so only if the one that is sent has it.
        for codec in theirs where codec.isComfortNoise && codec.clockRate == sound.first?.clockRate { match(codec) }
        for codec in theirs where codec.isTelephoneEvent { match(codec) }
        return pairs
    }

    /// Whether redundancy (RFC 2198 section 5) is of one of the codecs alone: `111/111`, with the same clock.
    private static func isUsable(_ redundancy: Codec, of sound: [Codec], allowsBare: Bool) -> Bool {
        if allowsBare, redundancy.parameters.isEmpty {
            return sound.contains { $0.clockRate == redundancy.clockRate }
        }
        guard redundancy.parameters.count == 1, let blocks = redundancy.parameters.first, blocks.name.isEmpty else {
            return false
        }
        let numbers = blocks.value.split(separator: "/", omittingEmptySubsequences: false).map { UInt8($0) }
        guard (2...mostBlocks).contains(numbers.count), let first = numbers[0], numbers.allSatisfy({ $0 == first })
        else { return false }
        return sound.contains { $0.payloadType == first && $0.clockRate == redundancy.clockRate }
    }

    /// The primary block and eight copies.
    private static let mostBlocks = 9

    static func transport(of content: ContentDescription) -> OfferedTransport {
        let hasAddress = content.address.map { $0.port != 0 && !$0.ip.isUnspecified } ?? false
        // Without rtcp-mux RTCP has candidates of its own, for which we have none: DTLS without ICE it is, if it can.
        let sharesPort = content.rtcpMux || !content.candidates.contains { $0.component == 2 }
        if content.ice != nil, content.profile != .unknown, content.fingerprints.contains(where: \.isUsable),
            sharesPort || !hasAddress || !asksForDTLS(content)
        {
            return .ice
        }
        let isProtected =
            asksForDTLS(content)
            || !content.profile.isDTLS && (!content.profile.isSecure || content.cryptos.contains { $0.key != nil })
        guard content.profile.isRTPAlone, isProtected, let address = content.address, address.port != 0 else {
            return .unsupported(.unsupportedTransport)
        }
        // An ICE offer without DTLS whose default candidate is not known yet cannot be met without ICE.
        if content.ice != nil, address.ip.isUnspecified { return .unsupported(.unsupportedTransport) }
        return .plain(peer: address.ip)
    }

    /// Whether RTCP shares the RTP port: said so, or implied by BUNDLE (RFC 9143 section 9.3).
    static func hasMux(_ content: ContentDescription, in description: SessionDescription) -> Bool {
        content.rtcpMux
            || description.groups.contains { $0.semantics == "BUNDLE" && $0.names.contains(content.name) }
    }

    /// The direction a content asks for, with the null address of RFC 2543 taken for what it means: do not send to me.
    public static func effectiveDirection(of content: ContentDescription) -> StreamDirection {
        guard content.ice == nil, let address = content.address, address.ip.isUnspecified else {
            return content.direction
        }
        return StreamDirection(sends: content.direction.sends, receives: false)
    }

    static func intersection(_ a: StreamDirection, _ b: StreamDirection) -> StreamDirection {
        StreamDirection(sends: a.sends && b.sends, receives: a.receives && b.receives)
    }

    /// Where the peer of a content without ICE takes RTP and RTCP.
    static func plainTransport(of content: ContentDescription, mux: Bool) -> AgreedTransport? {
        guard let rtp = content.address, rtp.port != 0 else { return nil }
        if mux { return .plain(rtp: rtp, rtcp: rtp) }
        if let rtcp = content.rtcpAddress, rtcp.port != 0 { return .plain(rtp: rtp, rtcp: rtcp) }
        return .plain(rtp: rtp, rtcp: SocketAddress(rtp.ip, rtp.port == .max ? rtp.port : rtp.port + 1))
    }

    /// What each packet should hold, as the peer likes it, within what a phone and a mixer can do.
    static func ptime(of content: ContentDescription) -> Int {
        max(10, min(content.ptime ?? 20, content.maxptime ?? 120, 120))
    }

    static func events(_ codecs: [Codec], for codec: Codec) -> Codec? {
        let events = codecs.filter(\.isTelephoneEvent)
        return events.first { $0.clockRate == codec.clockRate } ?? events.first
    }

    /// A content of ours with the transport that was opened for it.
    static func content(named name: String, local: LocalMedia) -> ContentDescription {
        var content = ContentDescription(name: name)
        content.sources = [MediaSource(ssrc: local.ssrc, parameters: [Parameter("cname", local.cname)])]
        switch local.transport {
        case .plain(let rtp, let rtcp):
            content.address = rtp
            if rtcp.ip != rtp.ip || rtp.port == .max || rtcp.port != rtp.port + 1 { content.rtcpAddress = rtcp }
        case .ice(let parameters, let candidates, let fingerprint):
            content.profile = .dtlsSAVPF
            content.ice = parameters
            content.candidates = candidates
            content.fingerprints = [fingerprint]
            content.address = candidates.first?.address
        }
        return content
    }
}

extension Fingerprint {
    /// Digest lengths of the hash functions we can check (RFC 8122 section 5).
    private static let lengths = ["sha-1": 20, "sha-224": 28, "sha-256": 32, "sha-384": 48, "sha-512": 64]

    var isUsable: Bool { Fingerprint.lengths[hash] == bytes.count }
}
