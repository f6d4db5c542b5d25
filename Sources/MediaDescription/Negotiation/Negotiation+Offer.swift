extension Negotiation {
    /// An offer of one audio content.
    /// - Parameters:
    ///   - direction: as seen from us.
    ///   - contentName: the `mid`, or Jingle's content name.
    ///   - origin: the `o=` line; nil for Jingle.
    ///   - protection: what RTP without ICE is offered under; with ICE it is always DTLS.
    public static func offer(
        _ capabilities: Capabilities = .standard, local: LocalMedia, direction: StreamDirection = .sendrecv,
        contentName: String = "0", origin: Origin?, protection: OfferProtection = .none
    ) -> SessionDescription {
        var content = content(named: contentName, local: local)
        content.direction = direction
        content.codecs = capabilities.codecs
        content.headerExtensions = capabilities.headerExtensions
        guard case .ice = local.transport else {
            content.ptime = capabilities.ptime
            protect(&content, protection, local)
            return SessionDescription(origin: origin, contents: [content])
        }
        content.rtcpMux = true
        content.setup = .actpass
        return SessionDescription(
            origin: origin, groups: [ContentGroup(semantics: "BUNDLE", names: [contentName])], contents: [content])
    }

    private static func protect(
        _ content: inout ContentDescription, _ protection: OfferProtection, _ local: LocalMedia
    ) {
        if protection == .sdes || protection == .opportunistic { content.cryptos = local.cryptos }
        if protection == .sdes { content.profile = .savp }
        guard let fingerprint = local.fingerprint, protection == .dtls || protection == .opportunistic else { return }
        content.fingerprints = [fingerprint]
        content.setup = .actpass
        content.rtcpMux = true
        if protection == .dtls { content.profile = .dtlsSAVP }
    }

    /// An offer that changes the direction of what stands (RFC 3264 section 8): hold, resume, or a mere refresh.
    ///
    /// Contents, their order, payload numbers and ICE credentials stay; the version goes up by one.
    /// - Parameter last: our last description of this session, offer or answer.
    public static func reoffer(_ last: SessionDescription, direction: StreamDirection) -> SessionDescription {
        var offer = last
        offer.origin?.version &+= 1
        for index in offer.contents.indices where !offer.contents[index].isRejected {
            offer.contents[index].direction = direction
            if offer.contents[index].setup != nil { offer.contents[index].setup = .actpass }
        }
        return offer
    }
}
