extension Negotiation {
    /// Which kind of local media an offer calls for.
    public static func transportKind(
        of offer: SessionDescription, capabilities: Capabilities = .standard
    ) -> OfferedTransport {
        switch choice(in: offer, capabilities) {
        case .success(let choice): choice.transport
        case .failure(let error): .unsupported(error)
        }
    }

    /// The answer to an offer (RFC 3264 section 6), and what the two settle.
    /// - Parameters:
    ///   - local: of the kind that `transportKind` asked for.
    ///   - direction: what we are willing in, as seen from us: sendonly or inactive while we hold.
    ///   - currentSetup: our DTLS role, `.active` or `.passive`, when an association already stands: a new
    ///     offer must not turn it round (RFC 8842 section 5.3).
    ///   - origin: the `o=` line; nil for Jingle.
    public static func answer(
        to offer: SessionDescription, _ capabilities: Capabilities = .standard, local: LocalMedia,
        direction: StreamDirection = .sendrecv, currentSetup: SetupRole? = nil, origin: Origin?
    ) throws(NegotiationError) -> (answer: SessionDescription, agreed: AgreedMedia) {
        let (index, kind) = try choice(in: offer, capabilities).get()
        let offered = offer.contents[index]
        let pairs = common(offered.codecs, capabilities)
        guard let first = pairs.first, first.ours.isSound else { throw .noCommonCodec }

        var content = content(named: offered.name, local: local)
        content.creator = offered.creator
        content.codecs = pairs.map { pair in
            var codec = pair.ours
            codec.payloadType = pair.theirs.payloadType
            // What it is of, under the numbers that both use from now on.
            if codec.isRedundancy { codec.parameters = pair.theirs.parameters }
            return codec
        }
        content.direction = intersection(direction, effectiveDirection(of: offered).reversed)
        content.headerExtensions = headerExtensions(answering: offered.headerExtensions, capabilities)
        content.rtcpMux = hasMux(offered, in: offer)
        if content.rtcpMux { content.rtcpAddress = nil }
        content.profile = offered.profile

        let transport: AgreedTransport
        var (sdes, dtls): (AgreedSDES?, AgreedDTLS?)
        switch (kind, local.transport) {
        case (.plain, .plain):
            content.ptime = capabilities.ptime
            guard let plain = plainTransport(of: offered, mux: content.rtcpMux) else { throw .unsupportedTransport }
            transport = plain
            if asksForDTLS(offered) {
                guard let fingerprint = local.fingerprint else { throw .transportMismatch }
                let setup = setup(answering: offered.setup, current: currentSetup)
                content.fingerprints = [fingerprint]
                content.setup = setup
                dtls = AgreedDTLS(
                    fingerprints: offered.fingerprints.filter(\.isUsable), isClient: setup == .active)
            } else if let (answer, agreed) = self.sdes(answering: offered, local: local) {
                content.cryptos = [answer]
                sdes = agreed
            } else if offered.profile.isSecure {
                throw .unsupportedTransport
            }
        case (.ice, .ice):
            guard let remote = offered.ice else { throw .unsupportedTransport }
            let setup = setup(answering: offered.setup, current: currentSetup)
            content.setup = setup
            transport = .ice(
                remote: remote, fingerprints: offered.fingerprints.filter(\.isUsable), isDTLSClient: setup == .active)
        default: throw .transportMismatch
        }

        let theirs = pairs.map(\.theirs)
        let agreed = AgreedMedia(
            name: offered.name, sendCodec: first.theirs,
            receiveCodecs: content.codecs.filter(\.isSound),
            sendEvents: events(theirs, for: first.theirs),
            receiveEvents: content.codecs.filter(\.isTelephoneEvent), direction: content.direction,
            ptime: ptime(of: offered), rtcpMux: content.rtcpMux, headerExtensions: content.headerExtensions,
            transport: transport, sdes: sdes, dtls: dtls, receiveRedundancy: content.codecs.filter(\.isRedundancy),
            comfortNoise: content.codecs.first(where: \.isComfortNoise)?.payloadType)

        let contents = offer.contents.indices.map { $0 == index ? content : refusal(of: offer.contents[$0]) }
        let groups = offer.groups.filter { $0.semantics == "BUNDLE" && $0.names.contains(content.name) }
            .map { ContentGroup(semantics: $0.semantics, names: [content.name]) }
        return (SessionDescription(origin: origin, groups: groups, contents: contents), agreed)
    }

    /// The same m-line with port 0 (RFC 3264 section 6), with one format as the grammar wants.
    private static func refusal(of offered: ContentDescription) -> ContentDescription {
        var codec = offered.codecs.first
        codec?.parameters = []
        codec?.feedback = []
        return ContentDescription(
            name: offered.name, kind: offered.kind, creator: offered.creator, isRejected: true,
            profile: offered.profile, direction: .inactive, codecs: codec.map { [$0] } ?? [], opaque: offered.opaque)
    }

    /// Those offered under a number that fits a one-byte header, as far as we are willing (RFC 8285 section 7).
    private static func headerExtensions(
        answering offered: [HeaderExtension], _ capabilities: Capabilities
    ) -> [HeaderExtension] {
        var answers: [HeaderExtension] = []
        for theirs in offered where (1...14).contains(theirs.id) {
            guard let ours = capabilities.headerExtensions.first(where: { $0.uri == theirs.uri }),
                !answers.contains(where: { $0.uri == theirs.uri || $0.id == theirs.id })
            else { continue }
            let direction = intersection(ours.direction, theirs.direction.reversed)
            if direction == .inactive { continue }
            answers.append(HeaderExtension(id: theirs.id, uri: theirs.uri, direction: direction))
        }
        return answers
    }
}
