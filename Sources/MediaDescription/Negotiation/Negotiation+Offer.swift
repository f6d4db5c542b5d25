extension Negotiation {
    /// An offer of one audio content.
    /// - Parameters:
    ///   - direction: as seen from us.
    ///   - contentName: the `mid`, or Jingle's content name.
    ///   - origin: the `o=` line; nil for Jingle.
    ///   - sdes: whether RTP without ICE is offered under the local keys.
    public static func offer(
        _ capabilities: Capabilities = .standard, local: LocalMedia, direction: StreamDirection = .sendrecv,
        contentName: String = "0", origin: Origin?, sdes: SDESUse = .none
    ) -> SessionDescription {
        var content = content(named: contentName, local: local)
        content.direction = direction
        content.codecs = capabilities.codecs
        content.headerExtensions = capabilities.headerExtensions
        guard case .ice = local.transport else {
            content.ptime = capabilities.ptime
            if sdes != .none { content.cryptos = local.cryptos }
            if sdes == .required { content.profile = .savp }
            return SessionDescription(origin: origin, contents: [content])
        }
        content.rtcpMux = true
        content.setup = .actpass
        return SessionDescription(
            origin: origin, groups: [ContentGroup(semantics: "BUNDLE", names: [contentName])], contents: [content])
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
