import MediaDescription
import Primitives
import SIP

/// What a peer outside is told of our media when we are behind NAT: the address that it can send to.
extension SIPAdapter {
    func advertised(_ local: LocalMedia, to peer: IPAddress) -> LocalMedia {
        guard case .plain(var rtp, var rtcp) = local.transport, let address = configuration.mediaAddress(peer),
            address.isV6 == rtp.ip.isV6
        else { return local }
        rtp.ip = address
        rtcp.ip = address
        var seen = local
        seen.transport = .plain(rtp: rtp, rtcp: rtcp)
        return seen
    }
}

extension LocalMedia {
    /// Whether it is plain RTP on an IPv6 address.
    var isV6: Bool { if case .plain(let rtp, _) = transport { rtp.ip.isV6 } else { false } }
}
