import Primitives
import XMPP

extension JingleLegs {
    /// Whether one more call may come from a JID: from its user, and from its domain where that is not ours.
    func isWithinLimits(_ peer: JID) -> Bool {
        let (limits, bare) = (configuration.limits, peer.bare)
        var (ofAddress, ofDomain) = (0, 0)
        for leg in legs.values.values where !leg.isOutgoing && leg.peer.domain == bare.domain {
            ofDomain += 1
            if leg.peer.bare == bare { ofAddress += 1 }
        }
        guard limits.callsOfAddress == 0 || ofAddress < limits.callsOfAddress else { return false }
        return limits.callsOfDomain == 0 || ofDomain < limits.callsOfDomain
            || configuration.ownDomains.contains(bare.domain)
    }
}
