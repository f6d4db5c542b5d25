import Conference
import MediaDescription
import Primitives
import SIP

/// Sound before the answer, by trunks that have something to say then (RFC 3261 section 13.2.1, RFC 3960).
extension SIPAdapter {
    /// A provisional answer with a description: heard from now on, where that is wanted of the trunk. What the 2xx says
    /// later holds then.
    mutating func hearEarly(_ id: LegID, _ early: SessionDescription) -> [Command] {
        guard let leg = legs[id], leg.stage == .calling, !leg.isRoom, let trunk = leg.trunk, !trunk.isHeard,
            trunk.settings.earlyMedia == .take, let ourOffer = leg.ourOffer,
            case .success = conclude(id, ourOffer, early)
        else { return [] }
        legs[id]?.trunk?.isHeard = true
        legs[id]?.trunk?.isSettled = true
        return [.legEarly(id)]
    }
}
